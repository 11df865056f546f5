import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ColumnType } from '../../engine/columnar/column.ts';
import {
  columnOfValues,
  dictionaryColumn,
  int32Column,
  utf8Column,
  valuesOf,
} from '../../engine/columnar/column-of.ts';
import { columnOf, tableOf } from '../../engine/columnar/table.ts';
import { partitionText, writeDataFiles } from '../../engine/delta/data-file.ts';
import type { TableMetadata } from '../../engine/delta/types.ts';
import { decodeParquet } from '../../engine/parquet/codec.ts';
import { everyTypeRows, everyTypeTable } from './every-type.ts';
import { temporaryStore } from './fixtures.ts';

const text: ColumnType = { kind: 'dictionary' };
const sales: TableMetadata = {
  name: 'sales',
  description: '',
  columns: [
    { name: 'id', type: { kind: 'int32' }, nullable: false },
    { name: 'region', type: text, nullable: true },
    { name: 'note', type: { kind: 'utf8' }, nullable: true },
  ],
  partitionColumns: ['region'],
  configuration: {},
};

function salesRows(regions: readonly (string | null)[]) {
  return tableOf({
    id: int32Column(regions.map((_, i) => i)),
    region: dictionaryColumn(regions),
    note: utf8Column(regions.map((r) => r)),
  });
}

test('a file for each partition, in order of appearance, rows in their order, without the partition column', async () => {
  const store = await temporaryStore();
  let names = 0;
  const fileName = () => `file${names++}`;
  const files = await writeDataFiles(store, 'sales', sales, salesRows(['eu', 'us', null, 'eu', 'us']), {
    fileName,
    nowMs: 1_700_000_000_000,
  });
  assert.deepEqual(
    files.map((f) => [f.path, f.partitionValues, f.stats.numRecords]),
    [
      ['region=eu/part-file0.parquet', { region: 'eu' }, 2],
      ['region=us/part-file1.parquet', { region: 'us' }, 2],
      ['region=__HIVE_DEFAULT_PARTITION__/part-file2.parquet', { region: null }, 1],
    ],
  );
  const first = await decodeParquet(await store.blob(`sales/${files[0]!.path}`));
  assert.deepEqual(Object.keys(first.columns), ['id', 'note']);
  assert.deepEqual(valuesOf(first.columns.id!), [0, 3]);
  assert.equal(files[0]!.size, (await store.head(`sales/${files[0]!.path}`))?.size);
  assert.equal(files[0]!.modificationTime, 1_700_000_000_000);
  assert.equal(files[0]!.dataChange, true);
});

test('many rows are spread over files of at most maxRowsPerFile', async () => {
  const rows = salesRows(Array.from({ length: 10 }, (_, i) => (i % 3 === 0 ? 'a' : 'b')));
  const files = await writeDataFiles(await temporaryStore(), 'sales', sales, rows, { nowMs: 0, maxRowsPerFile: 3 });
  assert.deepEqual(
    files.map((f) => [f.partitionValues.region, f.stats.numRecords, f.stats.minValues?.id]),
    [
      ['a', 3, 0],
      ['a', 1, 9],
      ['b', 3, 1],
      ['b', 3, 5],
    ],
  );
});

test('no rows, no files; no partition column, one file', async () => {
  const store = await temporaryStore();
  assert.deepEqual(await writeDataFiles(store, 'sales', sales, salesRows([]), { nowMs: 0 }), []);
  const files = await writeDataFiles(store, 'sales', { ...sales, partitionColumns: [] }, salesRows(['a', 'b']), {
    nowMs: 0,
  });
  assert.equal(files.length, 1);
  assert.match(files[0]!.path, /^part-[0-9a-f-]{36}\.parquet$/);
  assert.deepEqual(files[0]!.partitionValues, {});
});

test('folder names are escaped as Hive does, and long ones shortened', async () => {
  const store = await temporaryStore();
  const regions = ['a/b', 'a=b', '100%', 'é ü', '..', 'line\nend', 'ü'.repeat(300), 'ü'.repeat(301)];
  const files = await writeDataFiles(store, 'sales', sales, salesRows(regions), { nowMs: 0, fileName: () => '0' });
  const folders = files.map((f) => f.path.split('/')[0]!);
  assert.deepEqual(folders.slice(0, 6), [
    'region=a%2Fb',
    'region=a%3Db',
    'region=100%25',
    'region=é ü',
    'region=..',
    'region=line%0Aend',
  ]);
  assert.equal(new Set(folders).size, regions.length);
  assert.deepEqual(
    files.map((f) => f.partitionValues.region),
    regions,
  );
});

test('partition values of dates and numbers, several partition columns', async () => {
  const metadata: TableMetadata = {
    ...sales,
    columns: [
      ...sales.columns,
      { name: 'day', type: { kind: 'date' }, nullable: true },
      { name: 'count', type: { kind: 'int32' }, nullable: true },
    ],
    partitionColumns: ['day', 'count'],
  };
  const rows = tableOf({
    id: int32Column([1, 2, 3, 4]),
    region: dictionaryColumn(['a', 'a', 'a', 'a']),
    note: utf8Column([null, null, null, null]),
    day: columnOfValues({ kind: 'date' }, [20_270, 20_270, null, 20_270]),
    count: int32Column([-1, 2, null, -1]),
  });
  const files = await writeDataFiles(await temporaryStore(), 't', metadata, rows, { nowMs: 0 });
  assert.deepEqual(
    files.map((f) => [f.path.replace(/\/part-.*/, ''), f.partitionValues, f.stats.numRecords]),
    [
      ['day=2025-07-01/count=-1', { day: '2025-07-01', count: '-1' }, 2],
      ['day=2025-07-01/count=2', { day: '2025-07-01', count: '2' }, 1],
      ['day=__HIVE_DEFAULT_PARTITION__/count=__HIVE_DEFAULT_PARTITION__', { day: null, count: null }, 1],
    ],
  );
  assert.equal(partitionText(columnOf(rows, 'day'), 0), '2025-07-01');
  assert.equal(partitionText(columnOf(rows, 'count'), 2), null);
});

test('rows that do not fit the table are refused, with the reason', async () => {
  const store = await temporaryStore();
  const write = (metadata: TableMetadata, table = salesRows(['a', 'b'])) =>
    writeDataFiles(store, 'sales', metadata, table, { nowMs: 0 });
  const withNote = (type: ColumnType, nullable = true): TableMetadata => ({
    ...sales,
    columns: sales.columns.map((c) => (c.name === 'note' ? { ...c, type, nullable } : c)),
  });
  await assert.rejects(write(withNote({ kind: 'int64' })), /sales: column note is utf8, the table has int64/);
  await assert.rejects(
    write({ ...sales, columns: [...sales.columns, { name: 'more', type: text, nullable: true }] }),
    /column more is missing/,
  );
  await assert.rejects(write({ ...sales, columns: sales.columns.slice(0, 2) }), /it has no column note/);
  await assert.rejects(
    write(withNote({ kind: 'utf8' }, false), salesRows(['a', null, 'b'])),
    /column note may not be null and is in 1 of 3 rows/,
  );
  await assert.rejects(write(sales, salesRows(['a', ''])), /empty text in row 1/);
  await assert.rejects(
    write({ ...everyTypeTable({ kind: 'bool' }) }, everyTypeRows({ kind: 'bool' }, 0, [true])),
    /bool/,
  );
  // A dictionary and plain text are the same to a file.
  assert.equal((await write(withNote(text))).length, 2);
});
