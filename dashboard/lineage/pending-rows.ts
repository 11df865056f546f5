/** What the speed layer adds to a version of the usage mart, or of its rollup. */
import { dayNumber } from '../../engine/columnar/cell.ts';
import type { Int32Column, Int64Column } from '../../engine/columnar/column.ts';
import { admitsPartition, type Filter } from '../../engine/delta/condition.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import type { Snapshot } from '../../engine/delta/types.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { dailyUsageRollup, orgDailyUsageByService, orgDailyUsageByServiceSpeed } from '../../schemas/gold.ts';
import { servedMart } from '../../serving/cql-type.ts';
import { bronzeOfDay, isConsumed } from '../../serving/served-snapshot.ts';
import { orUnknown } from '../../transforms/gold/measures.ts';
import { BadQuestion } from './explanation.ts';
import { type Columns, type PickedRows, pickRows } from './picked-rows.ts';
import { snapshotAt } from './snapshot-at.ts';

const mart = servedMart(orgDailyUsageByService);
const { name: speedTable, key, partition, fields } = orgDailyUsageByServiceSpeed;

/** Whether the speed layer adds to figures of a table. */
export function hasIncrements(table: string): boolean {
  return table === orgDailyUsageByService.name || table === dailyUsageRollup.name;
}

export interface PendingRows {
  readonly snapshot: Snapshot;
  readonly rows: PickedRows;
}

/**
 * The increments of a version of the speed mart that `table` at `snapshot` has not consumed, and `maskOf` picks; `filters` are what it
 * looks at. Throws `BadQuestion` for a table without increments and for columns that they lack.
 */
export async function pendingRows(
  lake: Lake,
  table: string,
  snapshot: Snapshot,
  speedVersion: number,
  { filters, listed, maskOf }: PendingQuestion,
): Promise<PendingRows> {
  if (!hasIncrements(table)) {
    throw new BadQuestion(`the speed layer adds nothing to ${table}`);
  }
  const names = filters.map(({ spec }) => spec.name);
  for (const name of [...names, ...listed]) {
    if (!fields.some((field) => field.name === name)) throw new BadQuestion(`${speedTable} has no column ${name}`);
  }
  const speed = await snapshotAt(lake, speedTable, speedVersion);
  const ofDay = speed.files.map((file) => ({ file, day: String(file.partitionValues[partition!]) }));
  const consumed = new Map<number, number>();
  for (const day of new Set(ofDay.map((of) => of.day))) {
    consumed.set(dayNumber(day), await bronzeOfDay(lake, mart, contractOf(table), snapshot, day));
  }
  const files = ofDay.filter(
    ({ file, day }) =>
      !isConsumed(file, consumed.get(dayNumber(day))!) &&
      filters.every((filter) => filter.spec.name !== partition || admitsPartition(filter, day)),
  );
  const named = table === dailyUsageRollup.name;
  const rows = await pickRows(lake, speedTable, speed, {
    files: files.map(({ file }) => file),
    tested: [...new Set([...names, partition!, 'bronze_version'])],
    listed: [...new Set([...key, ...listed])],
    picks: (columns) => {
      const mask = maskOf(named ? withUnknown(columns) : columns);
      const days = (columns[partition!] as Int32Column).values;
      const versions = (columns.bronze_version as Int64Column).values;
      return mask.map((picked, row) => (Number(versions[row]) > consumed.get(days[row]!)! ? picked : 0));
    },
  });
  return { snapshot: speed, rows };
}

interface PendingQuestion {
  readonly filters: readonly Filter[];
  /** Columns wanted besides the key. */
  readonly listed: readonly string[];
  readonly maskOf: (columns: Columns) => Uint8Array;
}

/** As the rollup names what is not known. */
function withUnknown(columns: Columns): Columns {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [
      name,
      ['hq_region', 'plan_tier'].includes(name) ? orUnknown(column) : column,
    ]),
  );
}
