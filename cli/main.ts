#!/usr/bin/env -S node --single-threaded-gc --heap-growing-percent=150 --max-semi-space-size=32 --enable-source-maps
/** The command `cpa`. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { UsageError } from './usage-error.ts';

const overview = `
A first look:
  cpa doctor                          is everything here that the line needs?
  cpa demo                            generate data, run the whole line, ask the queries
  cpa tables                          what the lake holds
  cpa show gold.org_daily_usage_by_service --limit 5
  cpa query top_services --n 3        what Cassandra answers
  cpa sql                             SQL over the lake

\`cpa help <command>\` has examples of each. Configuration is in the environment: CPA_LANDING, CPA_LAKE, CPA_HOME,
TEMPORAL_ADDRESS, CASSANDRA_CONTACT_POINTS. Exit codes: 0 done, 1 failed, 2 the command line is wrong.
CPA_DEBUG=1 prints where an error comes from.`;

/** Modules of the commands, in the order in which help lists them. */
const modules = new Map<string, () => Promise<{ readonly register: (program: Command) => void }>>([
  ['doctor', () => import('./doctor.ts')],
  ['generate', () => import('./generate.ts')],
  ['produce', () => import('./produce.ts')],
  ['demo', () => import('./demo.ts')],
  ['start', () => import('./start.ts')],
  ['run', () => import('./run.ts')],
  ['stream', () => import('./stream.ts')],
  ['backfill', () => import('./backfill.ts')],
  ['schedules', () => import('./schedules.ts')],
  ['tables', () => import('./tables.ts')],
  ['show', () => import('./show.ts')],
  ['history', () => import('./history.ts')],
  ['explain', () => import('./explain.ts')],
  ['quarantine', () => import('./quarantine.ts')],
  ['diff', () => import('./diff.ts')],
  ['restore', () => import('./restore.ts')],
  ['query', () => import('./query.ts')],
  ['dashboard', () => import('./dashboard.ts')],
  ['sql', () => import('./sql.ts')],
  ['report', () => import('./report.ts')],
  ['audit', () => import('./audit.ts')],
]);

/** The program with the command named first, or, when it is none of them, with all. */
async function cpa(args: readonly string[]): Promise<Command> {
  const program = new Command('cpa')
    .description('Cloud Provider Analytics: a durable lakehouse for usage, cost, support and product data.')
    .version(packageVersion())
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'cpa: ')) })
    .showSuggestionAfterError()
    .addHelpText('after', overview);
  // Loading only what was asked for keeps the small commands quick: the drivers take longer to load than tables to list.
  const named = modules.get(args[0] ?? '');
  for (const load of named === undefined ? modules.values() : [named]) (await load()).register(program);
  return program;
}

/** Says in one line what failed; returns the exit code. */
function failed(error: unknown): number {
  // Commander has printed its own message already; asking for help is not a failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const debug = ['1', 'true', 'yes', 'on'].includes(process.env.CPA_DEBUG ?? '');
  console.error(`cpa: ${debug && stack !== undefined ? stack : message}`);
  return error instanceof UsageError ? 2 : 1;
}

function packageVersion(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  const program = await cpa(process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  process.exitCode = failed(error);
}
