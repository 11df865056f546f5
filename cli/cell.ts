/** Values of columns as the commands show them: exact, and readable by people and programs. */
import { isUtf8 } from 'node:buffer';
import type { Column, ColumnType } from '../engine/columnar/column.ts';
import { valueAt } from '../engine/columnar/column-of.ts';
import { formatDecimal } from '../engine/columnar/decimal.ts';
import type { Cell, ResultColumn } from './result.ts';

const dayMs = 86_400_000;

/** Days since 1970-01-01 as `YYYY-MM-DD`. */
export function dayText(days: number): string {
  return new Date(days * dayMs).toISOString().slice(0, 10);
}

/** Microseconds since 1970 as `2025-07-03T10:11:12Z`, with six digits after the second when there is a fraction. */
export function instantText(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const whole = new Date(Number((micros - fraction) / 1000n)).toISOString().replace('.000Z', '');
  return fraction === 0n ? `${whole}Z` : `${whole}.${String(fraction).padStart(6, '0')}Z`;
}

/** Milliseconds since 1970 as `2025-07-03T10:11:12.345Z`. */
export function millisText(ms: number): string {
  return new Date(ms).toISOString();
}

/** Bytes as their text where they are UTF-8, else `0x` and hexadecimal digits. */
export function bytesText(bytes: Uint8Array): string {
  return isUtf8(bytes) ? Buffer.from(bytes).toString() : `0x${Buffer.from(bytes).toString('hex')}`;
}

/** A row of a column; bytes as in `bytesText`. */
export function cellAt(column: Column, row: number): Cell {
  const value = valueAt(column, row);
  if (value === null) return null;
  switch (column.kind) {
    case 'date':
      return dayText(value as number);
    case 'timestamp':
      return instantText(value as bigint);
    case 'decimal':
      return formatDecimal(value as bigint, column.scale);
    case 'binary':
      return bytesText(value as Uint8Array);
    default:
      return value as Cell;
  }
}

/** How a column of the type is shown in text tables. */
export function kindOf({ kind }: ColumnType): ResultColumn['kind'] {
  if (kind === 'date' || kind === 'timestamp') return 'time';
  return kind === 'int32' || kind === 'int64' || kind === 'float64' || kind === 'decimal' ? 'number' : 'text';
}
