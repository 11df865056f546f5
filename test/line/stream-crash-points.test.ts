/**
 * Rounds of the continuous stream, stopped at every one of their writes: plan, rows, quarantine and increments of every
 * micro-batch. After the next round the lake is as if nothing had happened.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { compactTables, streamTables } from '../../activities/compaction.ts';
import { generateLanding } from '../../cli/generate/landing.ts';
import { produceEvents } from '../../cli/produce/produce-events.ts';
import { Lake } from '../../engine/delta/lake.ts';
import { openStore } from '../../engine/storage/open.ts';
import { orgDailyUsageByServiceSpeed } from '../../schemas/gold.ts';
import { type Fault, type FaultyStore, faultyStore, type Objects } from '../faults/faulty-store.ts';
import { changed, lakeState, type TableState } from '../faults/lake-state.ts';
import { freshProcess, lineSteps, type Process, run, streamRound } from '../faults/steps.ts';
import { rowsIn } from './tables.ts';

const batchBytes = 4000;
const speed = orgDailyUsageByServiceSpeed.name;

const isFull = process.env.CPA_FAULTS === 'full';

/** How a write fails, and which ones are tried when not all are (`npm run test:faults`). */
type Kind = Omit<Fault, 'write'> & { readonly tried: (writes: readonly string[], write: number) => boolean };

const isCommit = (writes: readonly string[], write: number): boolean => writes[write]!.includes('/_delta_log/');
/** The first data file before a commit. */
const isFirstFile = (writes: readonly string[], write: number): boolean =>
  !isCommit(writes, write) && (write === 0 || isCommit(writes, write - 1));
const crash: Kind = { kind: 'crash', tried: isCommit };
const fullDisk: Kind = { kind: 'full', stays: true, tried: isFirstFile };
const unanswered: Kind = { kind: 'unanswered', tried: () => false };

interface TriedLake {
  readonly root: string;
  readonly objects: Objects;
  readonly store: FaultyStore;
}

