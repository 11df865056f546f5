/**
 * Rows of a table by number, by mask and by range.
 */
import type { Table } from 'apache-arrow';
import type { Column } from './column.ts';
import { sliceColumn, takeColumn } from './gather.ts';
import { columnOf, specsOf, tableOf } from './table.ts';

export { sliceColumn, takeColumn };

/** The table of the rows `indices`, in that order; −1 makes a row of nulls. Throws for any other row it lacks. */
export function takeTable(table: Table, indices: Int32Array): Table {
  const nulls = indices.includes(-1);
  const specs = specsOf(table).map((spec) => ({ ...spec, nullable: spec.nullable || nulls }));
  return tableOf(
    mapColumns(table, (column) => takeColumn(column, indices)),
    specs,
  );
}

/** Rows `begin … end` of the table, over its own buffers where it is one record batch. */
export function sliceTable(table: Table, begin: number, end: number): Table {
  return tableOf(
    mapColumns(table, (column) => sliceColumn(column, begin, end)),
    specsOf(table),
  );
}

/** Numbers of the rows whose byte in the mask is not 0, ascending. */
export function selectedIndices(mask: Uint8Array): Int32Array {
  let count = 0;
  for (let i = 0, end = mask.length; i < end; i++) if (mask[i] !== 0) count++;
  const indices = new Int32Array(count);
  for (let i = 0, to = 0, end = mask.length; i < end; i++) if (mask[i] !== 0) indices[to++] = i;
  return indices;
}

function mapColumns(table: Table, change: (column: Column) => Column): Record<string, Column> {
  return Object.fromEntries(specsOf(table).map(({ name }) => [name, change(columnOf(table, name))]));
}
