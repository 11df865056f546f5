/** A table that rows are only appended to, read once and then followed. */
import type { Table } from 'apache-arrow';
import { type ColumnValue, valueAt } from '../../engine/columnar/column-of.ts';
import { columnsOf } from '../../engine/columnar/table.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, Snapshot } from '../../engine/delta/types.ts';
import { pathOf } from '../../schemas/contract.ts';

export type PlainRow = Readonly<Record<string, ColumnValue>>;

/** The rows of a small table. */
export function plainRows(table: Table): PlainRow[] {
  const columns = Object.entries(columnsOf(table));
  return Array.from({ length: table.numRows }, (_, i) =>
    Object.fromEntries(columns.map(([name, column]) => [name, valueAt(column, i)])),
  );
}

/** Hands over every row of a table once, in no particular order. */
export class AppendedRows {
  readonly #lake: Lake;
  readonly #table: string;
  readonly #take: (row: PlainRow) => void;
  #read: Snapshot | null = null;

  constructor(lake: Lake, table: string, take: (row: PlainRow) => void) {
    this.#lake = lake;
    this.#table = table;
    this.#take = take;
  }

  /**
   * Takes the rows that were added since the last call, at first all of them, and returns the version that they are up to; null when
   * there is no table. One call at a time.
   */
  async follow(): Promise<Snapshot | null> {
    const snapshot = await this.#lake.table(this.#table).latest();
    if (snapshot === null || snapshot.version === this.#read?.version) return snapshot;
    const files = this.#read === null ? snapshot.files : await this.#addedSince(this.#read.version, snapshot.version);
    const rows = await readFiles(this.#lake.store, pathOf(this.#table), snapshot.metadata, files);
    for (const row of plainRows(rows)) this.#take(row);
    this.#read = snapshot;
    return snapshot;
  }

  /** Files that brought rows: not those into which others were rewritten. */
  async #addedSince(version: number, upTo: number): Promise<AddFile[]> {
    const commits = await this.#lake.table(this.#table).commitsSince(version);
    return commits
      .filter((commit) => commit.version <= upTo)
      .flatMap((commit) => commit.adds.filter((file) => file.dataChange));
  }
}
