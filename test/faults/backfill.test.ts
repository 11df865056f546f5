/** 200 days backfilled by two workers beside a stream and daily runs: undisturbed, and with everything killed again and again. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { workOf } from '../../activities/commit-info.ts';
import { generateLanding } from '../../cli/generate/landing.ts';
import type { Random } from '../../cli/generate/random.ts';
import { Lake } from '../../engine/delta/lake.ts';
import { openStore } from '../../engine/storage/open.ts';
import { type RunningCassandra, startCassandra } from '../../stack/cassandra.ts';
import { type RunningTemporal, startTemporal } from '../../stack/temporal.ts';
import { hashTable } from '../../worker/compute/thread.ts';
import type { BackfillProgress, EndedRequest } from '../../workflows/backfill/state.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import { type TestLine, testLine } from '../line/line.ts';
import { useCassandra } from '../line/own-cassandra.ts';
import { until } from '../line/until.ts';
import { type Producing, producing, startStream } from './live.ts';
import { disagreements, type Outcome, outcomeOf } from './outcome.ts';
import { randomOf } from './seed.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

const days = 200;
const kills = process.env.CPA_FAULTS === 'full' ? 20 : 3;
const range = { from: '2025-01-01', to: dayOf(days - 1) };

function dayOf(n: number): string {
  return new Date(Date.UTC(2025, 0, 1 + n)).toISOString().slice(0, 10);
}

describe(`a backfill of ${days} days beside a stream and two daily runs`, () => {
  const root = mkdtempSync(join(tmpdir(), 'cpa-backfill-faults-'));
  const random = randomOf('backfill');
  const first = join(root, 'landing');
  const cassandra = process.env.CPA_TEST_CASSANDRA;
  const temporal = process.env.CPA_TEST_TEMPORAL;

  before(() =>
    generateLanding({ events: 12_000, days, startDate: range.from, seed: 5, orgs: 8, files: 60, out: first }),
  );
  after(() => rmSync(root, { recursive: true, force: true }));

  it('ends without a failure, with the content of one plain run', { timeout: 1_200_000 }, async () => {
    const landing = join(root, 'beside');
    cpSync(first, landing, { recursive: true, preserveTimestamps: true });
    const line = await testLine({ landing, worker: false });
    const workers = await Promise.all([0, 1].map(() => startWorkerProcess({ line, landing })));
    try {
      const { stream, backfill, produced } = await begun(line, landing);
      const dailies = [line.run<DailyRunResult>('dailyRun')];
      await sleep(3000);
      dailies.push(line.run<DailyRunResult>('dailyRun'));
      await untilIdle(backfill);
      for (const { audit } of await Promise.all(dailies)) assert.equal(audit?.passed, true);
      await produced.end();
      await finished(line, landing, stream, backfill);
    } finally {
      for (const worker of workers) await worker.stop();
      await line.stop();
    }
  });

  it(`is the same after ${kills} kills of everything`, { timeout: 3_600_000 }, async () => {
    const landing = join(root, 'killed');
    cpSync(first, landing, { recursive: true, preserveTimestamps: true });
    const stack = await Stack.start(join(root, 'stack'));
    let line: TestLine | null = null;
    let workers: WorkerProcess[] = [];
    let source: Producing | null = null;
    try {
      line = await testLine({ landing, worker: false });
      const place = { line, landing };
      workers = await Promise.all([0, 1].map(() => startWorkerProcess(place)));
      const { stream, backfill, produced } = await begun(line, landing);
      source = produced;
      const dailies: WorkflowHandle[] = [];
      for (let kill = 0; kill < kills; kill++) {
        await sleep(500 + random.below(5000));
        if (kill === Math.floor(kills / 3) || kill === Math.floor((kills * 2) / 3))
          dailies.push(await line.start('dailyRun'));
        // Always something to disturb.
        const { running, waiting } = await backfill
          .query<BackfillProgress>('progress')
          .catch(() => ({ running: {}, waiting: [] }));
        if (running === null && waiting.length === 0) await backfill.signal('request', { ...range, mode: 'all' });
        const victims = victimsOf(random);
        await Promise.all(victims.flatMap((n) => (n < 2 ? [workers[n]!.kill()] : [])));
        await stack.kill(victims.includes(2), victims.includes(3));
        console.log(
          `kill ${kill + 1}: ${victims.map((n) => ['worker 1', 'worker 2', 'Temporal', 'Cassandra'][n]).join(', ')}`,
        );
        await stack.restart();
        workers = await Promise.all(workers.map((w, n) => (victims.includes(n) ? startWorkerProcess(place) : w)));
      }
      await untilIdle(backfill);
      for (const daily of dailies) assert.equal(((await daily.result()) as DailyRunResult).audit?.passed, true);
      await produced.end();
      await finished(line, landing, stream, backfill);
    } finally {
      await source?.end();
      for (const worker of workers) await worker.kill();
      await line?.stop();
      process.env.CPA_TEST_CASSANDRA = cassandra;
      process.env.CPA_TEST_TEMPORAL = temporal;
      await stack.stop();
    }
  });
});

/** Masters loaded, a stream that reads what comes, and the request for all days. */
async function begun(line: TestLine, landing: string) {
  await line.run('bronzeBatch');
  const stream = await startStream(line);
  await stream.executeUpdate('drain');
  const backfill = await line.start('backfill');
  await backfill.signal('request', { ...range, mode: 'all', reason: 'a fault test' });
  return { stream, backfill, produced: producing(landing, 100) };
}

