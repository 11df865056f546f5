/** Hand-made tables for tests, and tables as plain rows: decimals, dates and times as text. */
import type { Table } from 'apache-arrow';
import type { ColumnSpec } from '../../engine/columnar/column.ts';
import { type ColumnValue, columnOfValues, valueAt } from '../../engine/columnar/column-of.ts';
import { formatDecimal, parseDecimal } from '../../engine/columnar/decimal.ts';
import { columnOf, specsOf, tableOf } from '../../engine/columnar/table.ts';

/** A cell: text for decimals (`'1.5'`), dates (`'2025-07-03'`) and times (`'2025-07-03T10:00:00Z'`). */
export type Cell = string | number | boolean | null;
export type Row = Readonly<Record<string, Cell>>;

const dayMs = 86_400_000;

/** A table of these fields; cells that a row lacks are null, or blank in required text. */
export function tableFrom(fields: readonly ColumnSpec[], rows: readonly Row[]): Table {
  const columns = Object.fromEntries(
    fields.map((f) => [
      f.name,
      columnOfValues(
        f.type,
        rows.map((row) => carried(f, row[f.name] ?? null)),
      ),
    ]),
  );
  return tableOf(columns, fields);
}

/** Every row of a table, or of some of its columns, with integers as numbers and decimals without zeros at the end. */
export function rowsOf(table: Table, names?: readonly string[]): Row[] {
  const specs = specsOf(table).filter((s) => names === undefined || names.includes(s.name));
  const columns = specs.map((s) => ({ ...s, column: columnOf(table, s.name) }));
  return Array.from({ length: table.numRows }, (_, i) =>
    Object.fromEntries(columns.map((c) => [c.name, cellOf(c, valueAt(c.column, i))])),
  );
}

export const dayOf = (text: string): number => Date.parse(text) / dayMs;
export const usOf = (text: string): number => Date.parse(text) * 1000;

function carried({ type }: ColumnSpec, cell: Cell): ColumnValue {
  if (cell === null) return null;
  if (type.kind === 'decimal') return parseDecimal(String(cell), type.precision, type.scale);
  if (type.kind === 'date') return dayOf(String(cell));
  if (type.kind === 'timestamp') return usOf(String(cell));
  return cell;
}

function cellOf({ type }: ColumnSpec, value: ColumnValue): Cell {
  if (value === null) return null;
  if (type.kind === 'decimal') {
    const text = formatDecimal(value as bigint, type.scale);
    return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  }
  if (type.kind === 'date') return new Date(Number(value) * dayMs).toISOString().slice(0, 10);
  if (type.kind === 'timestamp') return new Date(Number(value) / 1000).toISOString();
  return typeof value === 'bigint' ? Number(value) : (value as Cell);
}
