/** Days that lose their last row. */
import type { AddFile, Snapshot } from '../../engine/delta/types.ts';
import { orgDailyUsageByService } from '../../schemas/gold.ts';
import { silverUsageEvents } from '../../schemas/silver.ts';
import { servedMart } from '../../serving/cql-type.ts';
import { consumedBronze } from '../../serving/served-snapshot.ts';
import { buildDirty } from '../build-dirty.ts';
import type { ActivityContext, Run } from '../context.ts';
import { partitionOf } from '../partition.ts';

const mart = servedMart(orgDailyUsageByService);

/**
 * Has the batch layer build the days that would lose their last row, where it never has: it would not find such a day any more, and
 * what the speed layer has added for it would stay for ever.
 */
export async function buildEmptied(
  context: ActivityContext,
  run: Run,
  bronze: Snapshot,
  adds: readonly AddFile[],
  removes: readonly AddFile[],
): Promise<void> {
  const gone = new Set(removes.map(({ path }) => path));
  const left = new Set([...bronze.files.filter(({ path }) => !gone.has(path)), ...adds].map(partitionOf));
  const batch = await context.lake.table(mart.contract.name).latest();
  const emptied = new Set(removes.map(partitionOf).filter((day) => !left.has(day)));
  const dates = [...emptied].filter((day) => consumedBronze(mart, batch, day) < 0);
  if (dates.length === 0) return;
  for (const table of [silverUsageEvents.name, mart.contract.name]) await buildDirty(context, run, { table, dates });
}
