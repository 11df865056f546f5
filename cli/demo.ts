/** `cpa demo`: the whole line twice, then what it says. */
import type { Command } from 'commander';
import type { TableResult } from '../activities/context.ts';
import { Lake } from '../engine/delta/lake.ts';
import { openStore } from '../engine/storage/open.ts';
import { catalog } from '../schemas/catalog.ts';
import { runQuery } from '../serving/queries.ts';
import { queryCatalog } from '../serving/query-catalog.ts';
import { openServing } from '../serving/serving.ts';
import type { Session } from '../serving/session.ts';
import { type Config, loadConfig } from '../worker/config.ts';
import { dailyRun } from './demo/daily-run.ts';
import { streamDemo } from './demo/stream-demo.ts';
import { kindsOf, type ResultColumn, terminalStyle } from './format.ts';
import { type Line, startLine } from './line.ts';
import { positiveNumber, wholeNumber } from './options.ts';
import { ensureLanding } from './sample.ts';
import { textTable } from './table.ts';
import { untilSignal } from './until-signal.ts';
import { UsageError } from './usage-error.ts';

interface DemoOptions {
  readonly stream?: true;
  readonly minutes?: number;
  readonly rate?: number;
}

/** Registers the command. */
export function register(program: Command): void {
  program
    .command('demo')
    .summary('generate a sample, run the whole line on it, show the answers, stop everything')
    .description(
      'Generates a sample (unless CPA_LANDING is set), runs the line twice, shows the answers, stops everything. With --stream: ' +
        'live events are read and served as they come, then the batch layer replaces them, and both have to say the same.',
    )
    .option('--stream', 'show the continuous stream on live events')
    .option('--minutes <number>', 'how long events come, such as 0.5 (default: 2)', positiveNumber)
    .option('--rate <number>', 'events a second (default: 500)', wholeNumber(1))
    .addHelpText('after', '\nExamples:\n  cpa demo\n  cpa demo --stream\n  cpa demo --stream --minutes 10 --rate 2000')
    .action(async ({ stream, minutes = 2, rate = 500 }: DemoOptions, command: Command) => {
      const config = loadConfig(process.env);
      for (const name of ['minutes', 'rate'])
        if (stream === undefined && command.getOptionValueSource(name) !== undefined)
          throw new UsageError(`--${name} is for the live events of --stream`);
      // What is configured is somebody's own data.
      if (stream && config.landingConfigured)
        throw new UsageError('the demo of the stream writes events of its own: it does not run with CPA_LANDING');
      await withLine(config, (line, stopped) =>
        stream ? streamDemo(config, line, { minutes, rate, stopped }) : Promise.race([demo(config, line), stopped]),
      );
    });
}

/** Starts the line for the work, which ends in order when `stopped` rejects: on Ctrl-C. */
async function withLine(config: Config, work: (line: Line, stopped: Promise<never>) => Promise<void>): Promise<void> {
  const stopped = untilSignal().then((signal) => {
    throw new Error(`stopped by ${signal}`);
  });
  stopped.catch(() => undefined);
  let line: Line | null = null;
  const starting = startLine(config, say, { brief: true }).then((started) => {
    line = started;
    return started;
  });
  try {
    const up = await Promise.race([starting, stopped]);
    await Promise.race([work(up, stopped), up.failed]);
  } finally {
    line ??= await starting.catch(() => null);
    await line?.stop();
  }
}

const say = (text: string): void => console.log(text);

async function demo(config: Config, line: Line): Promise<void> {
  await ensureLanding(config, say);
  if (line.uiUrl !== null) say(`Temporal UI: ${line.uiUrl}`);
  const versions = () => versionsOf(config);

  say('\nFirst run: everything that is new');
  const first = await dailyRun(config, line);
  printLedger(first.tables);
  const before = await versions();
  say('\nSecond run: nothing is new, so nothing may change');
  await dailyRun(config, line);
  const changed = [...(await versions())]
    .filter(([name, version]) => before.get(name) !== version)
    .map(([name]) => name);
  if (changed.length > 0) throw new Error(`the second run wrote to ${changed.join(', ')}`);
  say(`  no table outside ops got a new version (${before.size} tables compared)`);

  const session = await openServing(line.cassandra);
  try {
    await printAnswers(session);
  } finally {
    await session.close();
  }
  say(`\nThe lake: ${config.lake}\n  open it with anything that reads Delta Lake, or with: npx cpa tables`);
}

function printLedger(tables: readonly TableResult[]): void {
  const rows = tables.filter((t) => t.read > 0);
  if (rows.length === 0) {
    say('  the lake had consumed all of it before');
    return;
  }
  const count = (name: string): ResultColumn => ({ name, kind: 'count' });
  const columns = ['read', 'written', 'unchanged', 'quarantined', 'duplicate', 'late', 'ms'] as const;
  const table = {
    columns: [{ name: 'table', kind: 'text' } as const, ...columns.map(count)],
    rows: rows.map((t) => [t.table, ...columns.map((c) => t[c])]),
  };
  say(textTable(table, terminalStyle()).text);
}

/** Rows of an answer that are shown; the count says how many there are. */
const shownRows = 5;

async function printAnswers(session: Session): Promise<void> {
  const org = await anOrganisation(session);
  for (const { name } of queryCatalog) {
    const answer = await runQuery(session, name, { org });
    say(
      `\n${name} of ${org}, ${answer.from} to ${answer.to}: ${answer.rows.length} rows in ${answer.ms.toFixed(1)} ms`,
    );
    if (answer.message !== null) say(`  ${answer.message}`);
    const rows = answer.rows.map((row) => answer.columns.map((column) => row[column] ?? null));
    say(textTable({ columns: kindsOf(answer.columns, rows), rows: rows.slice(0, shownRows) }, terminalStyle()).text);
  }
}

/** The first organisation that has an answer to the rarest question. */
async function anOrganisation(session: Session): Promise<string> {
  const rows = await session.execute('SELECT DISTINCT org_id FROM org_daily_support_metrics');
  const orgs = rows.map((row) => String(row.org_id)).sort();
  for (const org of orgs) {
    const { rows: tickets } = await runQuery(session, 'critical_tickets', { org });
    const { rows: tokens } = await runQuery(session, 'genai_tokens', { org });
    if (tickets.length > 0 && tokens.length > 0) return org;
  }
  throw new Error(`none of the ${orgs.length} organisations in Cassandra has both recent tickets and GenAI usage`);
}

async function versionsOf(config: Config): Promise<ReadonlyMap<string, number>> {
  const lake = new Lake(openStore(config.lake), Date.now);
  const versions = new Map<string, number>();
  for (const { name, layer } of catalog) {
    const snapshot = layer === 'ops' ? null : await lake.table(name).latest();
    if (snapshot !== null) versions.set(name, snapshot.version);
  }
  return versions;
}
