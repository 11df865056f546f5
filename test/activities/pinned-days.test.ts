/** Days that a restore has pinned, beside a stream and re-drives that replace their events. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { auditScope, versionsNow } from '../../activities/audit/scope.ts';
import { auditSpeed } from '../../activities/audit/speed-checks.ts';
import { buildDirty } from '../../activities/build-dirty.ts';
import { buildTable } from '../../activities/build-table.ts';
import { planTable } from '../../activities/dirty.ts';
import { redriveEvents } from '../../activities/redrive/redrive.ts';
import { everyRow } from '../../activities/redrive/selection.ts';
import { restoreTable } from '../../activities/restore.ts';
import { advanceSpeed, dropConsumed } from '../../activities/speed.ts';
import { orgDailyUsageByService } from '../../schemas/gold.ts';
import { silverUsageEvents } from '../../schemas/silver.ts';
import { servedMart } from '../../serving/cql-type.ts';
import { readParts } from '../../serving/served-rows.ts';
import { newestServed, partsOf } from '../../serving/served-snapshot.ts';
import { faultyStore } from '../faults/faulty-store.ts';
import { freshProcess, lineSteps, type Process, run } from '../faults/steps.ts';
import { eventLine, type SmallLanding, smallLanding } from '../line/small-landing.ts';
import { rowsOf } from '../transforms/rows.ts';

const silver = silverUsageEvents.name;
const mart = orgDailyUsageByService.name;
const events = 'bronze.usage_events';
const day = '2025-07-03';
const other = '2025-07-04';
const later = '2025-08-02T00:00:00Z';

describe('a pinned day', () => {
  let landing: SmallLanding;
  let process: Process;
  let files = 0;

  beforeEach(async () => {
    landing = smallLanding();
    const root = `/pinned/${randomUUID()}`;
    faultyStore(root, new Map());
    process = freshProcess(root, landing.folder, 1 << 20);
    await land(eventLine('restated'), on('other', other));
    await line([events, 'bronze.customers_orgs', 'bronze.resources', 'silver.dim_orgs', 'silver.dim_resources']);
    await line();
  });
  afterEach(() => landing.remove());

  const on = (id: string, date = day): string => eventLine(id, { timestamp: `${date}T10:00:00Z` });
  const line = async (names: readonly string[] = [silver, mart]): Promise<void> => {
    for (const step of lineSteps.filter(({ name }) => names.includes(name))) await step.run(process);
  };
  /** Files land and are in Bronze. */
  const land = async (...lines: readonly string[]): Promise<void> => {
    landing.events(`${files++}.jsonl`, lines, later);
    await line([events]);
  };
  const versionOf = async (table: string): Promise<number> =>
    (await process.context.lake.table(table).latest())!.version;
  const advance = (): Promise<number> => advanceSpeed(process.context, run);
  const restore = (table: string, version: number) =>
    restoreTable(process.context, run, { table, version, askedMs: 100, reason: null });
  const redrive = () => redriveEvents(process.context, run, { ...everyRow, acceptConflicts: true, reason: null });
  const recompute = (table: string) => buildDirty(process.context, run, { table, dates: null, recompute: 200 });
  /** Of each day served: events, US dollars, and the Bronze version named. */
  const served = async (): Promise<Record<string, readonly unknown[]>> => {
    const { lake } = process.context;
    const usage = servedMart(orgDailyUsageByService);
    const parts = partsOf(usage, await newestServed(lake, usage));
    const rows = rowsOf(await readParts(lake, usage, [...parts.values()]));
    return Object.fromEntries(
      rows.map((r) => [
        String(r.usage_date),
        [Number(r.event_count), Number(r.daily_cost_usd), Number(r.bronze_version)],
      ]),
    );
  };
  const audit = async (): Promise<void> => {
    const { context } = process;
    const scope = await auditScope(context.lake, 'everything', await versionsNow(context.lake));
    const checks = await auditSpeed(context, run, scope);
    assert.deepEqual([checks.length, checks.filter((c) => !c.passed)], [3, []]);
  };

  for (const [table, first] of [
    [silver, 'restore'],
    [mart, 're-drive'],
  ] as const) {
    it(`of ${table} is not waited for when its rows are replaced: ${first} first`, async () => {
      const version = await versionOf(table);
      const built = await versionOf(mart);
      await land(on('more'), eventLine('restated', { cost_usd_increment: 4 }));
      await line();
      const consumed = await versionOf(events);
      assert.deepEqual((await served())[day], [2, 3, consumed]);
      if (first === 're-drive') {
        await redrive();
        await land(on('new'), on('new other', other));
        await assert.rejects(advance(), /takes rows out; run the batch layer first/);
      }
      await restore(table, version);
      if (first === 'restore') {
        await line();
        assert.deepEqual((await served())[day], [1, 1.5, consumed]);
        await redrive();
        await land(on('new'), on('new other', other));
      }
      assert.equal(await advance(), 2);
      if (table === silver) await line();
      const newest = await versionOf(events);
      const pinned = { [day]: [2, 3, newest], [other]: [2, 3, newest] };
      assert.deepEqual(await served(), pinned);
      await audit();
      await line();
      await dropConsumed(process.context);
      assert.deepEqual(await served(), pinned);
      await audit();
      assert.ok((await versionOf(mart)) > built);

      // Unpinned from the Bronze of now: all that the day has been through.
      await land(on('newer'));
      await recompute(table);
      await line();
      const whole = [4, 8.5, await versionOf(events)];
      assert.deepEqual((await served())[day], whole);
      await advance();
      await dropConsumed(process.context);
      assert.deepEqual((await served())[day], whole);
      await land(on('newest'));
      await advance();
      assert.deepEqual((await served())[day], [5, 10, await versionOf(events)]);
      await audit();
    });
  }

  it('that is recomputed from an earlier Bronze than others were built from meanwhile is built again', async () => {
    const version = await versionOf(silver);
    await land(on('more'));
    await line();
    await restore(silver, version);
    const extra = { recompute: 200 };
    const { lake } = process.context;
    const { partitions, pinned } = await planTable(lake, silverUsageEvents, extra, (p) => p === day);
    await land(on('new'), on('new other', other));
    await line();
    const request = { table: silver, partitions, pinned, extra, complete: false, reason: 'asked for' };
    await buildTable(process.context, run, request);
    assert.deepEqual((await planTable(lake, silverUsageEvents)).partitions, [day]);
    await line();
    assert.equal((await served())[day]?.[0], 3);
  });
});
