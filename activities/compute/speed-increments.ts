/** Task: Bronze commits → what their events add to the daily usage mart, by the same rules and joins as the batch layer. */
import type { Table } from 'apache-arrow';
import { constantColumn } from '../../engine/columnar/column-of.ts';
import { concatTables } from '../../engine/columnar/concat.ts';
import { columnsOf, tableOf } from '../../engine/columnar/table.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, TableMetadata } from '../../engine/delta/types.ts';
import type { ObjectStore } from '../../engine/storage/object-store.ts';
import { openStore } from '../../engine/storage/open.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { metadataOf, metadataWith, pathOf, type TableContract } from '../../schemas/contract.ts';
import { orgDailyUsageByService, orgDailyUsageByServiceSpeed } from '../../schemas/gold.ts';
import { dimOrgs, dimResources, silverUsageEvents } from '../../schemas/silver.ts';
import { orgDailyUsageByService as usageOf } from '../../transforms/gold/org-daily-usage-by-service.ts';
import { silverEvents } from '../../transforms/silver/events.ts';
import { checkConserved } from './conserved.ts';

export interface SpeedIncrementsInput {
  readonly lake: string;
  readonly bronze: TableMetadata;
  /** Bronze versions, ascending, with the files that each added. */
  readonly commits: readonly { readonly version: number; readonly files: readonly AddFile[] }[];
  /** Files of the dimensions. */
  readonly orgs: readonly AddFile[];
  readonly resources: readonly AddFile[];
  readonly nowMs: number;
}

export interface SpeedIncrements {
  readonly adds: readonly AddFile[];
  /** Events read. */
  readonly events: number;
}

/** Writes the increments of every commit, a file for each date. They are not part of the table before a commit adds them. */
export async function speedIncrements(input: SpeedIncrementsInput): Promise<SpeedIncrements> {
  const store = openStore(input.lake);
  const orgs = await dimension(store, dimOrgs, input.orgs);
  const resources = await dimension(store, dimResources, input.resources);
  const metadata = metadataWith(bronzeUsageEvents, input.bronze);
  const parts: Table[] = [];
  let events = 0;
  for (const { version, files } of input.commits) {
    const bronze = await readFiles(store, pathOf(bronzeUsageEvents.name), metadata, files);
    const { table: silver } = silverEvents(bronze, orgs, resources);
    const usage = usageOf({ events: silver, orgs });
    checkConserved(orgDailyUsageByService.name, { [silverUsageEvents.name]: silver }, usage, 0);
    const versions = constantColumn({ kind: 'int64' }, BigInt(version), usage.numRows);
    parts.push(tableOf({ ...columnsOf(usage), bronze_version: versions }, orgDailyUsageByServiceSpeed.fields));
    events += bronze.numRows;
  }
  const speed = metadataOf(orgDailyUsageByServiceSpeed);
  const rows = concatTables(parts);
  const { nowMs } = input;
  const adds = rows.numRows === 0 ? [] : await writeDataFiles(store, pathOf(speed.name), speed, rows, { nowMs });
  return { adds, events };
}

/** The dimensions read last by this thread: they change rarely. */
const kept = new Map<string, { readonly files: string; readonly table: Table }>();

async function dimension(store: ObjectStore, contract: TableContract, files: readonly AddFile[]): Promise<Table> {
  const path = pathOf(contract.name);
  const paths = JSON.stringify([store.root, files.map((file) => file.path)]);
  const last = kept.get(contract.name);
  if (last?.files === paths) return last.table;
  const table = await readFiles(store, path, metadataOf(contract), files);
  kept.set(contract.name, { files: paths, table });
  return table;
}
