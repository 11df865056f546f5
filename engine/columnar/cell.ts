/** Values of columns as they are shown: exact, and readable by people and programs. */
import { isUtf8 } from 'node:buffer';
import type { Column, ColumnType } from './column.ts';
import { valueAt } from './column-of.ts';
import { formatDecimal } from './decimal-text.ts';

/** Decimals are text with every digit of their scale, dates `YYYY-MM-DD`, timestamps ISO 8601. */
export type Cell = string | number | bigint | boolean | null;

/** How cells are shown: `number` and `count` to the right, a `count` with thousands separators; all but `text` are never cut short. */
export type CellKind = 'text' | 'time' | 'number' | 'count';

const dayMs = 86_400_000;

/** Days since 1970-01-01 as `YYYY-MM-DD`. */
export function dayText(days: number): string {
  return new Date(days * dayMs).toISOString().slice(0, 10);
}

/** The days since 1970-01-01 of a `YYYY-MM-DD`; NaN for any other text. */
export function dayNumber(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / dayMs;
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

/** The cell as JSON has it: integers that a double cannot hold, and doubles that are no number, are text. */
export function jsonCell(cell: Cell): string | number | boolean | null {
  if (typeof cell === 'bigint') return Number.isSafeInteger(Number(cell)) ? Number(cell) : String(cell);
  return typeof cell === 'number' && !Number.isFinite(cell) ? String(cell) : cell;
}

/** How a column of the type is shown. */
export function kindOf({ kind }: ColumnType): CellKind {
  if (kind === 'date' || kind === 'timestamp') return 'time';
  return kind === 'int32' || kind === 'int64' || kind === 'float64' || kind === 'decimal' ? 'number' : 'text';
}
