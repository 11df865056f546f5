// Runs the tests: one Temporal and one Cassandra for all of them, started here unless configured, and stopped at the end.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../dist/stack/stack.js';

const groups = process.argv.slice(2);
const root = join(import.meta.dirname, '..', 'dist', 'test');
/** What takes long and has commands of its own. */
const onDemand = [
  'faults/',
  'bench/stream',
  'ui/',
  ...[
    'alerts',
    'audit-stream',
    'crash-points',
    'handed-over',
    'kills',
    'live-dashboard',
    'redrive.',
    'redrive-crash-points',
    'stream-commands',
    'stream-crash-points',
    'stream-continued',
    'stream-kills',
    'stream-metrics',
    'stream-twice',
    'two-layers',
  ].map((name) => `line/${name}`),
];
const isWanted = (file) =>
  groups.length === 0
    ? !onDemand.some((start) => file.startsWith(start))
    : groups.some((group) => file.startsWith(group));
const files = readdirSync(root, { recursive: true }).filter((file) => file.endsWith('.test.js') && isWanted(file));
if (files.length === 0) {
  console.error(`no tests in ${groups.join(', ')}`);
  process.exit(1);
}

const home = mkdtempSync(join(tmpdir(), 'cpa-tests-'));
/** Processes for the files of a folder, which run in them one after another: loading and compiling code takes longer than most tests. */
const shared = { line: 6, transforms: 1, columnar: 1, delta: 3, activities: 2, alerts: 1, oracle: 1 };
/** Temporal's runtime is set up once a process, with metrics or without. */
const alone = ['line/stream-metrics.test.js'];
const programs = new Map();
for (const [n, file] of files.sort().entries()) {
  const [folder] = file.split('/');
  const isShared = folder in shared && !alone.includes(file);
  const program = isShared ? join(home, `${folder}-${n % shared[folder]}.test.mjs`) : join(root, file);
  programs.set(program, [...(programs.get(program) ?? []), ...(isShared ? [`import '${join(root, file)}';\n`] : [])]);
}
for (const [program, imports] of programs) if (imports.length > 0) writeFileSync(program, imports.join(''));

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
  [
    '--single-threaded-gc',
    '--enable-source-maps',
    '--test',
    '--test-concurrency=2',
    '--test-reporter=spec',
    ...programs.keys(),
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      CPA_TEST_TEMPORAL: stack.temporal.address,
      CPA_TEST_TEMPORAL_UI: stack.temporal.uiUrl,
      CPA_TEST_CASSANDRA: JSON.stringify(stack.cassandra),
    },
  },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => void stop(code ?? 1));
