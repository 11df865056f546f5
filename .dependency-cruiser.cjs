/**
 * The arrows between rooms (docs/architecture.md). `depcruise` fails when an import goes against one.
 *
 * In the sources an import of types counts like any other. Rules about what is loaded at run time look at the compiled files,
 * in which types are gone: a test runs them there.
 */

const room = (...names) => `^(${names.join('|')})/`;
/** Compiled files of a room. */
const running = (...names) => `^(${names.join('|')})/.*[.]js$`;
const drivers = 'node_modules/(cassandra-driver|@temporalio|parquet-wasm|piscina)/';

function forbid(name, comment, from, to) {
  return { name, comment, severity: 'error', from, to };
}

module.exports = {
  forbidden: [
    forbid('no-cycles', 'Files that import each other are one file.', {}, { circular: true }),
    forbid('resolved', 'An import has to lead somewhere.', {}, { couldNotResolve: true }),
    forbid(
      'engine-stands-alone',
      'The engine knows nothing of clouds or costs: it could be a package of its own.',
      { path: room('engine') },
      {
        path: room(
          'activities',
          'bench',
          'cli',
          'dashboard',
          'schemas',
          'serving',
          'stack',
          'test',
          'transforms',
          'worker',
          'workflows',
        ),
      },
    ),
    forbid(
      'columnar-is-pure',
      'Column kernels do no I/O.',
      { path: '^engine/columnar/' },
      { path: [room('engine/delta', 'engine/parquet', 'engine/storage'), drivers] },
    ),
    forbid(
      'columnar-uses-no-node',
      'Column kernels do no I/O.',
      { path: '^engine/columnar/' },
      { dependencyTypes: ['core'], pathNot: '^(node:)?buffer$' },
    ),
    forbid(
      'storage-is-the-bottom',
      'Storage and Parquet know nothing of tables.',
      { path: room('engine/storage', 'engine/parquet') },
      { path: room('engine/delta') },
    ),
    forbid(
      'schemas-use-types-of-the-engine',
      'Contracts are data: of the engine they use types only, and nothing else.',
      { path: room('schemas') },
      { pathNot: [room('schemas'), room('engine')] },
    ),
    forbid(
      'schemas-run-nothing-of-the-engine',
      'Contracts are data: of the engine they use types only.',
      { path: running('schemas') },
      { path: room('engine') },
    ),
    forbid(
      'transforms-are-pure',
      'Transforms go from Arrow tables to Arrow tables: no I/O, no drivers, no other room.',
      { path: room('transforms') },
      { pathNot: [room('transforms', 'schemas', 'engine/columnar'), 'node_modules/apache-arrow/'] },
    ),
    forbid(
      'serving-over-lake-contracts-and-transforms',
      'Serving knows the lake, the contracts and how increments add up, not who asks it.',
      { path: room('serving') },
      { path: room('activities', 'bench', 'cli', 'dashboard', 'stack', 'test', 'worker', 'workflows') },
    ),
    forbid(
      'activities-over-the-rooms-below',
      'Activities are thin: they know neither workflows nor who runs them.',
      { path: room('activities') },
      { path: room('bench', 'cli', 'dashboard', 'stack', 'test', 'worker', 'workflows') },
    ),
    forbid(
      'workflows-import-types-only',
      'Workflows are deterministic: of activities they know types, of what does the work nothing at run time.',
      { path: running('workflows') },
      { path: room('activities', 'engine', 'serving', 'transforms') },
    ),
    forbid(
      'workflows-know-no-surroundings',
      'Workflows do not know who starts them.',
      { path: room('workflows') },
      { path: room('bench', 'cli', 'dashboard', 'stack', 'test', 'worker') },
    ),
    forbid(
      'workflows-run-in-a-sandbox',
      'Workflow code has no Node.js and only the workflow side of the SDK.',
      { path: room('workflows') },
      { dependencyTypes: ['core'] },
    ),
    forbid(
      'workflows-use-the-workflow-sdk',
      'Of packages, workflows use the workflow side of the SDK.',
      { path: room('workflows') },
      { path: 'node_modules/', pathNot: 'node_modules/@temporalio/(workflow|common)/' },
    ),
    forbid(
      'stack-stands-alone',
      'The stack starts servers; it knows nothing of what they are for.',
      { path: room('stack') },
      {
        path: room(
          'activities',
          'bench',
          'cli',
          'dashboard',
          'engine',
          'schemas',
          'serving',
          'test',
          'transforms',
          'worker',
          'workflows',
        ),
      },
    ),
    forbid(
      'worker-below-cli',
      'The worker runs without the command line.',
      { path: room('worker') },
      { path: room('bench', 'cli', 'dashboard', 'stack', 'test') },
    ),
    forbid(
      'dashboard-below-cli',
      'The dashboard reads: it knows neither workflows, nor what runs them, nor the command line.',
      { path: room('dashboard') },
      { path: room('bench', 'cli', 'stack', 'test', 'worker', 'workflows') },
    ),
    forbid(
      'nothing-needs-tests',
      'Tests and benches are on top of everything.',
      { pathNot: room('test', 'bench') },
      { path: room('test', 'bench') },
    ),
    forbid(
      'no-development-packages',
      'What users run needs no development packages.',
      {
        path: room(
          'activities',
          'cli',
          'dashboard',
          'engine',
          'schemas',
          'serving',
          'stack',
          'transforms',
          'worker',
          'workflows',
        ),
      },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dashboard/web/' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
