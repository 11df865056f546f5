/** A continuous stream while events come, and what must hold once it has read them all. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { readLandingState } from '../../activities/landing-state.ts';
import { generateLanding } from '../../cli/generate/landing.ts';
import { type CompletedFile, type ProduceSummary, produceEvents } from '../../cli/produce/produce-events.ts';
import { orgDailyUsageByService, orgDailyUsageByServiceSpeed } from '../../schemas/gold.ts';
import { servedMart } from '../../serving/cql-type.ts';
import { readPublications } from '../../serving/publication-log.ts';
import { newestServed, partsOf, pinsOf } from '../../serving/served-snapshot.ts';
import { verify } from '../../serving/verify.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import type { StreamResult } from '../../workflows/stream-result.ts';
import { type TestLine, testLine } from '../line/line.ts';
import { until } from '../line/until.ts';
import { disagreements, type Outcome, outcomeOf } from './outcome.ts';

const mart = servedMart(orgDailyUsageByService);

/** Masters and some events in a new folder of `root`; returns it. */
export async function liveLanding(root: string): Promise<string> {
  const landing = join(root, 'landing');
  await generateLanding({ events: 200, days: 4, seed: 5, orgs: 5, files: 4, out: landing });
  return landing;
}

export interface Producing {
  /** Complete files so far. */
  readonly files: readonly CompletedFile[];
  /** Ends the source: what is due is still written. */
  end(): Promise<ProduceSummary>;
}

/** Events as they come: of now, late ones of a few days, repeats and broken ones, several files a second. */
export function producing(landing: string, rate = 150): Producing {
  const ended = new AbortController();
  const files: CompletedFile[] = [];
  const onFile = (file: CompletedFile): void => void files.push(file);
  const mix = { late: 0.1, duplicate: 0.05, malformed: 0.03, dates: 5, filesOf: [10, 40] as const };
  const produced = produceEvents({
    landing,
    rate,
    durationMs: 3_600_000,
    seed: 7,
    ...mix,
    onFile,
    signal: ended.signal,
  });
  // Its failure is reported when it is awaited.
  produced.catch(() => undefined);
  return {
    files,
    end: () => {
      ended.abort();
      return produced;
    },
  };
}

/** Starts a continuous stream. */
export function startStream(line: TestLine, input: Readonly<Record<string, unknown>> = {}): Promise<WorkflowHandle> {
  return line.start('bronzeStream', { mode: 'continuous', ...input });
}

/** Bronze's version; −1 before its first commit. */
export async function bronzeVersion(line: TestLine): Promise<number> {
  return (await line.lake().table('bronze.usage_events').latest())?.version ?? -1;
}

/** Resolves once Bronze has grown beyond a version; gives milliseconds that it took. */
export async function untilBronzeGrows(line: TestLine, beyond: number, seconds = 120): Promise<number> {
  const startedMs = Date.now();
  await until(`Bronze goes on from version ${beyond}`, async () => (await bronzeVersion(line)) > beyond, seconds);
  return Date.now() - startedMs;
}

/**
 * Has the streams read all that has landed, asking again while that fails, and waits until all of it is served. Gives the
 * milliseconds that each took.
 */
export async function readToTheEnd(line: TestLine, { files }: Producing, streams: readonly WorkflowHandle[]) {
  const startedMs = Date.now();
  const deadlineMs = startedMs + 300_000;
  for (const stream of streams) {
    for (;;) {
      try {
        await stream.executeUpdate('drain');
        break;
      } catch (error) {
        if (Date.now() > deadlineMs) throw error;
        await sleep(500);
      }
    }
  }
  const state = await readLandingState(line.lake());
  const left = files.filter(({ name, bytes }) => state.files.get(name)?.toByte !== bytes);
  assert.deepEqual(left, [], 'drained, and not read');
  const drainedMs = Date.now();
  await until('all of it is served', () => isServed(line), 300);
  return { drainMs: drainedMs - startedMs, serveMs: Date.now() - drainedMs };
}

