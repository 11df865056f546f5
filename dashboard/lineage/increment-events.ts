/** The events of an increment of the speed layer: those that its Bronze version brought, judged as the batch layer will judge them. */
import type { Table } from 'apache-arrow';
import { partitionOf } from '../../activities/partition.ts';
import { dayText } from '../../engine/columnar/cell.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { filterColumns } from '../../engine/columnar/filter.ts';
import { hashJoin } from '../../engine/columnar/join.ts';
import { columnsOf } from '../../engine/columnar/table.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { metadataOf, metadataWith, pathOf, type TableContract } from '../../schemas/contract.ts';
import { dimOrgs, dimResources } from '../../schemas/silver.ts';
import { silverEvents } from '../../transforms/silver/events.ts';
import { listRows, type Page } from './level.ts';
import { eventSource, usageMeasures } from './origins/events.ts';
import { provenanceColumns } from './origins/silver.ts';
import type { Row } from './row.ts';
import type { SourceRows } from './source-rows.ts';

const table = bronzeUsageEvents.name;

/** How the columns of an increment come of these events; its organisation's name, region and plan are those of when it was made. */
export const incrementMeasures = usageMeasures(table);

/** All of them, and the level that lists a page of them with their places in the landing zone. */
export async function incrementEvents(lake: Lake, row: Row, page: Page): Promise<SourceRows> {
  const version = Number(valueAt(row.column('bronze_version'), 0));
  const snapshot = await lake.table(table).at(version);
  const day = dayText(row.day('usage_date'));
  const [commit] = await lake.table(table).commitsSince(version - 1, version);
  const files = (commit?.adds ?? []).filter((file) => file.dataChange && partitionOf(file) === day);
  const bronze = await readFiles(lake.store, pathOf(table), metadataWith(bronzeUsageEvents, snapshot.metadata), files);
  const judged = silverEvents(bronze, await whole(lake, dimOrgs), await whole(lake, dimResources));
  const silver = columnsOf(judged.table);
  const events = filterColumns(silver, eventSource.picks(silver, row, { consumed: () => version, beside: {} })!);
  const length = events.event_id!.length;
  const raw = columnsOf(bronze);
  const of = Int32Array.from(hashJoin([events.event_id!], [raw.event_id!]));
  const provenance = provenanceColumns.map((name) => [name, takeColumn(raw[name]!, of)] as const);
  const rows = {
    columns: { ...events, ...Object.fromEntries(provenance) },
    length,
    files,
    fileOf: new Int32Array(length),
  };
  const listed = await listRows(lake, table, snapshot, rows, {
    columns: [...eventSource.listed, 'source_file', 'source_row'],
    order: eventSource.order,
    page,
    notes: ['judged by the rules of Silver, against its organisations and resources of now'],
  });
  return { ...listed, source: { ...eventSource, table }, snapshot, rows };
}

async function whole(lake: Lake, contract: TableContract): Promise<Table> {
  const { files } = (await lake.table(contract.name).latest()) ?? { files: [] };
  return readFiles(lake.store, pathOf(contract.name), metadataOf(contract), files);
}
