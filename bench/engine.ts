/** From landing to Gold: all tables, and the path that DuckDB does, in turns with DuckDB on the same files. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateLanding } from '../cli/generate/landing.ts';
import type { Stack } from '../stack/stack.ts';
import { connectTemporal } from '../worker/temporal.ts';
import type { LayerResult } from '../workflows/bronze-batch.ts';
import { budgets } from './budgets.ts';
import { budgeted, type Figure, measured, median } from './report.ts';
import { type DuckdbLine, runDuckdbLine } from './rival-duckdb.ts';
import { startWorkerProcess } from './worker-process.ts';

export interface EngineBenchOptions {
  readonly stack: Stack;
  /** A landing zone; null generates one. */
  readonly landing: string | null;
  readonly events: number;
  readonly rounds: number;
  readonly log: (line: string) => void;
}

/** The line of one run: seconds of each layer, and of all. */
interface LineRun {
  readonly bronze: number;
  readonly silver: number;
  readonly gold: number;
  readonly total: number;
  readonly peakRssBytes: number;
  /** Processor time of the worker. */
  readonly cpuSeconds: number;
  readonly tables: LayerResult['tables'];
}

type Inputs = Readonly<Record<'bronzeBatch' | 'bronzeStream' | 'silver' | 'gold', object>>;

const everything: Inputs = { bronzeBatch: {}, bronzeStream: {}, silver: {}, gold: {} };

/** What DuckDB does: events through Bronze and Silver to the daily mart, with the two masters that they are joined to. */
const rivalPath: Inputs = {
  bronzeBatch: { masters: ['customers_orgs', 'resources'] },
  bronzeStream: {},
  silver: { tables: ['silver.dim_orgs', 'silver.dim_resources', 'silver.usage_events'] },
  gold: { tables: ['gold.org_daily_usage_by_service'] },
};

