/** Values as the lake and as Cassandra give them, in one form in which equal values are equal. */
import cassandra from 'cassandra-driver';
import { dayText } from '../engine/columnar/cell.ts';
import type { Column, DecimalColumn } from '../engine/columnar/column.ts';
import { isValid } from '../engine/columnar/column.ts';
import { valueAt } from '../engine/columnar/column-of.ts';
import { formatDecimal } from '../engine/columnar/decimal.ts';

/** Dates are `YYYY-MM-DD`, decimals plain text with all the digits of their scale, 64-bit integers bigint. */
export type CellValue = string | number | bigint | boolean | null;

/** Reads the values of a column by row. */
export function readerOf(column: Column): (row: number) => CellValue {
  if (column.kind === 'date') {
    const texts = new Map<number, string>();
    return (row) => {
      if (!isValid(column, row)) return null;
      const days = column.values[row]!;
      let text = texts.get(days);
      if (text === undefined) {
        text = dayText(days);
        texts.set(days, text);
      }
      return text;
    };
  }
  if (column.kind === 'decimal') return (row) => decimalAt(column, row);
  return (row) => plain(valueAt(column, row));
}

function decimalAt(column: DecimalColumn, row: number): string | null {
  const value = valueAt(column, row);
  return typeof value === 'bigint' ? formatDecimal(value, column.scale) : null;
}

/** A value as the driver decodes it. */
export function fromCassandra(value: unknown): CellValue {
  if (value === null || value === undefined) return null;
  if (value instanceof cassandra.types.BigDecimal) return decimalText(value);
  if (value instanceof cassandra.types.LocalDate) return value.toString();
  return plain(value);
}

/** As the driver's `toString`, which divides digit by digit and takes twenty times as long. */
function decimalText(value: cassandra.types.BigDecimal): string {
  return decimalTextOf(cassandra.types.BigDecimal.toBuffer(value));
}

/** A decimal as its cell has it: the scale, then the unscaled number in two's complement, both big-endian. */
export function decimalTextOf(cell: Buffer): string {
  const size = cell.length - 4;
  const unscaled =
    size <= 6 ? BigInt(cell.readIntBE(4, size)) : BigInt.asIntN(8 * size, BigInt(`0x${cell.toString('hex', 4)}`));
  return formatDecimal(unscaled, cell.readInt32BE(0));
}

function plain(value: unknown): CellValue {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return value;
    default:
      if (value === null) return null;
      throw new Error(`a served mart has no values such as ${String(value)}`);
  }
}
