import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ColumnType } from '../../engine/columnar/column.ts';
import { type ColumnValue, columnOfValues } from '../../engine/columnar/column-of.ts';
import { specsOf, tableOf } from '../../engine/columnar/table.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { TableMetadata } from '../../engine/delta/types.ts';
import { ObjectNotFound } from '../../engine/storage/object-store.ts';
import { everyTypeRows, everyTypeTable, rowsOf } from './every-type.ts';
import { temporaryStore } from './fixtures.ts';

const partitionings: readonly { readonly type: ColumnType; readonly values: readonly ColumnValue[] }[] = [
  { type: { kind: 'dictionary' }, values: ['a/b', null, 'ü', 'a/b', 'ü', null, 'c', 'c'] },
  { type: { kind: 'utf8' }, values: ['1', null, '__HIVE_DEFAULT_PARTITION__', '1', ' ', ' ', '%', '%'] },
  { type: { kind: 'date' }, values: [20_270, null, -1, -1, 0, 20_270, 20_271, 20_271] },
  { type: { kind: 'int32' }, values: [1, null, -5, 1, 0, 0, 7, 7] },
];

for (const { type, values } of partitionings) {
  test(`every type comes back from partitions by ${type.kind}`, async () => {
    const store = await temporaryStore();
    const metadata = everyTypeTable(type);
    const table = everyTypeRows(type, 0, values);
    const files = await writeDataFiles(store, 't', metadata, table, { nowMs: 0, maxRowsPerFile: 1 });
    const back = await readFiles(store, 't', metadata, files);
    assert.deepEqual(specsOf(back), metadata.columns);
    assert.deepEqual(byRow(rowsOf(back)), rowsOf(table));
    const order = await readFiles(store, 't', metadata, [...files].reverse(), ['row']);
    assert.deepEqual(
      rowsOf(order).reverse(),
      rowsOf(back).map(({ row }) => ({ row })),
    );
  });
}

test('only the columns asked for, in that order; partition columns alone need no file', async () => {
  const store = await temporaryStore();
  const type: ColumnType = { kind: 'date' };
  const metadata = everyTypeTable(type);
  const files = await writeDataFiles(store, 't', metadata, everyTypeRows(type, 0, [1, 2, 1]), { nowMs: 0 });
  const some = await readFiles(store, 't', metadata, files, ['decimal18', 'part', 'row']);
  assert.deepEqual(some.schema.names, ['decimal18', 'part', 'row']);
  assert.deepEqual(
    rowsOf(some).map(({ row, part }) => [row, part]),
    [
      [0n, 1],
      [2n, 1],
      [1n, 2],
    ],
  );
  for (const { path } of files) await store.delete(`t/${path}`);
  assert.deepEqual(rowsOf(await readFiles(store, 't', metadata, files, ['part'])), [
    { part: 1 },
    { part: 1 },
    { part: 2 },
  ]);
  await assert.rejects(readFiles(store, 't', metadata, files, ['row']), ObjectNotFound);
  await assert.rejects(readFiles(store, 't', metadata, files, ['nope']), /every_type has no column nope/);
});

test('no files: no rows, and the schema all the same', async () => {
  const metadata = everyTypeTable({ kind: 'date' });
  const none = await readFiles(await temporaryStore(), 't', metadata, []);
  assert.equal(none.numRows, 0);
  assert.deepEqual(specsOf(none), metadata.columns);
});

test('columns added later are null in older files; text keeps the form the table gives it', async () => {
  const store = await temporaryStore();
  const old: TableMetadata = {
    name: 't',
    description: '',
    columns: [
      { name: 'id', type: { kind: 'int32' }, nullable: false },
      { name: 'kind', type: { kind: 'utf8' }, nullable: true },
    ],
    partitionColumns: [],
    configuration: {},
  };
  const next: TableMetadata = {
    ...old,
    columns: [
      { name: 'id', type: { kind: 'int32' }, nullable: false },
      { name: 'kind', type: { kind: 'dictionary' }, nullable: true },
      { name: 'carbon', type: { kind: 'decimal', precision: 18, scale: 9 }, nullable: true },
      { name: 'label', type: { kind: 'dictionary' }, nullable: true },
    ],
  };
  const rows = (metadata: TableMetadata, ...values: ColumnValue[][]) =>
    tableOf(
      Object.fromEntries(
        metadata.columns.map((c, i) => [
          c.name,
          columnOfValues(
            c.type,
            values.map((row) => row[i]!),
          ),
        ]),
      ),
      metadata.columns,
    );
  const files = [
    ...(await writeDataFiles(store, 't', old, rows(old, [1, 'a'], [2, null]), { nowMs: 0 })),
    ...(await writeDataFiles(store, 't', next, rows(next, [3, 'b', 5n, 'x']), { nowMs: 0 })),
  ];
  const back = await readFiles(store, 't', next, files);
  assert.deepEqual(specsOf(back), next.columns);
  assert.deepEqual(rowsOf(back), [
    { id: 1, kind: 'a', carbon: null, label: null },
    { id: 2, kind: null, carbon: null, label: null },
    { id: 3, kind: 'b', carbon: 5n, label: 'x' },
  ]);
  // Read as the older schema, with text that is not a dictionary.
  assert.deepEqual(
    rowsOf(await readFiles(store, 't', old, files)).map((r) => r.kind),
    ['a', null, 'b'],
  );
  const onlyNew = await readFiles(store, 't', next, files, ['carbon']);
  assert.deepEqual(
    rowsOf(onlyNew).map((r) => r.carbon),
    [null, null, 5n],
  );
  const wrong = {
    ...next,
    columns: next.columns.map((c) => (c.name === 'id' ? { ...c, type: { kind: 'int64' } as const } : c)),
  };
  await assert.rejects(readFiles(store, 't', wrong, files), /column id is int32, the table has int64/);
});

function byRow(rows: Record<string, ColumnValue>[]): Record<string, ColumnValue>[] {
  return rows.sort((a, b) => Number(a.row) - Number(b.row));
}
