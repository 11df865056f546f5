/** Maintenance of a lake that many micro-batches and daily runs wrote: the rows stay, and so do the versions that somebody needs. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ActivityContext } from '../../activities/context.ts';
import { keptVersions } from '../../activities/kept-versions.ts';
import { readLandingState } from '../../activities/landing-state.ts';
import {
  compactedRetentionMs,
  maintainTable,
  retentionMs,
  type TableMaintenance,
  tablesToMaintain,
} from '../../activities/maintenance.ts';
import type { Notice } from '../../activities/notices/notice.ts';
import { record } from '../../activities/notices/notice-log.ts';
import { loadedSnapshots } from '../../activities/snapshots.ts';
import { advanceSpeed } from '../../activities/speed.ts';
import { generateLanding } from '../../cli/generate/landing.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { pathOf } from '../../schemas/contract.ts';
import { orgDailyUsageByService, orgDailyUsageByServiceSpeed } from '../../schemas/gold.ts';
import { notices } from '../../schemas/ops.ts';
import { servedMart } from '../../serving/cql-type.ts';
import { followingReader } from '../../serving/following-reader.ts';
import { type MartReader, martReader } from '../../serving/served-rows.ts';
import { newestServed, partsOf } from '../../serving/served-snapshot.ts';
import { lakeState } from '../faults/lake-state.ts';
import { freshProcess, lineSteps, type Process, run } from '../faults/steps.ts';
import { rowsOf } from '../transforms/rows.ts';

const events = bronzeUsageEvents.name;
const speed = orgDailyUsageByServiceSpeed.name;
const mart = servedMart(orgDailyUsageByService);
const hourMs = 3_600_000;
const notice: Notice = {
  id: 'failed/gold/1',
  kind: 'failed',
  workflowType: 'gold',
  workflowId: 'gold',
  runId: '1',
  date: '2025-08-14',
  message: 'no',
  atMs: 0,
};
/** Landing to the mart that has increments. */
const steps = lineSteps.filter(({ name }) =>
  /^bronze|^silver.(dim_orgs|dim_resources|usage_events)|^gold.org_daily_usage_by_service|^ledger/.test(name),
);

