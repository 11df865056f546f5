/** Every test that needs a Cassandra, in one process: they share one. */
import './publish.suite.ts';
