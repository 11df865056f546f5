/** Cells read back as bytes say the same as the driver's own values. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import cassandra from 'cassandra-driver';
import fc from 'fast-check';
import type { ColumnType } from '../../engine/columnar/column.ts';
import { columnOfValues } from '../../engine/columnar/column-of.ts';
import { formatDecimal } from '../../engine/columnar/decimal.ts';
import { fromCassandra } from '../../serving/cell-value.ts';
import { comparedColumn } from '../../serving/read-back.ts';

const { BigDecimal, LocalDate } = cassandra.types;

const unscaled = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n });
const near = fc.oneof(unscaled, fc.bigInt({ min: -70_000n, max: 70_000n }));

/** As the driver writes it. */
function decimalCell(value: bigint, scale: number): Buffer {
  return BigDecimal.toBuffer(BigDecimal.fromString(formatDecimal(value, scale)));
}

/** Days with 1970-01-01 at 2^31. */
function dayCell(days: number): Buffer {
  const cell = Buffer.alloc(4);
  cell.writeUInt32BE(days + 2 ** 31);
  return cell;
}

test('a decimal matches the cell of the same number and of no other', () => {
  const type: ColumnType = { kind: 'decimal', precision: 38, scale: 6 };
  fc.assert(
    fc.property(fc.array(fc.option(near), { minLength: 1 }), fc.option(near), (values, other) => {
      const column = comparedColumn('amount', columnOfValues(type, values));
      for (const [row, value] of values.entries()) {
        const own = value === null ? null : decimalCell(value, 6);
        const cell = other === null ? null : decimalCell(other, 6);
        assert.ok(column.matches(row, own), String(value));
        assert.equal(column.matches(row, cell), value === other, `${value} and ${other}`);
        assert.equal(column.cassandra(cell), fromCassandra(cell === null ? null : BigDecimal.fromBuffer(cell)));
        if (value !== null) assert.ok(!column.matches(row, decimalCell(value, 7)), `${value} at another scale`);
      }
    }),
  );
});

test('a decimal matches a cell with more bytes than it needs', () => {
  const type: ColumnType = { kind: 'decimal', precision: 38, scale: 6 };
  for (const value of [0n, 1n, -1n, 127n, -128n, 2n ** 63n, -(2n ** 63n), 10n ** 38n - 1n]) {
    const column = comparedColumn('amount', columnOfValues(type, [value]));
    const cell = decimalCell(value, 6);
    const padding = Buffer.alloc(20, value < 0n ? 0xff : 0);
    const longer = Buffer.concat([cell.subarray(0, 4), padding, cell.subarray(4)]);
    assert.ok(column.matches(0, longer), String(value));
  }
});

test('a day matches the cell of the same day and of no other', () => {
  const day = fc.integer({ min: -700_000, max: 2_900_000 });
  fc.assert(
    fc.property(fc.option(day), fc.option(day), (value, other) => {
      const column = comparedColumn('day', columnOfValues({ kind: 'date' }, [value]));
      const [own, cell] = [value, other].map((d) => (d === null ? null : dayCell(d)));
      assert.ok(column.matches(0, own));
      assert.equal(column.matches(0, cell), value === other);
      assert.equal(column.cassandra(own), fromCassandra(own && LocalDate.fromBuffer(own)));
    }),
  );
});
