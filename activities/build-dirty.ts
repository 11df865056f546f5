/** Builds whatever is dirty of one table: plans, then builds from the versions planned. */
import { contractOf } from '../schemas/catalog.ts';
import { buildTable, OutdatedPlan } from './build-table.ts';
import type { ActivityContext, Run, TableResult } from './context.ts';
import { type ExtraVersions, planTable } from './dirty.ts';
import { resultOfRun } from './run-result.ts';
import { loadedSnapshots } from './snapshots.ts';

export interface BuildDirtyRequest {
  readonly table: string;
  /** Keep to these partitions (`YYYY-MM-DD`); null: whatever is dirty. */
  readonly dates: readonly string[] | null;
}

/** Builds what is dirty now; nothing, when nothing is. The result counts all that this run has built of the table. */
export async function buildDirty(
  context: ActivityContext,
  run: Run,
  { table, dates }: BuildDirtyRequest,
): Promise<TableResult> {
  const startedMs = context.clock();
  const extra = await extraVersions(context, table);
  for (;;) {
    const { partitions, pinned } = await planTable(context.lake, contractOf(table), extra, dates);
    try {
      if (partitions.length > 0) {
        await buildTable(context, run, { table, partitions, pinned, extra, complete: dates === null });
      }
      return await resultOfRun(context, run, table, startedMs);
    } catch (error) {
      if (!(error instanceof OutdatedPlan)) throw error;
    }
  }
}

/** What a table consumes besides its upstream tables. */
async function extraVersions(context: ActivityContext, table: string): Promise<ExtraVersions> {
  if (table !== 'gold.org_monthly_engagement') return {};
  const snapshots = await loadedSnapshots(context.lake, 'bronze.users');
  if (snapshots.length === 0) return {};
  const latest = new Date(Math.max(...snapshots.map((s) => s.instantUs)) / 1000);
  return { users_snapshot_month: Date.UTC(latest.getUTCFullYear(), latest.getUTCMonth(), 1) / 86_400_000 };
}
