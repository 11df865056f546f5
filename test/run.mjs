// Runs the tests: one Temporal and one Cassandra for all of them, started here unless configured, and stopped at the end.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../dist/stack/stack.js';

const groups = process.argv.slice(2);
const root = join(import.meta.dirname, '..', 'dist', 'test');
/** What takes long and has commands of its own. */
const onDemand = [
  'faults/',
  'bench/stream',
  ...['audit-stream', 'stream-commands', 'stream-continued', 'stream-twice'].map((name) => `line/${name}`),
];
const isWanted = (file) =>
  groups.length === 0
    ? !onDemand.some((start) => file.startsWith(start))
    : groups.some((group) => file.startsWith(group));
const files = readdirSync(root, { recursive: true })
  .filter((file) => file.endsWith('.test.js') && isWanted(file))
  .sort()
  .map((file) => join(root, file));
if (files.length === 0) {
  console.error(`no tests in ${groups.join(', ')}`);
  process.exit(1);
}

const home = mkdtempSync(join(tmpdir(), 'cpa-tests-'));
// Nothing of this node outlives the tests: definitions, which they change all the time, need not be on disk at once.
process.env.JDK_JAVA_OPTIONS = '-Dcassandra.test.flush_local_schema_changes=false';
const stack = await startStack({ home, brief: true, log: (line) => console.log(line) });
delete process.env.JDK_JAVA_OPTIONS;
const stop = async (code) => {
  await stack.stop();
  rmSync(home, { recursive: true, force: true });
  process.exit(code);
};
const child = spawn(
  process.execPath,
  ['--single-threaded-gc', '--enable-source-maps', '--test', '--test-concurrency=2', '--test-reporter=spec', ...files],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      CPA_TEST_TEMPORAL: stack.temporal.address,
      CPA_TEST_CASSANDRA: JSON.stringify(stack.cassandra),
    },
  },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => void stop(code ?? 1));
