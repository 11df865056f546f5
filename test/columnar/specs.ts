import type { Column, ColumnSpec } from '../../engine/columnar/column.ts';
import { typeOf } from '../../engine/columnar/table.ts';

/** What the columns are, all of them nullable. */
export function specsOfColumns(columns: Readonly<Record<string, Column>>): ColumnSpec[] {
  return Object.entries(columns).map(([name, column]) => ({ name, type: typeOf(column), nullable: true }));
}
