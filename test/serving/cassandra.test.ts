/** Every test that needs a Cassandra, in one process: they share one. */
import './schema.suite.ts';
import './publish.suite.ts';
import './repair.suite.ts';
import './increments.suite.ts';
import './queries.suite.ts';
