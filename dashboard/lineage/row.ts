/** The one row that is explained. */
import type { Column } from '../../engine/columnar/column.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import type { Columns } from './picked-rows.ts';

export interface Row {
  /** Columns of one row. */
  readonly columns: Columns;
  readonly column: (name: string) => Column;
  /** The day in a column, days since 1970-01-01. */
  readonly day: (name: string) => number;
}

/** Throws for a column that the row lacks. */
export function rowOf(columns: Columns): Row {
  const column = (name: string): Column => {
    const found = columns[name];
    if (found === undefined) throw new Error(`the row has no column ${name}`);
    return found;
  };
  return { columns, column, day: (name) => valueAt(column(name), 0) as number };
}
