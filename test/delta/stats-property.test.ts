import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Column, ColumnType } from '../../engine/columnar/column.ts';
import { type ColumnValue, columnOfValues } from '../../engine/columnar/column-of.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import {
  boolExtremes,
  bytesExtremes,
  decimalExtremes,
  dictionaryExtremes,
  type Extremes,
  float64Extremes,
  int32Extremes,
  int64Extremes,
} from '../../engine/delta/extremes.ts';

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const decimal38 = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n });
const text = fc.oneof(fc.string({ maxLength: 4 }), fc.string({ unit: 'binary', maxLength: 4 }));
const cases: readonly { readonly type: ColumnType; readonly values: fc.Arbitrary<ColumnValue> }[] = [
  { type: { kind: 'bool' }, values: fc.boolean() },
  { type: { kind: 'int32' }, values: fc.integer() },
  { type: { kind: 'float64' }, values: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { type: { kind: 'int64' }, values: fc.oneof(int64, fc.bigInt({ min: -3n, max: 3n })) },
  { type: { kind: 'decimal', precision: 38, scale: 2 }, values: fc.oneof(decimal38, fc.bigInt({ min: -3n, max: 3n })) },
  { type: { kind: 'utf8' }, values: text },
  { type: { kind: 'dictionary' }, values: text },
];

for (const { type, values } of cases) {
  test(`the extremes of ${type.kind} are those of a plain comparison`, () => {
    fc.assert(
      fc.property(fc.array(fc.option(values), { maxLength: 40 }), (rows) => {
        const column = columnOfValues(type, rows);
        const present = rows.filter((v) => v !== null).sort(compare);
        const found = extremesOf(column);
        if (present.length === 0) assert.equal(found, null);
        else {
          const valueAtSlot = (i: number) => (column.kind === 'dictionary' ? column.values[i]! : rows[i]!);
          assert.equal(compare(valueAtSlot(found![0]), present[0]!), 0);
          assert.equal(compare(valueAtSlot(found![1]), present.at(-1)!), 0);
        }
        // The same column behind an offset, as slices and gathered rows have it.
        const order = Int32Array.from(rows, (_, i) => rows.length - 1 - i);
        assert.equal(extremesOf(takeColumn(column, order)) === null, found === null);
      }),
    );
  });
}

function extremesOf(column: Column): Extremes | null {
  switch (column.kind) {
    case 'bool':
      return boolExtremes(column);
    case 'int32':
    case 'date':
      return int32Extremes(column);
    case 'float64':
      return float64Extremes(column);
    case 'int64':
    case 'timestamp':
      return int64Extremes(column);
    case 'decimal':
      return decimalExtremes(column);
    case 'dictionary':
      return dictionaryExtremes(column);
    default:
      return bytesExtremes(column);
  }
}

function compare(a: ColumnValue, b: ColumnValue): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  return a! < b! ? -1 : a! > b! ? 1 : 0;
}
