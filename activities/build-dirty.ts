/** Builds whatever is dirty of one table: plans, then builds from the versions planned. */
import { contractOf } from '../schemas/catalog.ts';
import { buildTable, emptyResult } from './build-table.ts';
import type { ActivityContext, Run, TableResult } from './context.ts';
import { type ExtraVersions, planTable } from './dirty.ts';
import { loadedSnapshots } from './snapshots.ts';

export interface BuildDirtyRequest {
  readonly table: string;
  /** Keep to these partitions (`YYYY-MM-DD`); null: whatever is dirty. */
  readonly dates: readonly string[] | null;
}

/** Builds what is dirty now; nothing, when nothing is. */
export async function buildDirty(
  context: ActivityContext,
  run: Run,
  { table, dates }: BuildDirtyRequest,
): Promise<TableResult> {
  const extra = await extraVersions(context, table);
  const work = await planTable(context.lake, contractOf(table), extra, dates);
  if (work.partitions.length === 0) {
    const latest = await context.lake.table(table).latest();
    return { ...emptyResult(table), version: latest?.version ?? -1 };
  }
  return buildTable(context, run, { table, partitions: work.partitions, pinned: work.pinned, extra });
}

/** What a table consumes besides its upstream tables. */
async function extraVersions(context: ActivityContext, table: string): Promise<ExtraVersions> {
  if (table !== 'gold.org_monthly_engagement') return {};
  const snapshots = await loadedSnapshots(context.lake, 'bronze.users');
  if (snapshots.length === 0) return {};
  const latest = new Date(Math.max(...snapshots.map((s) => s.instantUs)) / 1000);
  return { users_snapshot_month: Date.UTC(latest.getUTCFullYear(), latest.getUTCMonth(), 1) / 86_400_000 };
}
