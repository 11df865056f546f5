import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Tombstone } from '../../engine/delta/actions.ts';
import { writeCheckpoint } from '../../engine/delta/checkpoint.ts';
import { actionsIn } from '../../engine/delta/checkpoint-rows.ts';
import { DeltaLog } from '../../engine/delta/log.ts';
import type { TableState } from '../../engine/delta/snapshot.ts';
import { DeltaTable } from '../../engine/delta/table.ts';
import { Tombstones } from '../../engine/delta/tombstones.ts';
import type { AddFile } from '../../engine/delta/types.ts';
import { decodeTable } from '../../engine/parquet/codec.ts';
import { file, metadata, request, temporaryStore } from './fixtures.ts';

const hour = 3_600_000;
const week = 168 * hour;

test('any removals: the last one of each path, without those that expired or whose files are back', () => {
  const steps = fc.array(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 5 }), { maxLength: 60 });
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 60 }),
      fc.uniqueArray(fc.integer({ max: 30 })),
      (removals, pace, back) => {
        let tombstones = Tombstones.none;
        const plain = new Map<string, Tombstone>();
        const handedOut: (readonly [Tombstones, number, readonly Tombstone[]])[] = [];
        const present = new Set(back.map(String));
        let nowMs = 0;
        for (const paths of removals) {
          nowMs += pace * hour;
          const removes = paths.map((path) => tombstone(String(path), nowMs));
          for (const remove of removes) {
            plain.delete(remove.path);
            plain.set(remove.path, remove);
          }
          tombstones = tombstones.with(removes, nowMs);
          const expected = [...plain.values()].filter((t) => t.deletedMs >= nowMs - week && !present.has(t.path));
          assert.deepEqual(tombstones.list(nowMs, present), expected);
          assert.ok(tombstones.atMost >= expected.length);
          handedOut.push([tombstones, nowMs, tombstones.list(nowMs, new Set())]);
        }
        // What was handed out has not changed, whatever came after.
        for (const [before, atMs, list] of handedOut) assert.deepEqual(before.list(atMs, new Set()), list);
      },
    ),
  );
});

test('those read from a checkpoint are not read before they are needed', () => {
  let reads = 0;
  const old = Array.from({ length: 100 }, (_, i) => tombstone(`old${i}`, 0));
  let tombstones = Tombstones.unread(old.length, () => {
    reads++;
    return old;
  });
  for (let i = 0; i < 20; i++) tombstones = tombstones.with([tombstone(`new${i}`, i)], i);
  assert.deepEqual([tombstones.atMost, reads], [120, 0]);
  assert.equal(tombstones.list(20, new Set(['old3'])).length, 119);
  assert.equal(tombstones.list(20, new Set()).length, 120);
  assert.equal(reads, 1);
});

test('memory holds no more than twice those of a week, however long a table lives', () => {
  let tombstones = Tombstones.none;
  for (let i = 0; i < 20_000; i++) tombstones = tombstones.with([tombstone(`f${i}`, i * hour)], i * hour);
  assert.ok(tombstones.atMost <= 2 * 168, String(tombstones.atMost));
});

test('a checkpoint remembers the files that left, but not those that left within the hour they came', async () => {
  const store = await temporaryStore();
  let nowMs = 1_700_000_000_000;
  const clock = () => nowMs;
  const table = new DeltaTable(store, 't', { clock });
  const young = (path: string): AddFile => ({ ...file(path), modificationTime: nowMs });
  const removed = async (writer: DeltaTable) => {
    const log = new DeltaLog(store, 't');
    const state = (await writer.latest()) as TableState;
    await writeCheckpoint(store, log, state);
    const rows = await decodeTable(await store.blob(log.checkpointPath(state.version)));
    return actionsIn(rows, 'remove').map((remove) => remove.path);
  };
  const old = young('old');
  let base = (await table.commit(request({ metadata, adds: [old] }))).snapshot;
  nowMs += 2 * hour;
  const short = [young('short0'), young('short1')];
  base = (await table.commit(request({ base, adds: short }))).snapshot;
  nowMs += hour / 2;
  base = (await table.commit(request({ base, removes: [old, ...short], adds: [young('both')] }))).snapshot;
  assert.deepEqual(await removed(table), ['old']);
  // Opened from the checkpoint, it is carried on; brought back, it is forgotten.
  const other = new DeltaTable(store, 't', { clock });
  base = (await other.commit(request({ base, adds: [young('more')] }))).snapshot;
  assert.deepEqual(await removed(other), ['old']);
  await other.commit(request({ base, adds: [old] }));
  assert.deepEqual(await removed(other), []);
});

function tombstone(path: string, deletedMs: number): Tombstone {
  return { path, deletedMs, partitionValues: {}, dataChange: true, size: 1 };
}
