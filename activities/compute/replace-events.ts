/** Task: Bronze files for events that come in, and for files that some go out of. */
import { filterColumns } from '../../engine/columnar/filter.ts';
import { columnsOf, tableOf } from '../../engine/columnar/table.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, TableMetadata } from '../../engine/delta/types.ts';
import { openStore } from '../../engine/storage/open.ts';
import { pathOf } from '../../schemas/contract.ts';
import { type EventRow, tableOfEvents } from '../../transforms/bronze/event-row.ts';

export interface ReplaceEventsInput {
  readonly lake: string;
  /** Of the table as it will be. */
  readonly metadata: TableMetadata;
  readonly events: readonly EventRow[];
  /** Files, each with the rows that go out. */
  readonly without: readonly { readonly file: AddFile; readonly rows: readonly number[] }[];
  readonly nowMs: number;
}

/** Writes the events, and what is left of each file, to new files. They are not part of the table before a commit adds them. */
export async function replaceEvents(input: ReplaceEventsInput): Promise<AddFile[]> {
  const { lake, metadata, events, without, nowMs } = input;
  const store = openStore(lake);
  const path = pathOf(metadata.name);
  const adds: AddFile[] = [];
  if (events.length > 0) {
    adds.push(...(await writeDataFiles(store, path, metadata, tableOfEvents(events, metadata.columns), { nowMs })));
  }
  for (const { file, rows } of without) {
    const table = await readFiles(store, path, metadata, [file]);
    const kept = new Uint8Array(table.numRows).fill(1);
    for (const row of rows) kept[row] = 0;
    const left = tableOf(filterColumns(columnsOf(table), kept), metadata.columns);
    if (left.numRows > 0) adds.push(...(await writeDataFiles(store, path, metadata, left, { nowMs })));
  }
  return adds;
}