/** Runs the rounds; throws when both sides do not come out with the same number of rows. */
export async function benchEngine(options: EngineBenchOptions): Promise<{ about: string; figures: Figure[] }> {
  const { events, rounds, log } = options;
  const folder = await mkdtemp(join(tmpdir(), 'cpa-bench-'));
  try {
    const landing = options.landing ?? (await generated(join(folder, 'landing'), events, log));
    const warmLanding = await someOf(landing, join(folder, 'warm'));
    await readOnce(landing);
    const all: LineRun[] = [];
    const ours: LineRun[] = [];
    const theirs: DuckdbLine[] = [];
    for (let round = 1; round <= rounds; round++) {
      ours.push(await lineRun(options, landing, warmLanding, rivalPath));
      log(`round ${round}: the path that DuckDB does: ${seconds(ours.at(-1)!)}`);
      theirs.push(await duckdbRun(landing, folder));
      log(`round ${round}: DuckDB: ${(theirs.at(-1)!.totalMs / 1000).toFixed(1)} s`);
      all.push(await lineRun(options, landing, warmLanding, everything));
      log(`round ${round}: all tables: ${seconds(all.at(-1)!)}`);
    }
    checkSameRows(ours[0]!, theirs[0]!);
    const of = (runs: readonly LineRun[], pick: (run: LineRun) => number) => median(runs.map(pick));
    const rival = median(theirs.map((r) => r.totalMs / 1000));
    const path = of(ours, (r) => r.total);
    const cpu = of(ours, (r) => r.cpuSeconds);
    const rivalCpu = median(theirs.map((r) => r.cpuSeconds));
    return {
      about:
        `${options.landing === null ? `Generated landing zone of ${events.toLocaleString('en')} events` : 'A landing zone given with `--data`'}, ` +
        `a fresh lake and worker process each time, the worker's code warmed up on a fifth of the files in another lake, the files in the system's cache, through Temporal; medians of ${rounds} rounds, DuckDB (two threads) in turns.`,
      figures: [
        budgeted(
          budgets.landingToGold,
          of(all, (r) => r.total),
        ),
        measured(
          '… Bronze',
          's',
          of(all, (r) => r.bronze),
        ),
        measured(
          '… Silver',
          's',
          of(all, (r) => r.silver),
        ),
        measured(
          '… Gold',
          's',
          of(all, (r) => r.gold),
        ),
        budgeted(budgets.workerMemory, Math.max(...[...all, ...ours].map((r) => r.peakRssBytes)) / 2 ** 30),
        measured('the path that DuckDB does: events → Bronze → Silver → daily mart', 's', path),
        measured('… in DuckDB', 's', rival),
        measured('… peak resident memory of DuckDB', 'GiB', Math.max(...theirs.map((r) => r.peakRssBytes)) / 2 ** 30),
        budgeted(budgets.againstDuckdb, rival / path),
        measured('processor time of the same path', 's', cpu),
        measured('… in DuckDB', 's', rivalCpu),
        measured('DuckDB processor time / ours, which other work on the machine disturbs least', '×', rivalCpu / cpu),
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function generated(out: string, events: number, log: (line: string) => void): Promise<string> {
  log(`generating ${events.toLocaleString('en')} events…`);
  await generateLanding({ events, days: 60, seed: 1, out, orgs: 80, defects: 'original' });
  return out;
}

/** Leaves the event files in the system's cache for whoever comes first. */
async function readOnce(landing: string): Promise<void> {
  const events = join(landing, 'usage_events_stream');
  for (const file of await readdir(events)) await readFile(join(events, file));
}

/** A landing zone of every fifth event file, as links, with all masters. */
async function someOf(landing: string, out: string): Promise<string> {
  const events = 'usage_events_stream';
  await mkdir(join(out, events), { recursive: true });
  const files = (await readdir(join(landing, events))).filter((_, i) => i % 5 === 0).map((file) => join(events, file));
  const masters = (await readdir(landing)).filter((file) => file.endsWith('.csv'));
  for (const file of [...masters, ...files]) await symlink(join(landing, file), join(out, file));
  return out;
}

async function lineRun(
  { stack }: EngineBenchOptions,
  landing: string,
  warmLanding: string,
  inputs: Inputs,
): Promise<LineRun> {
  const lake = await mkdtemp(join(tmpdir(), 'cpa-bench-lake-'));
  const taskQueue = `bench-${randomUUID()}`;
  const temporal = await connectTemporal({ address: stack.temporal.address });
  const warm = { landing: warmLanding, lake: join(lake, 'warm') };
  const worker = await startWorkerProcess({
    stack,
    landing,
    lake: join(lake, 'timed'),
    keyspace: 'bench',
    taskQueue,
    warm,
  });
  const runOn = (queue: string, type: keyof Inputs): Promise<LayerResult> =>
    temporal.client.workflow.execute(type, { taskQueue: queue, workflowId: `${queue}-${type}`, args: [inputs[type]] });
  const run = (type: keyof Inputs) => runOn(taskQueue, type);
  try {
    for (const type of ['bronzeBatch', 'bronzeStream', 'silver', 'gold'] as const)
      await runOn(`${taskQueue}-warm`, type);
    settle();
    const cpuBefore = await worker.cpuSeconds();
    const times = [performance.now()];
    const [batch, stream] = await Promise.all([run('bronzeBatch'), run('bronzeStream')]);
    times.push(performance.now());
    const silver = await run('silver');
    times.push(performance.now());
    const gold = await run('gold');
    times.push(performance.now());
    const between = (from: number, to: number): number => (times[to]! - times[from]!) / 1000;
    return {
      bronze: between(0, 1),
      silver: between(1, 2),
      gold: between(2, 3),
      total: between(0, 3),
      peakRssBytes: await worker.peakRssBytes(),
      cpuSeconds: (await worker.cpuSeconds()) - cpuBefore,
      tables: [batch, stream, silver, gold].flatMap((r) => r.tables),
    };
  } finally {
    await worker.stop();
    await temporal.connection.close();
    await rm(lake, { recursive: true, force: true });
  }
}

/** Waits until what was written before is on disk: who comes next would wait for it. */
function settle(): void {
  execFileSync('sync');
}

async function duckdbRun(landing: string, folder: string): Promise<DuckdbLine> {
  const out = await mkdtemp(join(folder, 'duckdb-'));
  settle();
  try {
    return await runDuckdbLine(landing, out);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

function checkSameRows(ours: LineRun, theirs: DuckdbLine): void {
  const written = (table: string): number => ours.tables.find((t) => t.table === table)?.written ?? 0;
  const pairs: [string, number, number][] = [
    ['bronze.usage_events', written('bronze.usage_events'), theirs.rows.bronze],
    ['silver.usage_events', written('silver.usage_events'), theirs.rows.silver],
    ['gold.org_daily_usage_by_service', written('gold.org_daily_usage_by_service'), theirs.rows.daily],
  ];
  for (const [table, a, b] of pairs) {
    if (a !== b) throw new Error(`not the same work: ${table} has ${a} rows, DuckDB made ${b}`);
  }
}

function seconds({ total, bronze, silver, gold }: LineRun): string {
  return `${total.toFixed(1)} s (Bronze ${bronze.toFixed(1)}, Silver ${silver.toFixed(1)}, Gold ${gold.toFixed(1)})`;
}
