/** The fault tests of `npm test`, with the numbers that `CPA_FAULTS=full` asks for: every write, every table, thirty kills. */
import '../line/crash-points.test.ts';
import '../line/kills.test.ts';
import '../line/zombies.test.ts';
