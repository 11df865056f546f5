/** The speed layer's increments: each event once, whoever makes them, and whatever the batch layer does meanwhile. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import type { ActivityContext } from '../../activities/context.ts';
import { advanceSpeed, dropConsumed } from '../../activities/speed.ts';
import { specsOf } from '../../engine/columnar/table.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile } from '../../engine/delta/types.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { metadataOf, pathOf } from '../../schemas/contract.ts';
import { orgDailyUsageByServiceSpeed as speed, orgDailyUsageByService as usage } from '../../schemas/gold.ts';
import { servedMart } from '../../serving/cql-type.ts';
import { readParts } from '../../serving/served-rows.ts';
import { newestServed, partsOf } from '../../serving/served-snapshot.ts';
import { faultyStore } from '../faults/faulty-store.ts';
import { freshProcess, run } from '../faults/steps.ts';
import { overwrite } from '../serving/lakes.ts';
import { rowsOf } from '../transforms/rows.ts';
import { bronzeOf, wholeEvent } from '../transforms/usage.ts';

const bronze = bronzeUsageEvents.name;
const mart = servedMart(usage);
const [monday, tuesday] = ['2025-07-07', '2025-07-08'] as const;

/** A lake in memory, and the processes that work on it; every write of one waits for what it was opened with. */
function processes(): (beforeWrite?: (path: string) => Promise<void>) => ActivityContext {
  const objects = new Map<string, Uint8Array>();
  return (beforeWrite) => {
    const root = `/speed/${randomUUID()}`;
    const store = faultyStore(root, objects);
    if (beforeWrite !== undefined) store.beforeWrite = beforeWrite;
    return freshProcess(root, '/nowhere', 1).context;
  };
}

/** Commits events to Bronze, one for each day named, and takes files out. Returns the version. */
async function append(
  { lake }: ActivityContext,
  days: readonly string[],
  removes: (file: AddFile) => boolean = () => false,
): Promise<number> {
  const table = lake.table(bronze);
  const base = await table.latest();
  const rows = bronzeOf(
    days.map((day) => JSON.stringify({ ...wholeEvent, event_id: randomUUID(), timestamp: `${day}T10:00:00Z` })),
  );
  const metadata = { ...metadataOf(bronzeUsageEvents), columns: specsOf(rows) };
  const adds = days.length === 0 ? [] : await writeDataFiles(lake.store, pathOf(bronze), metadata, rows, { nowMs: 0 });
  const { snapshot } = await table.commit({
    base,
    reads: { kind: 'nothing' },
    adds,
    removes: (base?.files ?? []).filter(removes),
    txns: {},
    ...(base === null ? { metadata } : {}),
    dataChange: true,
    operation: 'WRITE',
    info: {},
  });
  return snapshot.version;
}

const ofDay = (day: string) => (file: AddFile) => file.partitionValues.event_date === day;

/** The batch layer builds a day with so many events, from a version of Bronze. */
async function build({ lake }: ActivityContext, day: string, events: number, version: number | null): Promise<void> {
  const rows = events === 0 ? [] : [{ org_id: 'o1', usage_date: day, service_name: 'compute', event_count: events }];
  await overwrite(lake, usage, rows, [day], version);
}

/** Increments that are there: day, Bronze version, events. */
async function increments({ lake }: ActivityContext): Promise<(readonly unknown[])[]> {
  const found = await lake.table(speed.name).latest();
  if (found === null) return [];
  const rows = rowsOf(await readFiles(lake.store, pathOf(speed.name), found.metadata, found.files));
  return rows.map((r) => [r.usage_date, r.bronze_version, r.event_count] as const).sort();
}

/** What is served now: day, events, the version named. */
async function served({ lake }: ActivityContext): Promise<(readonly unknown[])[]> {
  const rows = rowsOf(await readParts(lake, mart, [...partsOf(mart, await newestServed(lake, mart)).values()]));
  return rows.map((r) => [r.usage_date, r.event_count, r.bronze_version] as const).sort();
}

