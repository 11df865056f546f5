import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ColumnType } from '../../engine/columnar/column.ts';
import type { ColumnValue } from '../../engine/columnar/column-of.ts';
import { type CompactOptions, compact, smallFiles } from '../../engine/delta/compact.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { filesOf } from '../../engine/delta/partitions.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { DeltaTable } from '../../engine/delta/table.ts';
import type { Snapshot } from '../../engine/delta/types.ts';
import { everyTypeRows, everyTypeTable, rowsOf } from './every-type.ts';
import { file, metadata, request, temporaryStore } from './fixtures.ts';

const byDate: ColumnType = { kind: 'date' };
const options: CompactOptions = { minFiles: 2, targetBytes: 1 << 20, nowMs: 5 };

test('small files of a partition become one; rows, and what they mean to others, stay', async () => {
  const table = await newTable();
  for (let n = 0; n < 3; n++) await append(table, 3 * n, [1, 2, null]);
  await append(table, 9, [3]);
  const before = await rowsAt(table);
  const done = await compact(table, options);
  assert.deepEqual(done, { version: 5, filesRemoved: 9, filesAdded: 3, skipped: 0 });
  assert.deepEqual(await rowsAt(table), before);
  const snapshot = (await table.latest())!;
  assert.equal(snapshot.files.length, 4);
  const commit = (await table.history(1))[0]!;
  assert.equal(commit.operation, 'OPTIMIZE');
  assert.ok([...commit.adds, ...commit.removes].every((f) => !f.dataChange));
  assert.deepEqual(await compact(table, options), { version: null, filesRemoved: 0, filesAdded: 0, skipped: 0 });
});

test('only the partition asked for; a table that does not exist has nothing to do', async () => {
  const table = await newTable();
  for (let n = 0; n < 2; n++) await append(table, 2 * n, [1, null]);
  const done = await compact(table, { ...options, partition: { part: null } });
  assert.equal(done.filesRemoved, 2);
  const { files } = (await table.latest())!;
  assert.deepEqual(files.map((f) => f.partitionValues.part).sort(), ['1970-01-02', '1970-01-02', null]);
  const none = await compact(new DeltaTable(await temporaryStore(), 'none'), options);
  assert.equal(none.version, null);
});

test('a writer that replaces a partition meanwhile wins; the other partitions are compacted all the same', async () => {
  const table = await newTable();
  for (let n = 0; n < 2; n++) await append(table, 2 * n, [1, 2]);
  const racing = new DeltaTable(await storeWithInterruption(table, () => overwrite(table, '1970-01-02')), table.path);
  const done = await compact(racing, options);
  assert.deepEqual(done, { version: 4, filesRemoved: 2, filesAdded: 1, skipped: 1 });
  assert.deepEqual(
    (await rowsAt(table)).map(({ row, part }) => [row, part]),
    [
      [1n, 2],
      [3n, 2],
      [100n, 1],
    ],
  );
});

test('an append meanwhile disturbs nothing; a race lost altogether is reported, not thrown', async () => {
  const table = await newTable();
  for (let n = 0; n < 2; n++) await append(table, n, [1]);
  const appending = new DeltaTable(await storeWithInterruption(table, () => append(table, 2, [1])), table.path);
  assert.deepEqual(await compact(appending, options), { version: 4, filesRemoved: 2, filesAdded: 1, skipped: 0 });
  assert.deepEqual(
    (await rowsAt(table)).map(({ row }) => row),
    [0n, 1n, 2n],
  );
  const losing = new DeltaTable(await storeWithInterruption(table, () => overwrite(table, '1970-01-02')), table.path);
  assert.deepEqual(await compact(losing, options), { version: null, filesRemoved: 0, filesAdded: 0, skipped: 1 });
});

test('groups hold neighbours of one partition, up to the target; large files and lone ones are left', () => {
  const sizes = [400, 400, 1000, 400, 400, 100, 50];
  const files = [
    ...sizes.map((size, i) => ({ ...file(`a${i}`, '2025-07-01'), size })),
    { ...file('b0', '2025-07-02'), size: 1 },
    { ...file('c0', '2025-07-03', 900_000), size: 1 },
    { ...file('c1', '2025-07-03', 900_000), size: 1 },
    { ...file('d0', '2025-07-04', Number.NaN), size: 1 },
    { ...file('d1', '2025-07-04', Number.NaN), size: 1 },
  ];
  const snapshot: Snapshot = { version: 0, timestampMs: 0, metadata, files, txns: new Map() };
  const groups = (change: Partial<CompactOptions>) =>
    smallFiles(snapshot, { minFiles: 2, targetBytes: 1000, ...change }).map((group) => group.map((f) => f.path));
  assert.deepEqual(groups({}), [
    ['a0', 'a1'],
    ['a3', 'a4', 'a5', 'a6'],
    ['d0', 'd1'],
  ]);
  assert.deepEqual(groups({ minFiles: 3 }), [['a3', 'a4', 'a5', 'a6']]);
  assert.deepEqual(groups({ minFiles: 0, partition: { day: '2025-07-02' } }), []);
});

async function newTable(): Promise<DeltaTable> {
  const table = new DeltaTable(await temporaryStore(), 't');
  await table.commit(request({ metadata: everyTypeTable(byDate) }));
  return table;
}

async function append(table: DeltaTable, first: number, parts: readonly ColumnValue[]): Promise<void> {
  const base = (await table.latest())!;
  const rows = everyTypeRows(byDate, first, parts);
  const adds = await writeDataFiles(table.store, table.path, base.metadata, rows, { nowMs: 0 });
  await table.commit(request({ base, adds }));
}

async function overwrite(table: DeltaTable, part: string): Promise<void> {
  const base = (await table.latest())!;
  const rows = everyTypeRows(byDate, 100, [1]);
  const adds = await writeDataFiles(table.store, table.path, base.metadata, rows, { nowMs: 0 });
  await table.commit(request({ base, adds, removes: filesOf(base, (values) => values.part === part) }));
}

async function rowsAt(table: DeltaTable): Promise<Record<string, ColumnValue>[]> {
  const { metadata, files } = (await table.latest())!;
  const rows = rowsOf(await readFiles(table.store, table.path, metadata, files));
  return rows.sort((a, b) => Number(a.row) - Number(b.row));
}

/** The table's store, except that somebody does `work` when the first data file is about to be written. */
async function storeWithInterruption(table: DeltaTable, work: () => Promise<void>) {
  let done = false;
  return {
    ...table.store,
    put: async (path: string, bytes: Uint8Array): Promise<void> => {
      if (!done) {
        done = true;
        await work();
      }
      return table.store.put(path, bytes);
    },
  };
}
