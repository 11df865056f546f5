/** The fault tests of `npm test`, with the numbers that `CPA_FAULTS=full` asks for: every write, every table, thirty and fifty kills. */
import '../line/alerts.test.ts';
import '../line/audit-stream.test.ts';
import '../line/crash-points.test.ts';
import '../line/handed-over.test.ts';
import '../line/kills.test.ts';
import '../line/original-data.test.ts';
import '../line/redrive.test.ts';
import '../line/redrive-crash-points.test.ts';
import '../line/stream-commands.test.ts';
import '../line/stream-continued.test.ts';
import '../line/stream-crash-points.test.ts';
import '../line/stream-kills.test.ts';
import '../line/stream-twice.test.ts';
import '../line/two-layers.test.ts';
import '../line/zombies.test.ts';