describe('increments', () => {
  it('are made of every Bronze commit once, by however many processes', async () => {
    const open = processes();
    const [one, other] = [open(), open()];
    await append(one, [monday]);
    await append(one, [monday, tuesday]);
    await append(one, []);
    const events = await Promise.all([advanceSpeed(one, run), advanceSpeed(other, run), advanceSpeed(open(), run)]);
    assert.equal(
      events.reduce((a, b) => a + b),
      3,
    );
    const made = [
      [monday, 0, 1],
      [monday, 1, 1],
      [tuesday, 1, 1],
    ];
    assert.deepEqual(await increments(other), made);
    assert.equal(await advanceSpeed(other, run), 0);
    assert.deepEqual(await increments(one), made);
    assert.deepEqual(await served(one), [
      [monday, 2, 1],
      [tuesday, 1, 1],
    ]);
  });

  it('are not made of what the batch layer has consumed, day by day', async () => {
    const context = processes()();
    await append(context, [monday, tuesday]);
    await append(context, [monday]);
    await build(context, monday, 1, 0);
    await advanceSpeed(context, run);
    assert.deepEqual(await increments(context), [
      [monday, 1, 1],
      [tuesday, 0, 1],
    ]);
    assert.deepEqual(await served(context), [
      [monday, 2, 1],
      [tuesday, 1, 0],
    ]);
  });

  it('wait for the batch layer where it does not say what its rows are made of', async () => {
    const context = processes()();
    await append(context, [monday]);
    await build(context, monday, 1, null);
    await assert.rejects(
      advanceSpeed(context, run),
      /does not say which version of bronze.usage_events its rows of 2025-07-07 are made from; run the batch layer first/,
    );
    await build(context, monday, 1, 0);
    await append(context, [monday]);
    await advanceSpeed(context, run);
    assert.deepEqual(await served(context), [[monday, 2, 1]]);
  });

  it('wait for the batch layer where rows are gone from Bronze, of the days they are gone from', async () => {
    const context = processes()();
    await append(context, [monday]);
    await build(context, monday, 1, 0);
    await append(context, [tuesday]);
    await advanceSpeed(context, run);
    const gone = await append(context, [tuesday, tuesday], ofDay(tuesday));
    await assert.rejects(advanceSpeed(context, run), /version 2 of bronze.usage_events takes rows out/);
    // Monday has seen no change, and is not built again.
    await build(context, tuesday, 2, gone);
    await append(context, [monday]);
    await advanceSpeed(context, run);
    assert.deepEqual(await served(context), [
      [monday, 2, 3],
      [tuesday, 2, 2],
    ]);
  });

  for (const write of ['file', 'commit']) {
    it(`that the batch layer consumes before their ${write} is written are counted once, and taken out later`, async () => {
      const open = processes();
      const batch = open();
      let isOvertaken = false;
      const stream = open(async (path) => {
        if (!path.includes('_speed/') || path.includes('_delta_log') !== (write === 'commit') || isOvertaken) return;
        isOvertaken = true;
        await build(batch, monday, 2, 1);
        assert.equal(await dropConsumed(batch), 1);
      });
      await append(batch, [monday]);
      await advanceSpeed(batch, run);
      await append(batch, [monday, tuesday]);
      assert.equal(await advanceSpeed(stream, run), 2);
      assert.ok(isOvertaken);
      assert.deepEqual(await increments(batch), [
        [monday, 1, 1],
        [tuesday, 1, 1],
      ]);
      const expected = [
        [monday, 2, 1],
        [tuesday, 1, 1],
      ];
      assert.deepEqual(await served(stream), expected);
      assert.deepEqual([await dropConsumed(stream), await dropConsumed(batch)], [1, 0]);
      assert.deepEqual(await increments(stream), [[tuesday, 1, 1]]);
      assert.deepEqual(await served(stream), expected);
    });
  }

  it('of a day of which the batch layer has no row are served alone', async () => {
    const context = processes()();
    await append(context, [monday]);
    // All that it has consumed of Monday was refused by Silver, say.
    await build(context, monday, 0, 0);
    await append(context, [monday]);
    await advanceSpeed(context, run);
    assert.deepEqual(await served(context), [[monday, 1, 1]]);
  });

  it('are taken out once by processes that do it at the same time', async () => {
    const open = processes();
    const context = open();
    for (let i = 0; i < 3; i++) {
      await append(context, [monday, tuesday]);
      await advanceSpeed(context, run);
    }
    await build(context, monday, 3, 2);
    const dropped = await Promise.all([dropConsumed(open()), dropConsumed(open()), dropConsumed(context)]);
    assert.equal(
      dropped.reduce((a, b) => a + b),
      3,
    );
    assert.equal((await increments(context)).length, 3);
  });
});