describe('a round of the stream that is stopped at any write', () => {
  const root = mkdtempSync(join(tmpdir(), 'cpa-stream-crash-'));
  const landing = join(root, 'landing');
  let nowMs = Date.UTC(2025, 6, 7);
  let lakes = 0;

  before(async () => {
    await generateLanding({ events: 4, days: 4, seed: 11, orgs: 3, files: 1, out: landing });
    await produce(1);
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it('is completed by the next one, while the tables come into being', async () => {
    await everyWrite(new Map(), [crash, { ...fullDisk, tried: () => false }, unanswered]);
  });

  it('is completed by the next one, on top of what the batch layer has built', async () => {
    const line = aLake(new Map());
    const process = freshProcess(line.root, landing, batchBytes);
    for (const step of lineSteps) await step.run(process);
    await process.idle();
    await produce(2);
    await everyWrite(line.objects, [crash, fullDisk, unanswered]);
  });

  it('finds the same rows when compaction is stopped at any write', async () => {
    const streamed = aLake(new Map());
    await attempt(freshProcess(streamed.root, landing, batchBytes));
    await produce(3);
    const start = streamed.objects;
    const calm = aLake(start);
    assert.ok((await compaction(freshProcess(calm.root, landing, batchBytes))) > 2, 'few tables to compact');
    const { writes } = calm.store;
    const expected = await goneOn(start, calm, freshProcess(calm.root, landing, batchBytes));
    let [commits, tried] = [0, 0];
    for (const kind of [crash, fullDisk, unanswered]) {
      for (const [write, path] of writes.entries()) {
        // Else the end of the process at one commit in four.
        if (!isFull && !(kind === crash && isCommit(writes, write) && commits++ % 4 === 0)) continue;
        const lake = aLake(start);
        const process = freshProcess(lake.root, landing, batchBytes);
        lake.store.arm({ kind: kind.kind, write });
        await compaction(process).catch(() => undefined);
        lake.store.arm(null);
        const next = kind === crash ? freshProcess(lake.root, landing, batchBytes) : process;
        assert.deepEqual(await goneOn(start, lake, next), expected, `${kind.kind} at write ${write}, ${path}`);
        tried++;
      }
    }
    console.log(`${tried} faults in ${writes.length} writes of a compaction`);
  });

  /** Compacts whatever has two files of a size; gives the number of tables that were changed. */
  async function compaction({ context, idle }: Process): Promise<number> {
    const tables = streamTables.map((table) => ({ ...table, minFiles: 2 }));
    const done = await compactTables(context, run, tables, 4).finally(idle);
    return done.filter(({ filesRemoved }) => filesRemoved > 0).length;
  }

  /** What the tables hold once the stream has gone on, and compaction after it. */
  async function goneOn(start: Objects, lake: TriedLake, process: Process): Promise<unknown> {
    await attempt(process);
    await compaction(process);
    const states = await lakeState(lake.root, changed(start, lake.objects));
    // Increments carry Bronze's version, which a compaction that was stopped has not taken.
    const { [speed]: _, ...others } = states;
    const increments = (await rowsIn(new Lake(openStore(lake.root), () => nowMs), speed))
      .map(({ bronze_version: _, ...row }) => JSON.stringify(row))
      .sort();
    return [increments, Object.entries(others).map(([table, { txns, content }]) => ({ table, txns, content }))];
  }

  /** Two files of events that end now by a clock of its own, the second one too large for one micro-batch. */
  async function produce(seed: number): Promise<void> {
    const sleep = async (ms: number): Promise<void> => {
      nowMs += ms;
    };
    const mix = { rate: 1, late: 0.2, duplicate: 0.2, malformed: 0.1, dates: 5 };
    const pace = { durationMs: 10_000, filesOf: [15, 15] as const, clock: () => nowMs, sleep };
    await produceEvents({ landing, seed, ...mix, ...pace });
    await produceEvents({ landing, seed: seed + 10, ...mix, ...pace, durationMs: 15_000 });
  }

  async function everyWrite(start: Objects, kinds: readonly Kind[]): Promise<void> {
    const calm = aLake(start);
    const round = await attempt(freshProcess(calm.root, landing, batchBytes));
    assert.equal(round.speedProblem, null);
    assert.ok(round.batches >= 2, `${round.batches} micro-batches`);
    for (const kind of ['quarantined', 'duplicate', 'late'] as const) assert.ok(round[kind] > 0, `no ${kind} rows`);
    const expected = await stateOf(start, calm);
    let [candidates, faults] = [0, 0];
    for (const [write, path] of calm.store.writes.entries()) {
      for (const { tried, ...kind } of kinds) {
        // Else one in three of those that are worth it.
        if (!isFull && !(tried(calm.store.writes, write) && candidates++ % 3 === 0)) continue;
        const what = `${JSON.stringify(kind)} at write ${write}, ${path}`;
        const lake = aLake(start);
        await disturbed(lake, { ...kind, write }, what);
        assert.deepEqual(await stateOf(start, lake), expected, what);
        faults++;
      }
    }
    console.log(`${faults} faults in ${round.batches} micro-batches, ${calm.store.writes.length} writes`);
  }

  async function disturbed(lake: TriedLake, fault: Fault, what: string): Promise<void> {
    const process = freshProcess(lake.root, landing, batchBytes);
    lake.store.arm(fault);
    // Increments that fail, and a commit that finds out by itself how it ended, do not fail the round.
    await attempt(process).catch(() => undefined);
    assert.ok(lake.store.writes.length > fault.write, `${what}: never came there`);
    lake.store.arm(null);
    await attempt(fault.kind === 'crash' ? freshProcess(lake.root, landing, batchBytes) : process);
  }

  async function attempt(process: Process) {
    try {
      return await streamRound(process);
    } finally {
      await process.idle();
    }
  }

  function aLake(start: Objects): TriedLake {
    const lakeRoot = join(root, `lake-${lakes++}`);
    const objects = new Map(start);
    return { root: lakeRoot, objects, store: faultyStore(lakeRoot, objects) };
  }

  /** What a round has changed. Increments of several Bronze versions may come in one commit, or in one each. */
  async function stateOf(start: Objects, { root: lakeRoot, objects }: TriedLake): Promise<unknown> {
    const states: Record<string, Partial<TableState>> = { ...(await lakeState(lakeRoot, changed(start, objects))) };
    if (states[speed] !== undefined) states[speed] = { ...states[speed], version: 0 };
    return states;
  }
});
