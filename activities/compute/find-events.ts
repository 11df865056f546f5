/** Task: the rows of Bronze files that hold one of some events. */
import { utf8Column } from '../../engine/columnar/column-of.ts';
import { hashJoin } from '../../engine/columnar/join.ts';
import { columnOf, columnsOf } from '../../engine/columnar/table.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, TableMetadata } from '../../engine/delta/types.ts';
import { openStore } from '../../engine/storage/open.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { metadataWith, pathOf } from '../../schemas/contract.ts';
import { type EventRow, eventRows } from '../../transforms/bronze/event-row.ts';

export interface FindEventsInput {
  readonly lake: string;
  readonly metadata: TableMetadata;
  readonly files: readonly AddFile[];
  /** Different ones. */
  readonly eventIds: readonly string[];
}

/** A committed event: its file, and which row of it. */
export interface FoundEvent {
  readonly path: string;
  readonly row: number;
  readonly event: EventRow;
}

/** Reads the ids of every file, and the whole of those that hold one of the events. */
export async function findEvents({ lake, metadata, files, eventIds }: FindEventsInput): Promise<FoundEvent[]> {
  const store = openStore(lake);
  const full = metadataWith(bronzeUsageEvents, metadata);
  const path = pathOf(bronzeUsageEvents.name);
  const wanted = utf8Column(eventIds);
  const found: FoundEvent[] = [];
  for (const file of files) {
    const ids = await readFiles(store, path, full, [file], ['event_id']);
    const matches = hashJoin([columnOf(ids, 'event_id')], [wanted]);
    const rows = Array.from(matches.keys()).filter((row) => matches[row]! >= 0);
    if (rows.length === 0) continue;
    const columns = columnsOf(await readFiles(store, path, full, [file]));
    found.push(...eventRows(columns, rows).map((event, i) => ({ path: file.path, row: rows[i]!, event })));
  }
  return found;
}
