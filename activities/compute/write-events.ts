/** Task: decoded events → Bronze data files, without the rows that are repeats. */
import type { Column } from '../../engine/columnar/column.ts';
import { filterColumns } from '../../engine/columnar/filter.ts';
import { tableOf } from '../../engine/columnar/table.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import type { AddFile, TableMetadata } from '../../engine/delta/types.ts';
import { openStore } from '../../engine/storage/open.ts';
import { pathOf } from '../../schemas/contract.ts';

export interface WriteEventsInput {
  readonly lake: string;
  readonly metadata: TableMetadata;
  readonly columns: Readonly<Record<string, Column>>;
  /** 1 for rows to write; null for all of them. */
  readonly keep: Uint8Array | null;
  readonly nowMs: number;
}

export interface WrittenEvents {
  readonly adds: readonly AddFile[];
  readonly rows: number;
}

/** Writes one file for each date. Columns that the table does not have yet are left out. */
export async function writeEvents(input: WriteEventsInput): Promise<WrittenEvents> {
  const { keep, columns } = input;
  const table = tableOf(keep === null ? columns : filterColumns(columns, keep), input.metadata.columns);
  if (table.numRows === 0) return { adds: [], rows: 0 };
  const adds = await writeDataFiles(openStore(input.lake), pathOf(input.metadata.name), input.metadata, table, {
    nowMs: input.nowMs,
  });
  return { adds, rows: table.numRows };
}