/** Whether Bronze has its increments, and the last publication has all of them and is closed. */
async function isServed(line: TestLine): Promise<boolean> {
  const lake = line.lake();
  const bronze = (await lake.table('bronze.usage_events').latest())!;
  const last = await lake.table('bronze.usage_events').commitsSince(bronze.version - 1);
  const speed = await lake.table(orgDailyUsageByServiceSpeed.name).latest();
  // A version without events need not be noted.
  if ((speed?.txns.get('bronze') ?? -1) < bronze.version && last.some((c) => c.adds.length > 0)) return false;
  const { closed, open } = await readPublications(lake, mart.contract.name);
  const { version, speedVersion } = pinsOf(await newestServed(lake, mart));
  return open.length === 0 && closed[0]?.version === version && closed[0].speedVersion === speedVersion;
}

/**
 * Stops the streams and checks: what is served is right before and after the batch layer takes over, and the same; and the
 * lake is that of one run over the same files. `line` needs a worker.
 */
export async function checkEnd(line: TestLine, landing: string, streams: readonly WorkflowHandle[]): Promise<void> {
  for (const stream of streams) await stream.signal('stop');
  for (const stream of streams) assert.ok((await stream.result()) as StreamResult);
  await checkServed(line);
  const streamed = await servedRows(line);
  assert.ok(unconsumed(await newestServed(line.lake(), mart)) > 0, 'no increments to check');

  const { audit } = await line.run<DailyRunResult>('dailyRun');
  assert.equal(audit?.passed, true);
  assert.deepEqual(await servedRows(line), streamed, 'the batch layer says something else');
  assert.equal(unconsumed(await newestServed(line.lake(), mart)), 0, 'increments that the batch layer has consumed');
  const once = await testLine({ landing });
  try {
    await once.run('dailyRun');
    assert.deepEqual(content(await outcomeOf(line)), content(await outcomeOf(once)));
  } finally {
    await once.stop();
  }
  assert.deepEqual(await disagreements(line), []);
}

/**
 * Stops the streams and checks what they alone have made: it is served row by row, and Bronze and its quarantine are those of one
 * run over the same files.
 */
export async function checkBronze(line: TestLine, landing: string, streams: readonly WorkflowHandle[]): Promise<void> {
  for (const stream of streams) await stream.signal('stop');
  for (const stream of streams) await stream.result();
  await checkServed(line);
  const once = await testLine({ landing });
  try {
    await once.run('bronzeStream');
    assert.deepEqual(content(await outcomeOf(line)), content(await outcomeOf(once)));
  } finally {
    await once.stop();
  }
}

/** Cassandra holds the mart and its increments, row by row. */
async function checkServed(line: TestLine): Promise<void> {
  const session = await line.session();
  const found = await verify({ lake: line.lake(), session, mart: mart.contract, partitions: 'all', limit: 3 });
  const { missing, extra, different, samples } = found;
  assert.deepEqual({ missing, extra, different, samples }, { missing: 0, extra: 0, different: 0, samples: [] });
}

/** The mart as Cassandra holds it, but for which layer wrote a row. */
async function servedRows(line: TestLine): Promise<string[]> {
  const session = await line.session();
  const columns = mart.contract.fields.map(({ name }) => name);
  const rows = await session.execute(`SELECT ${columns.join(', ')} FROM ${mart.table}`);
  return rows.map((row) => columns.map((name) => `${name}=${String(row[name])}`).join(' ')).sort();
}

/** Rows of increments that are added to what the mart says. */
function unconsumed(snapshot: Awaited<ReturnType<typeof newestServed>>): number {
  const files = [...partsOf(mart, snapshot).values()].flatMap((part) => part.increments);
  return files.reduce((n, { stats }) => n + stats.numRecords, 0);
}

/** Tables but for the increments, and the ledger of Bronze: later layers are built once more than in one run. */
function content({ hashes, ledger }: Outcome): Outcome {
  const { [orgDailyUsageByServiceSpeed.name]: _, ...tables } = hashes;
  return {
    hashes: tables,
    ledger: Object.fromEntries(Object.entries(ledger).filter(([table]) => table.startsWith('bronze.'))),
  };
}
