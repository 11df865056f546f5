import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Int16, Table, TimestampMillisecond, Uint32, Utf8, vectorFromArray } from 'apache-arrow';
import type { Column } from '../../engine/columnar/column.ts';
import {
  binaryColumn,
  boolColumn,
  dateColumn,
  decimalColumn,
  dictionaryColumn,
  float64Column,
  int32Column,
  int64Column,
  nullColumn,
  timestampColumn,
  utf8Column,
  valuesOf,
} from '../../engine/columnar/column-of.ts';
import { columnsOf, specsOf, tableOf, typeOf } from '../../engine/columnar/table.ts';
import type { DecodedRows } from '../../engine/parquet/c-data.ts';
import { decodeParquet, encodeParquet, encodeTable } from '../../engine/parquet/codec.ts';

const every = {
  utf8: utf8Column(['a', '', null, 'grün \u{1f680}', 'a']),
  dictionary: dictionaryColumn(['x', null, 'y', '', 'x']),
  binary: binaryColumn([new Uint8Array([0, 255]), null, new Uint8Array(0), new Uint8Array([1]), new Uint8Array([2])]),
  bool: boolColumn([true, false, null, true, false]),
  int32: int32Column([-(2 ** 31), 2 ** 31 - 1, null, 0, -1]),
  int64: int64Column([-(2n ** 63n), 2n ** 63n - 1n, null, 0n, -1n]),
  float64: float64Column([Number.NaN, Number.NEGATIVE_INFINITY, null, -0, 5e-324]),
  date: dateColumn([-719_162, 2_932_896, null, 0, 20_270]),
  timestamp: timestampColumn([-1n, 253_402_300_799_999_999n, null, 0n, 1_751_328_000_000_001n]),
  decimal9: decimalColumn([-999_999_999n, 999_999_999n, null, 0n, 1n], 9, 2),
  decimal18: decimalColumn([-(10n ** 18n) + 1n, 10n ** 18n - 1n, null, 0n, -1n], 18, 6),
  decimal38: decimalColumn([-(10n ** 38n) + 1n, 10n ** 38n - 1n, null, 0n, -1n], 38, 12),
};

test('every type comes back with its values, nulls and type', async () => {
  const bytes = encoded(every);
  for (const back of [await decodeParquet(new Blob([bytes])), await decodeParquet(bytes)]) {
    assert.deepEqual(Object.keys(back.columns), Object.keys(every));
    for (const [name, column] of Object.entries(every)) assertSame(back.columns[name]!, column, name);
  }
});

test('nulls only, and no rows at all', async () => {
  for (const length of [0, 1, 9]) {
    const columns = Object.fromEntries(
      Object.entries(every).map(([name, column]) => [name, nullColumn(typeOf(column), length)]),
    );
    const back = await roundTrip(columns);
    assert.equal(back.rows, length);
    for (const [name, column] of Object.entries(columns)) assertSame(back.columns[name]!, column, name);
  }
});

test('columns are read by name, in the order of the file, however odd the name; those not there are left out', async () => {
  const names = ['a.b', 'a', 'é ü;{}=,', '"', ''];
  const rows = 40_000;
  for (const length of [2, rows]) {
    const bytes = encoded(
      Object.fromEntries(names.map((name, i) => [name, utf8Column(Array.from({ length }, (_, row) => `${i}-${row}`))])),
    );
    for (const wanted of [['a'], ['a.b'], ['', 'é ü;{}=,'], ['"', 'nowhere'], [], names]) {
      for (const source of [new Blob([bytes]), bytes]) {
        const back = await decodeParquet(source, wanted);
        assert.deepEqual(
          Object.keys(back.columns),
          names.filter((name) => wanted.includes(name)),
        );
        if (wanted.length > 0) assert.equal(back.rows, length);
        for (const [name, column] of Object.entries(back.columns)) {
          assert.equal(valuesOf(column).at(-1), `${names.indexOf(name)}-${length - 1}`);
        }
      }
    }
  }
});

