/**
 * What the speed layer has that the published rollup has not: increments newer than the Bronze version that the rollup's day was made
 * from. Over all organisations the marts of Cassandra are the batch layer's alone; with these they are as new as those of one.
 */
import type { Table } from 'apache-arrow';
import { totalDecimal } from '../../../engine/columnar/aggregate.ts';
import { dayNumber } from '../../../engine/columnar/cell.ts';
import type { Int32Column, Int64Column } from '../../../engine/columnar/column.ts';
import { constantColumn } from '../../../engine/columnar/column-of.ts';
import { concatTables } from '../../../engine/columnar/concat.ts';
import { columnOf, columnsOf } from '../../../engine/columnar/table.ts';
import { takeTable } from '../../../engine/columnar/take.ts';
import type { Lake } from '../../../engine/delta/lake.ts';
import type { Snapshot } from '../../../engine/delta/types.ts';
import { consumedId } from '../../../schemas/contract.ts';
import { dailyUsageRollup, orgDailyUsageByService } from '../../../schemas/gold.ts';
import { servedMart } from '../../../serving/cql-type.ts';
import type { Columns } from '../../../serving/mart-query.ts';
import { readIncrements } from '../../../serving/served-rows.ts';
import { consumedBronze, isConsumed } from '../../../serving/served-snapshot.ts';
import { orUnknown, wholeDecimal } from '../../../transforms/gold/measures.ts';

/** Increments that the published rollup lacks. */
export interface Pending {
  /** Changes with what is pending. */
  readonly key: string;
  /** Version of the rollup that lacks them. */
  readonly rollupVersion: number;
  /** Columns as `usage_all` has them, with `live`; null when nothing is pending. */
  readonly columns: Columns | null;
  readonly events: number;
}

const mart = servedMart(orgDailyUsageByService);
/** Of no rollup. */
export const nothingPending: Pending = { key: '', rollupVersion: -1, columns: null, events: 0 };

/** Looks for pending increments; `rollupVersion` is the published version of the rollup. */
export function pendingIncrements(lake: Lake): (rollupVersion: number) => Promise<Pending> {
  let last: { readonly key: string; readonly held: Table | null; readonly pending: Pending } | null = null;
  return async (rollupVersion) => {
    const speed = await lake.table(mart.serving.speed!).latest();
    if (speed === null || rollupVersion < 0) return { ...nothingPending, rollupVersion };
    const key = `${speed.version} ${rollupVersion}`;
    if (last?.key === key) return last.pending;
    const rollup = await lake.table(dailyUsageRollup.name).at(rollupVersion);
    const consumed = await consumedOf(lake, rollup, daysOf(speed, last?.held ?? null));
    const files = speed.files.filter((file) => !isConsumed(file, consumed.get(dayNumber(dayOfFile(file))) ?? -1));
    const newest = await readIncrements(lake, mart, files, consumed);
    // The batch layer takes out what it has consumed a moment before its rollup is published: until then it is still pending.
    const held =
      last === null || last.held === null ? newest : concatTables([newest, missing(last.held, newest, consumed)]);
    last = { key, held, pending: pendingOf(key, rollupVersion, held) };
    return last.pending;
  };
}

function dayOfFile({ partitionValues }: { readonly partitionValues: Readonly<Record<string, string | null>> }): string {
  return String(partitionValues[mart.partition]);
}

function daysOf(speed: Snapshot, held: Table | null): number[] {
  const days = new Set(speed.files.map((file) => dayNumber(dayOfFile(file))));
  for (const day of held === null ? [] : (columnOf(held, mart.partition) as Int32Column).values) days.add(day);
  return [...days];
}

/** Day → the Bronze version that the rollup's rows of it were made from; −1 for a day it does not have. */
async function consumedOf(lake: Lake, rollup: Snapshot, days: readonly number[]): Promise<Map<number, number>> {
  const consumed = new Map<number, number>();
  for (const day of days) {
    const text = new Date(day * 86_400_000).toISOString().slice(0, 10);
    const version = rollup.txns.get(consumedId(dailyUsageRollup.name, text, orgDailyUsageByService.name));
    const batch = version === undefined ? null : await lake.table(orgDailyUsageByService.name).at(version);
    consumed.set(day, consumedBronze(mart, batch, text));
  }
  return consumed;
}

/** The rows of `before` that are not in `now` any more, and that the rollup lacks. */
function missing(before: Table, now: Table, consumed: ReadonlyMap<number, number>): Table {
  const keysOf = (table: Table) => {
    const days = (columnOf(table, mart.partition) as Int32Column).values;
    const versions = (columnOf(table, 'bronze_version') as Int64Column).values;
    return Array.from({ length: table.numRows }, (_, row) => [days[row]!, Number(versions[row]!)] as const);
  };
  const present = new Set(keysOf(now).map(String));
  const rows = keysOf(before).flatMap(([day, version], row) =>
    version > (consumed.get(day) ?? -1) && !present.has(String([day, version])) ? [row] : [],
  );
  return takeTable(before, Int32Array.from(rows));
}

function pendingOf(key: string, rollupVersion: number, rows: Table): Pending {
  if (rows.numRows === 0) return { ...nothingPending, key, rollupVersion };
  const { hq_region, plan_tier, event_count, ...others } = columnsOf(rows);
  const live = constantColumn({ kind: 'bool' }, true, rows.numRows);
  return {
    key,
    rollupVersion,
    columns: {
      ...others,
      hq_region: orUnknown(hq_region!),
      plan_tier: orUnknown(plan_tier!),
      event_count: event_count!,
      live,
    },
    events: Number(totalDecimal(wholeDecimal(event_count as Int64Column)) ?? 0n),
  };
}
