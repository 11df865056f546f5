import assert from 'node:assert/strict';
import { test } from 'node:test';
import cassandra from 'cassandra-driver';
import fc from 'fast-check';
import type { ColumnType } from '../../engine/columnar/column.ts';
import { type ColumnValue, columnOfValues } from '../../engine/columnar/column-of.ts';
import { formatDecimal } from '../../engine/columnar/decimal.ts';
import { fromCassandra, readerOf } from '../../serving/cell-value.ts';
import { cellsOf } from '../../serving/cells.ts';

const { types } = cassandra;

/** A cell as the driver reads it. */
const decoders: Readonly<Record<string, (cell: Buffer) => unknown>> = {
  decimal: (cell) => types.BigDecimal.fromBuffer(cell),
  date: (cell) => types.LocalDate.fromBuffer(cell),
  int64: (cell) => cell.readBigInt64BE(),
  int32: (cell) => cell.readInt32BE(),
  float64: (cell) => cell.readDoubleBE(),
  bool: (cell) => cell[0] === 1,
  utf8: (cell) => cell.toString(),
  dictionary: (cell) => cell.toString(),
};

const arbitraries: readonly (readonly [ColumnType, fc.Arbitrary<ColumnValue>])[] = [
  [{ kind: 'utf8' }, fc.string({ unit: 'grapheme' })],
  [{ kind: 'dictionary' }, fc.string({ maxLength: 2 })],
  [{ kind: 'bool' }, fc.boolean()],
  [{ kind: 'int32' }, fc.integer()],
  [{ kind: 'int64' }, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [{ kind: 'float64' }, fc.double()],
  [{ kind: 'date' }, fc.integer({ min: -700_000, max: 2_900_000 })],
];

for (const [type, values] of arbitraries) {
  test(`cells of ${type.kind} are what the driver reads, and compare as the lake's values`, () => {
    fc.assert(fc.property(fc.array(fc.option(values)), (column) => roundTrips(type, column)));
  });
}

test('cells of decimals hold every value up to 38 digits in the fewest bytes', () => {
  const edges = [0n, -1n, 127n, 128n, -128n, -129n];
  for (let bits = 8n; bits < 126n; bits += 1n) {
    for (const near of [-1n, 0n, 1n]) edges.push(2n ** bits + near, -(2n ** bits) + near);
  }
  const type: ColumnType = { kind: 'decimal', precision: 38, scale: 9 };
  roundTrips(type, edges);
  const cell = cellsOf(columnOfValues(type, edges));
  for (const [row, value] of edges.entries()) {
    let bytes = 1;
    while (value >= 1n << BigInt(8 * bytes - 1) || value < -(1n << BigInt(8 * bytes - 1))) bytes++;
    assert.equal(cell(row)?.length, 4 + bytes, String(value));
    assert.equal(readerOf(columnOfValues(type, [value]))(0), formatDecimal(value, 9));
  }
});

function roundTrips(type: ColumnType, values: readonly ColumnValue[]): void {
  const column = columnOfValues(type, values);
  const [cell, read] = [cellsOf(column), readerOf(column)];
  for (let row = 0; row < values.length; row++) {
    const bytes = cell(row);
    const decoded = bytes === null ? null : fromCassandra(decoders[type.kind]?.(Buffer.from(bytes)));
    assert.ok(Object.is(decoded, read(row)), `${String(values[row])}: ${String(decoded)} and ${String(read(row))}`);
  }
}

test('timestamps are refused: Cassandra would lose their microseconds', () => {
  assert.throws(() => cellsOf(columnOfValues({ kind: 'timestamp' }, [1n])), /microseconds would be lost/);
});
