/** Single rows of `bronze.usage_events`, for the few events that are looked at one by one. */
import type { Table } from 'apache-arrow';
import type { Column, ColumnSpec } from '../../engine/columnar/column.ts';
import { type ColumnValue, columnOfValues, valueAt } from '../../engine/columnar/column-of.ts';
import { tableOf } from '../../engine/columnar/table.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { contentColumns } from './event-columns.ts';

/** A row by its columns: every one of the contract. */
export type EventRow = Readonly<Record<string, ColumnValue>>;

/** Rows of a table of events given by its columns, in the order asked for. */
export function eventRows(columns: Readonly<Record<string, Column>>, rows: ArrayLike<number>): EventRow[] {
  return Array.from(rows, (row) =>
    Object.fromEntries(bronzeUsageEvents.fields.map(({ name }) => [name, valueAt(columns[name]!, row)])),
  );
}

/** The rows as a table with these columns of the contract. */
export function tableOfEvents(rows: readonly EventRow[], specs: readonly ColumnSpec[]): Table {
  const columns = specs.map(({ name, type }): [string, Column] => [
    name,
    columnOfValues(
      type,
      rows.map((row) => row[name]!),
    ),
  ]);
  return tableOf(Object.fromEntries(columns), specs);
}

/** Whether both say the same about their event, wherever and whenever they came. */
export function sameContent(a: EventRow, b: EventRow): boolean {
  return contentColumns.every((name) => a[name] === b[name]);
}