describe('maintenance', () => {
  const root = mkdtempSync(join(tmpdir(), 'cpa-maintenance-'));
  const landing = join(root, 'landing');
  const stream = join(landing, 'usage_events_stream');
  const lakeRoot = join(root, 'lake');
  let process: Process;

  const line = async (wanted = steps): Promise<void> => {
    for (const step of wanted) await step.run(process);
    await process.idle();
  };
  const land = (part: 'first' | 'second' | 'third', most = Number.POSITIVE_INFINITY): void => {
    for (const file of readdirSync(join(root, part)).slice(0, most))
      renameSync(join(root, part, file), join(stream, file));
  };
  /** A worker that starts so much later. */
  const later = (ms: number): ActivityContext => {
    process = freshProcess(lakeRoot, landing, 4000);
    return { ...process.context, clock: () => Date.now() + ms };
  };
  const maintain = async (context: ActivityContext, change = {}): Promise<ReadonlyMap<string, TableMaintenance>> => {
    const done = new Map<string, TableMaintenance>();
    for (const table of await tablesToMaintain(context, null)) {
      done.set(table, await maintainTable(context, run, { table, vacuum: true, dryRun: false, ...change }));
    }
    return done;
  };
  const readable = async ({ lake }: ActivityContext, table: string, versions: readonly number[]): Promise<void> => {
    for (const version of versions) {
      const { metadata, files } = await lake.table(table).at(version);
      await readFiles(lake.store, pathOf(table), metadata, files);
    }
  };

  before(async () => {
    await generateLanding({ events: 240, days: 2, seed: 12, orgs: 3, files: 18, out: landing });
    const files = readdirSync(stream).sort();
    for (const [n, part] of ['first', 'second', 'third'].entries()) {
      mkdirSync(join(root, part));
      for (const file of files.slice(n * 6, n * 6 + 6)) renameSync(join(stream, file), join(root, part, file));
    }
    process = freshProcess(lakeRoot, landing, 4000);
    land('first');
    await line();
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it('compacts at once and removes what a compaction has replaced once nobody can be reading it any more', async () => {
    const follower = process.context.lake;
    const seen = await readLandingState(follower);
    // In Bronze only: the batch layer has consumed the first part, the speed layer nothing of the second.
    land('second');
    await line(steps.filter(({ name }) => name === events));
    const consumed = await keptVersions(process.context.lake, events);
    assert.ok(consumed.length > 0 && consumed.at(-1)! < (await process.context.lake.table(events).latest())!.version);
    const state = await lakeState(lakeRoot);
    const first = await maintain(later(0));
    assert.ok(first.get(events)!.compacted > 8, `${first.get(events)!.compacted} files compacted`);
    for (const { removed, table } of first.values()) assert.equal(removed, 0, table);

    const planned = await maintain(later(compactedRetentionMs + hourMs), { dryRun: true });
    const context = later(compactedRetentionMs + hourMs);
    const removed = await maintain(context);
    for (const [table, { removed: n }] of removed) assert.equal(planned.get(table)!.removed, n, table);
    assert.ok(removed.get('quarantine.usage_events')!.removed + removed.get('ops.landing_files')!.removed > 4);
    const content = async () => Object.entries(await lakeState(lakeRoot)).map(([name, t]) => [name, t.content]);
    assert.deepEqual(
      await content(),
      Object.entries(state).map(([name, t]) => [name, t.content]),
    );
    await readable(context, events, consumed);
    assert.deepEqual(await readLandingState(follower, seen), await readLandingState(context.lake));
    // Files of the second part went with the compaction, and their increments are yet to be made.
    assert.ok((await advanceSpeed(process.context, run)) > 0);
  });

  it('leaves a reader that follows increments since long ago what it needs', async () => {
    const { lake } = process.context;
    const reader = followingReader(lake);
    const parts = async () => [...partsOf(mart, await newestServed(lake, mart)).values()];
    for (let n = 0; n < 6; n++) {
      land('third', 1);
      await line(steps.filter(({ name }) => name === events));
      await advanceSpeed(process.context, run);
      if (n === 0) await reader(mart, await parts());
    }
    assert.ok((await maintain(later(0))).get(speed)!.compacted > 4);
    assert.ok((await maintain(later(compactedRetentionMs + hourMs))).get(speed)!.removed > 4);
    const rows = async (read: MartReader) => rowsOf(await read(mart, await parts())).map((row) => JSON.stringify(row));
    assert.deepEqual((await rows(reader)).sort(), (await rows(martReader(lake))).sort());
  });

  it('keeps every snapshot of a master and what is consumed for ever, and forgets the rest after a year', async () => {
    utimesSync(join(landing, 'users.csv'), new Date(), new Date());
    await line();
    const masters = 'bronze.users';
    const snapshots = (await loadedSnapshots(process.context.lake, masters)).map(({ version }) => version);
    assert.equal(snapshots.length, 2);
    await maintain(later(hourMs));
    const context = later(retentionMs + hourMs);
    const removed = await maintain(context);
    assert.ok(removed.get('silver.usage_events')!.removed > 0);
    await readable(context, masters, snapshots);
    for (const table of removed.keys()) {
      const newest = (await context.lake.table(table).latest())!.version;
      await readable(context, table, [newest, ...(await keptVersions(context.lake, table))]);
    }
    await assert.rejects(readable(context, 'silver.usage_events', [0]), /object not found/);
    const again = await maintain(context);
    for (const { removed: n, table } of again.values()) assert.equal(n, 0, table);
    // Work goes on from what is left.
    await line();
  });

  it('makes room before it writes, and gives a table up that there is no room to compact', async () => {
    const table = notices.name;
    const context = later(compactedRetentionMs + hourMs);
    const enter = async (...ids: string[]): Promise<void> => {
      for (const id of ids) await record(context, { ...notice, id }, 'entered', null);
    };
    const request = { table, vacuum: true, dryRun: false };
    await enter('a', 'b', 'c', 'd');
    assert.equal((await maintainTable(later(0), run, request)).compacted, 4);
    await enter('e', 'f', 'g', 'h');
    const noRoom = () => Promise.reject(new Error('ENOSPC: no space left on device'));
    const full = { ...context, compute: { ...context.compute, run: noRoom } };
    await assert.rejects(maintainTable(full, run, request), /^Error: ENOSPC/);
    await assert.rejects(maintainTable(full, { ...run, attempt: 5 }, request), { type: 'NotCompacted' });
    assert.deepEqual(await maintainTable(context, run, request), {
      table,
      compacted: 4,
      written: 1,
      removed: 0,
      bytes: 0,
    });
  });

  it('refuses a table that there cannot be', async () => {
    await assert.rejects(
      tablesToMaintain(process.context, ['bronze.pets']),
      /^ApplicationFailure: no table bronze\.pets; /,
    );
  });
});