/** Waits until nothing runs or waits. Every request has built every day then: nobody has to ask again. */
async function untilIdle(backfill: WorkflowHandle): Promise<void> {
  const look = async (): Promise<readonly EndedRequest[] | null> => {
    const progress = await backfill.query<BackfillProgress>('progress').catch(() => null);
    return progress === null || progress.running !== null || progress.waiting.length > 0 ? null : progress.ended;
  };
  for (const { state, failed, daysDone, daysPlanned } of await until('the backfill ends', look, 900))
    assert.deepEqual([state, failed, daysDone], ['done', {}, daysPlanned]);
}

/** What two tables hold of the range, which no later event touches. */
async function builtDays({ lakeRoot }: TestLine): Promise<Readonly<Record<string, string>>> {
  const lake = new Lake(openStore(lakeRoot), Date.now);
  const hashes: Record<string, string> = {};
  for (const table of ['silver.usage_events', 'gold.org_daily_usage_by_service']) {
    const { metadata, files } = (await lake.table(table).latest())!;
    const ofRange = files.filter(({ partitionValues }) => (Object.values(partitionValues)[0] ?? '') <= range.to);
    const { hash, rows } = await hashTable({ lake: lakeRoot, table, metadata, files: ofRange });
    hashes[table] = `${hash} (${rows} rows)`;
  }
  return hashes;
}

/** Reads the rest, builds it, and compares with one plain run over the same files. Says how much was built more than once. */
async function finished(
  line: TestLine,
  landing: string,
  stream: WorkflowHandle,
  backfill: WorkflowHandle,
): Promise<void> {
  console.log(`the backfill's history has ${(await backfill.fetchHistory()).events?.length} events`);
  await backfill.cancel();
  await stream.executeUpdate('drain');
  await stream.signal('stop');
  await stream.result();
  const built = await builtDays(line);
  const { audit } = await line.run<DailyRunResult>('dailyRun');
  assert.equal(audit?.passed, true);
  assert.deepEqual(await disagreements(line), []);
  await sayRepeats(line);
  const once = await testLine({ landing });
  try {
    await once.run('dailyRun');
    assert.deepEqual(built, await builtDays(once));
    assert.deepEqual(content(await outcomeOf(line)), content(await outcomeOf(once)));
  } finally {
    await once.stop();
  }
}

/** Bronze's ledger counts rows once however often they are built; later layers are built as often as somebody asked. */
function content({ hashes, ledger }: Outcome): Outcome {
  const { 'gold.org_daily_usage_by_service_speed': _, ...tables } = hashes;
  return {
    hashes: tables,
    ledger: Object.fromEntries(Object.entries(ledger).filter(([t]) => t.startsWith('bronze.'))),
  };
}

async function sayRepeats(line: TestLine): Promise<void> {
  for (const name of ['silver.usage_events', 'gold.org_daily_usage_by_service']) {
    const table = line.lake().table(name);
    const works = (await table.commitsSince(-1)).map(workOf).filter((work) => work !== null);
    const built = works.reduce((n, { partitions }) => n + partitions, 0);
    const held = new Set((await table.latest())!.files.map(({ partitionValues }) => Object.values(partitionValues)[0]))
      .size;
    console.log(
      `${name}: ${built} partitions built for ${held} days: ${((built / held - 1) * 100).toFixed(0)} % more than once`,
    );
  }
}

/** At least one of worker 1, worker 2, Temporal, Cassandra. */
function victimsOf(random: Random): number[] {
  const chosen = [0, 1, 2, 3].filter(() => random.below(2) === 0);
  return chosen.length > 0 ? chosen : [random.below(4)];
}

/** A Temporal and a Cassandra to be killed, which the line of the test uses. */
class Stack {
  readonly #home: string;
  #temporal: RunningTemporal;
  #cassandra: RunningCassandra;
  #down = { temporal: false, cassandra: false };

  private constructor(home: string, temporal: RunningTemporal, cassandra: RunningCassandra) {
    this.#home = home;
    this.#temporal = temporal;
    this.#cassandra = cassandra;
    process.env.CPA_TEST_TEMPORAL = temporal.address;
    useCassandra(cassandra);
  }

  static async start(home: string): Promise<Stack> {
    const temporal = await startTemporal({ home: join(home, 'temporal'), log: () => undefined });
    return new Stack(
      home,
      temporal,
      await startCassandra({ home: join(home, 'cassandra'), brief: true, log: () => undefined }),
    );
  }

  async kill(temporal: boolean, cassandra: boolean): Promise<void> {
    this.#down = { temporal, cassandra };
    if (temporal) process.kill(this.#temporal.pid, 'SIGKILL');
    if (cassandra) process.kill(this.#cassandra.pid, 'SIGKILL');
    if (temporal) await this.#temporal.exited;
    if (cassandra) await this.#cassandra.exited;
  }

  async restart(): Promise<void> {
    const [temporal, cassandra] = await Promise.all([
      this.#down.temporal
        ? startTemporal({ home: join(this.#home, 'temporal'), log: () => undefined })
        : this.#temporal,
      this.#down.cassandra
        ? startCassandra({ home: join(this.#home, 'cassandra'), brief: true, log: () => undefined })
        : this.#cassandra,
    ]);
    assert.equal(temporal.address, this.#temporal.address, 'Temporal came back elsewhere');
    assert.equal(cassandra.contactPoint, this.#cassandra.contactPoint, 'Cassandra came back elsewhere');
    this.#temporal = temporal;
    this.#cassandra = cassandra;
    this.#down = { temporal: false, cassandra: false };
  }

  async stop(): Promise<void> {
    await Promise.all([this.#temporal.stop(), this.#cassandra.stop()]);
  }
}
