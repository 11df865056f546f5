/** Rows as a level of an explanation lists them. */
import { cellAt, jsonCell, kindOf, millisText } from '../../engine/columnar/cell.ts';
import { typeOf } from '../../engine/columnar/concat-columns.ts';
import { sortIndices } from '../../engine/columnar/sort.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import type { AddFile, Snapshot } from '../../engine/delta/types.ts';
import { contractOf } from '../../schemas/catalog.ts';
import type { Value } from '../api.ts';
import type { Level } from './explanation.ts';
import { madeBy, madeOf } from './made-by.ts';
import type { Columns, PickedRows } from './picked-rows.ts';

/** Which of the rows are listed. */
export interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** A level, and the rows that it lists as columns with the file of each. */
export interface ListedLevel {
  readonly level: Level;
  readonly listed: { readonly columns: Columns; readonly length: number; readonly files: readonly AddFile[] };
}

/** Lists a page of the rows, in the order of the columns named; `columns`: those to show, in order. */
export async function listRows(
  lake: Lake,
  table: string,
  snapshot: Snapshot | null,
  rows: PickedRows,
  { columns, order, page, notes }: ListOptions,
): Promise<ListedLevel> {
  const sorted =
    order.length === 0
      ? Int32Array.from({ length: rows.length }, (_, i) => i)
      : sortIndices(order.map((name) => ({ column: rows.columns[name]! })));
  const taken = sorted.subarray(page.offset, page.offset + page.limit);
  const listed = Object.fromEntries(
    Object.entries(rows.columns).map(([name, column]) => [name, takeColumn(column, taken)]),
  );
  const files = Array.from(taken, (row) => rows.files[rows.fileOf[row]!]!);
  const made = snapshot === null ? [] : await madeBy(lake.table(table), snapshot, [...new Set(files)]);
  return {
    level: {
      table,
      version: snapshot?.version ?? null,
      committedAt: snapshot === null ? null : millisText(snapshot.timestampMs),
      made: made.map(madeOf),
      key: contractOf(table).key,
      columns: columns.map((name) => ({ name, kind: kindOf(typeOf(listed[name]!)) })),
      rows: valuesOfRows(listed, columns, taken.length),
      offset: page.offset,
      total: rows.length,
      notes,
    },
    listed: { columns: listed, length: taken.length, files },
  };
}

interface ListOptions {
  readonly columns: readonly string[];
  /** None: the order of the rows. */
  readonly order: readonly string[];
  readonly page: Page;
  readonly notes: readonly string[];
}

function valuesOfRows(columns: Columns, names: readonly string[], length: number): Value[][] {
  return Array.from({ length }, (_, row) => names.map((name) => jsonCell(cellAt(columns[name]!, row))));
}
