/**
 * What the speed layer has that the published rollup has not: increments newer than the Bronze version that the rollup's day was made
 * from. Over all organisations the marts of Cassandra are the batch layer's alone; with these they are as new as those of one.
 */
import type { Table } from 'apache-arrow';
import { totalDecimal } from '../../../engine/columnar/aggregate.ts';
import { dayNumber, dayText } from '../../../engine/columnar/cell.ts';
import type { Int32Column, Int64Column } from '../../../engine/columnar/column.ts';
import { constantColumn } from '../../../engine/columnar/column-of.ts';
import { concatTables } from '../../../engine/columnar/concat.ts';
import { columnOf, columnsOf } from '../../../engine/columnar/table.ts';
import { takeTable } from '../../../engine/columnar/take.ts';
import type { Lake } from '../../../engine/delta/lake.ts';
import type { Snapshot } from '../../../engine/delta/types.ts';
import { dailyUsageRollup, orgDailyUsageByService } from '../../../schemas/gold.ts';
import { servedMart } from '../../../serving/cql-type.ts';
import type { Columns } from '../../../serving/mart-query.ts';
import { readPublications } from '../../../serving/publication-log.ts';
import type { PublicationState } from '../../../serving/publication-state.ts';
import { readIncrements } from '../../../serving/served-rows.ts';
import { bronzeOfDay, isConsumed } from '../../../serving/served-snapshot.ts';
import { orUnknown, wholeDecimal } from '../../../transforms/gold/measures.ts';

/** What the speed layer has for the answers of now. */
export interface SpeedLayer {
  readonly pending: Pending;
  /** Version of the increments that the published rows of organisations hold; null without any. */
  readonly servedVersion: number | null;
}

/** Increments that the published rollup lacks. */
export interface Pending {
  /** Version of the rollup that lacks them. */
  readonly rollupVersion: number;
  /** Version of the increments; null without any. */
  readonly speedVersion: number | null;
  /** Columns as `usage_all` has them, with `live`; null when nothing is pending. */
  readonly columns: Columns | null;
  readonly events: number;
}

const mart = servedMart(orgDailyUsageByService);
/** Of no rollup. */
export const nothingPending: Pending = { rollupVersion: -1, speedVersion: null, columns: null, events: 0 };

/** Looks for what the speed layer has on top of what is published. */
export function speedLayerOf(lake: Lake): (publications: PublicationState) => Promise<SpeedLayer> {
  const pendingOn = pendingIncrements(lake);
  let served = { number: 0, version: null as number | null };
  return async (publications) => {
    const number = publications.get(mart.contract.name)?.number ?? 0;
    if (served.number !== number) served = { number, version: await speedVersionOf(lake, number) };
    const pending = await pendingOn(publications.get(dailyUsageRollup.name)?.version ?? -1);
    return { pending, servedVersion: served.version };
  };
}

/** Version of the increments in a publication; null when it is too old to be known. */
async function speedVersionOf(lake: Lake, number: number): Promise<number | null> {
  const { closed, open } = await readPublications(lake, mart.contract.name);
  return [...closed, ...open].find((publication) => publication.number === number)?.speedVersion ?? null;
}

function pendingIncrements(lake: Lake): (rollupVersion: number) => Promise<Pending> {
  let last: { readonly held: Table | null; readonly pending: Pending } | null = null;
  return async (rollupVersion) => {
    const speed = await lake.table(mart.serving.speed!).latest();
    const speedVersion = speed?.version ?? null;
    if (last?.pending.speedVersion === speedVersion && last.pending.rollupVersion === rollupVersion) {
      return last.pending;
    }
    if (speed === null || rollupVersion < 0) {
      last = { held: null, pending: { ...nothingPending, speedVersion, rollupVersion } };
      return last.pending;
    }
    const rollup = await lake.table(dailyUsageRollup.name).at(rollupVersion);
    const consumed = await consumedOf(lake, rollup, daysOf(speed, last?.held ?? null));
    const files = speed.files.filter((file) => !isConsumed(file, consumed.get(dayNumber(dayOfFile(file))) ?? -1));
    const newest = await readIncrements(lake, mart, files, consumed);
    // The batch layer takes out what it has consumed a moment before its rollup is published: until then it is still pending.
    const held =
      last === null || last.held === null ? newest : concatTables([newest, missing(last.held, newest, consumed)]);
    last = { held, pending: pendingOf(speed.version, rollupVersion, held) };
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
  for (const day of days) consumed.set(day, await bronzeOfDay(lake, mart, dailyUsageRollup, rollup, dayText(day)));
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

function pendingOf(speedVersion: number, rollupVersion: number, rows: Table): Pending {
  if (rows.numRows === 0) return { ...nothingPending, speedVersion, rollupVersion };
  const { hq_region, plan_tier, event_count, ...others } = columnsOf(rows);
  const live = constantColumn({ kind: 'bool' }, true, rows.numRows);
  return {
    rollupVersion,
    speedVersion,
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
