/** Rows of a mart from plain values. */
import type { Table } from 'apache-arrow';
import { type ColumnValue, columnOfValues } from '../../engine/columnar/column-of.ts';
import { parseDecimal } from '../../engine/columnar/decimal.ts';
import { tableOf } from '../../engine/columnar/table.ts';
import type { Field, TableContract } from '../../schemas/contract.ts';

export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** Days since 1970-01-01 of `YYYY-MM-DD`. */
export function day(text: string): number {
  return Date.parse(text) / 86_400_000;
}

/** Rows of a contract: dates and decimals as text; what a row leaves out is null, or 0, false or empty where null is not allowed. */
export function rowsOf(contract: TableContract, rows: readonly Row[]): Table {
  const columns = contract.fields.map((field) => {
    const values = rows.map((row) => cellOf(field, row[field.name] ?? null));
    return [field.name, columnOfValues(field.type, values)] as const;
  });
  return tableOf(Object.fromEntries(columns), contract.fields);
}

function cellOf({ type, nullable, name }: Field, value: string | number | boolean | null): ColumnValue {
  if (value === null) {
    if (nullable) return null;
    return type.kind === 'decimal'
      ? 0n
      : type.kind === 'bool'
        ? false
        : ['utf8', 'dictionary'].includes(type.kind)
          ? ''
          : 0;
  }
  if (type.kind === 'date') return day(String(value));
  if (type.kind === 'decimal') {
    const unscaled = parseDecimal(String(value), type.precision, type.scale);
    if (unscaled === null) throw new Error(`${name}: ${value} does not fit`);
    return unscaled;
  }
  return value;
}
