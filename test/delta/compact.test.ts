import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from 'apache-arrow';
import type { ColumnType } from '../../engine/columnar/column.ts';
import type { ColumnValue } from '../../engine/columnar/column-of.ts';
import { LogicalHash } from '../../engine/columnar/hash.ts';
import { type CompactOptions, compact, smallFiles } from '../../engine/delta/compact.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { filesOf } from '../../engine/delta/partitions.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { DeltaTable } from '../../engine/delta/table.ts';
import type { AddFile, Snapshot, TableMetadata } from '../../engine/delta/types.ts';
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
  await append(table, 3, [1]);
  const losing = new DeltaTable(await storeWithInterruption(table, () => overwrite(table, '1970-01-02')), table.path);
  assert.deepEqual(await compact(losing, options), { version: null, filesRemoved: 0, filesAdded: 0, skipped: 1 });
});

test('groups hold files of one partition and one size, up to the target; large files and lone ones are left', () => {
  const sizes = [400, 400, 500, 400, 400, 100, 50];
  const files = [
    ...sizes.map((size, i) => ({ ...file(`a${i}`, '2025-07-01'), size })),
    { ...file('a7', '2025-07-01', 4), size: 1 },
    { ...file('a8', '2025-07-01', 7), size: 1 },
    { ...file('b0', '2025-07-02'), size: 1 },
    { ...file('c0', '2025-07-03', 500_000), size: 1 },
    { ...file('c1', '2025-07-03', 500_000), size: 1 },
    { ...file('d0', '2025-07-04', Number.NaN), size: 1 },
    { ...file('d1', '2025-07-04', Number.NaN), size: 1 },
    { ...file('e0', '2025-07-05', 400_000), size: 1 },
    { ...file('e1', '2025-07-05', 400_000), size: 1 },
    { ...file('e2', '2025-07-05', 400_000), size: 1 },
  ];
  const groups = (change: Partial<CompactOptions>) =>
    groupsIn(files, { minFiles: 2, targetBytes: 1000, ...change }).map((group) => group.map((f) => f.path));
  assert.deepEqual(groups({}), [
    ['a0', 'a1'],
    ['a3', 'a4', 'a5', 'a6'],
    ['a7', 'a8'],
    ['d0', 'd1'],
    ['e0', 'e1'],
  ]);
  // Two are enough where no third one fits in.
  assert.deepEqual(groups({ minFiles: 3 }), [
    ['a0', 'a1'],
    ['a3', 'a4', 'a5', 'a6', 'a7', 'a8'],
    ['e0', 'e1'],
  ]);
  assert.deepEqual(groups({ maxGroups: 2 }), groups({}).slice(0, 2));
  assert.deepEqual(groups({ maxGroups: 0 }), []);
  assert.deepEqual(groups({ minFiles: 0, partition: { day: '2025-07-02' } }), []);
});

test('however often a growing table is compacted, it has few files, and its rows are rewritten few times', () => {
  const minFiles = 8;
  const sizeOf = (rows: number): number => 4000 + 20 * rows;
  for (const targetBytes of [1 << 20, 1 << 30]) {
    for (const every of [1, 7, 50]) {
      let files: AddFile[] = [];
      let appended = 0;
      let rewritten = 0;
      let mostSmall = 0;
      for (let i = 0; i < 6000; i++) {
        const rows = 1 + ((i * 7919) % 200);
        files.push({ ...file(`${i}`, '2025-07-01', rows), size: sizeOf(rows) });
        appended += rows;
        if (i % every !== 0) continue;
        for (const group of groupsIn(files, { minFiles, targetBytes })) {
          const sum = rowsIn(group);
          files = files.filter((f) => !group.includes(f));
          files.push({ ...file(`of ${i}`, '2025-07-01', sum), size: sizeOf(sum) });
          rewritten += sum;
        }
        mostSmall = Math.max(mostSmall, files.filter((f) => f.size * 2 < targetBytes).length);
      }
      const tiers = Math.ceil(Math.log(appended) / Math.log(minFiles));
      const mostFull = (sizeOf(appended) * 2) / targetBytes;
      assert.equal(rowsIn(files), appended);
      assert.ok(mostSmall <= (minFiles - 1) * tiers, `${mostSmall} small files`);
      assert.ok(files.length <= mostSmall + mostFull + every, `${files.length} files`);
      assert.ok(rewritten <= appended * tiers, `${rewritten / appended} times`);
    }
  }
});

test('one group at a time, rewritten by somebody else, comes to the same', async () => {
  const table = await newTable();
  for (let n = 0; n < 6; n++) await append(table, 2 * n, [1, 2]);
  const before = await rowsAt(table);
  const rewrites: number[] = [];
  const rewrite: CompactOptions['rewrite'] = async ({ metadata }, files) => {
    rewrites.push(files.length);
    const rows = await readFiles(table.store, table.path, metadata, files);
    return writeDataFiles(table.store, table.path, metadata, rows, { nowMs: 5 });
  };
  for (let i = 0; i < 2; i++) {
    const done = await compact(table, { ...options, maxGroups: 1, rewrite });
    assert.deepEqual([done.filesRemoved, done.filesAdded], [6, 1]);
  }
  assert.deepEqual(rewrites, [6, 6]);
  assert.deepEqual(await rowsAt(table), before);
  assert.equal((await compact(table, { ...options, maxGroups: 1, rewrite })).version, null);
});

test('compaction beside a writer loses no row and changes nothing that the rows say', {
  timeout: 120_000,
}, async () => {
  const table = await newTable();
  const others = new DeltaTable(table.store, table.path);
  let isWriting = true;
  const commits = 500;
  const writing = (async () => {
    for (let n = 0; n < commits; n++) await append(table, 2 * n, [n % 3, null]);
    isWriting = false;
  })();
  let compactions = 0;
  while (isWriting) {
    // Two at once are in each other's way, and in nobody else's.
    const done = await Promise.all([table, others].map((t) => compact(t, { ...options, minFiles: 8, maxGroups: 3 })));
    compactions += done.filter(({ version }) => version !== null).length;
    await new Promise((next) => setTimeout(next, 1));
  }
  await writing;
  const { metadata, files } = (await others.latest())!;
  assert.ok(compactions > 10, `${compactions} compactions`);
  assert.ok(files.length < 4 * 8 * 4, `${files.length} files`);
  const whole = await readFiles(table.store, table.path, metadata, files);
  const numbers = rowsOf(whole).map(({ row }) => Number(row));
  assert.deepEqual(
    numbers.sort((a, b) => a - b),
    Array.from({ length: 2 * commits }, (_, i) => i),
  );
  const appended = Array.from({ length: commits }, (_, n) => everyTypeRows(byDate, 2 * n, [n % 3, null]));
  assert.equal(hashOf(metadata, [whole]), hashOf(metadata, appended));
});

function rowsIn(files: readonly AddFile[]): number {
  return files.reduce((sum, { stats }) => sum + stats.numRecords, 0);
}

function groupsIn(files: readonly AddFile[], change: Omit<CompactOptions, 'nowMs' | 'rewrite'>): AddFile[][] {
  const snapshot: Snapshot = { version: 0, timestampMs: 0, metadata, files, txns: new Map() };
  return smallFiles(snapshot, change);
}

function hashOf({ columns }: TableMetadata, tables: readonly Table[]): string {
  const hash = new LogicalHash(columns.map((c) => c.name));
  for (const table of tables) hash.add(table);
  return hash.digest();
}

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