test('dictionaries that differ between batches and row groups keep their values', async () => {
  const parts = [
    ['a', 'b', 'a'],
    ['c', null, 'b'],
    ['d', 'a', 'e'],
  ].map((values) => tableOf({ x: dictionaryColumn(values) }));
  const table = parts[0]!.concat(parts[1]!, parts[2]!);
  for (const rowGroupRows of [2, 4, 100]) {
    const bytes = encoded(columnsOf(table), rowGroupRows);
    for (const source of [new Blob([bytes]), bytes]) {
      const back = await decodeParquet(source);
      assert.deepEqual(valuesOf(back.columns.x!), ['a', 'b', 'a', 'c', null, 'b', 'd', 'a', 'e']);
    }
  }
});

test('columns of widths and units that the lake does not write are read through Arrow, with those beside them', async () => {
  const bytes = encodeTable(
    new Table({
      small: vectorFromArray([1, null, -3], new Int16()),
      unsigned: vectorFromArray([2 ** 32 - 1, 0, null], new Uint32()),
      ms: vectorFromArray([new Date(-1), null, new Date(1000)], new TimestampMillisecond()),
      id: vectorFromArray(['a', 'é', null], new Utf8()),
    }),
  );
  const { rows, columns } = await decodeParquet(bytes);
  assert.equal(rows, 3);
  assert.deepEqual(
    Object.entries(columns).map(([name, column]) => [name, column.kind, valuesOf(column)]),
    [
      ['small', 'int32', [1, null, -3]],
      ['unsigned', 'int64', [2n ** 32n - 1n, 0n, null]],
      ['ms', 'timestamp', [-1000n, null, 1_000_000n]],
      ['id', 'utf8', ['a', 'é', null]],
    ],
  );
  assert.deepEqual(Object.keys((await decodeParquet(bytes, ['id', 'small'])).columns), ['small', 'id']);
});

test('two million rows, in one file', async () => {
  const length = 2_000_000;
  const back = await roundTrip({
    id: { kind: 'int64', length, validity: null, values: BigInt64Array.from({ length }, (_, i) => BigInt(i)) },
    code: {
      kind: 'dictionary',
      length,
      validity: null,
      codes: Int32Array.from({ length }, (_, i) => i % 200),
      values: Array.from({ length: 200 }, (_, i) => `code ${i}`),
    },
  });
  const { id, code } = back.columns;
  assert(id?.kind === 'int64' && code?.kind === 'dictionary');
  for (let i = 0; i < length; i += 997) {
    assert.equal(id.values[i], BigInt(i));
    assert.equal(code.values[code.codes[i]!], `code ${i % 200}`);
  }
});

test('works in a worker thread beside the main thread', async () => {
  const codec = new URL('../../engine/parquet/codec.js', import.meta.url).href;
  const bytes = encoded({ x: int32Column([1, 2, 3]) });
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     import(${JSON.stringify(codec)}).then(async ({ decodeParquet, encodeParquet }) => {
       const { columns } = await decodeParquet(new Blob([workerData]));
       const x = { name: 'x', type: { kind: 'int32' }, nullable: true };
       parentPort.postMessage(encodeParquet(columns, [x]));
     });`,
    { eval: true, workerData: bytes },
  );
  const answer = await new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
  assert.deepEqual(valuesOf((await decodeParquet(new Blob([answer]))).columns.x!), [1, 2, 3]);
});

test('damaged bytes are an error, and the next file still works', async () => {
  const bytes = encoded({ x: int32Column([1, 2, 3]) });
  await assert.rejects(decodeParquet(new Blob([bytes.slice(0, -20)])));
  await assert.rejects(decodeParquet(bytes.slice(0, -20)));
  await assert.rejects(decodeParquet(new Uint8Array(0)));
  await assert.rejects(decodeParquet(new Blob([])));
  assert.equal((await decodeParquet(new Blob([bytes.slice()]))).rows, 3);
});

function encoded(columns: Readonly<Record<string, Column>>, rowGroupRows?: number): Uint8Array<ArrayBuffer> {
  return encodeParquet(columns, specsOf(tableOf(columns)), rowGroupRows === undefined ? {} : { rowGroupRows }).slice();
}

async function roundTrip(columns: Readonly<Record<string, Column>>): Promise<DecodedRows> {
  return decodeParquet(new Blob([encoded(columns)]));
}

function assertSame(found: Column, expected: Column, name: string): void {
  assert.deepEqual(typeOf(found), typeOf(expected), name);
  assert.deepEqual(valuesOf(found), valuesOf(expected), name);
}
