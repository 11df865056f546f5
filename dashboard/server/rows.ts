import { cellAt, jsonCell } from '../../engine/columnar/cell.ts';
import type { Columns } from '../../serving/mart-query.ts';
import type { Row } from '../api.ts';

/** The rows of columns as JSON has them: decimals and instants are text. */
export function rowsOfColumns(columns: Columns): Row[] {
  const named = Object.entries(columns);
  return Array.from({ length: named[0]?.[1].length ?? 0 }, (_, row) => {
    return Object.fromEntries(named.map(([name, column]) => [name, jsonCell(cellAt(column, row))]));
  });
}
