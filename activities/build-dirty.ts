/** Builds whatever is dirty of one table: plans, then builds from the versions planned. */
import { contractOf } from '../schemas/catalog.ts';
import { buildTable, OutdatedPlan } from './build-table.ts';
import type { ActivityContext, Run, TableResult } from './context.ts';
import { type DayRange, type ExtraVersions, holdingOneOf, madeOf, planTable, recompute, type Work } from './dirty.ts';
import { resultOfRun } from './run-result.ts';
import { loadedSnapshots } from './snapshots.ts';

export interface BuildDirtyRequest {
  readonly table: string;
  /** Keep to these partitions (`YYYY-MM-DD`); null: whatever is dirty. */
  readonly dates: readonly string[] | null;
  /** Keep to the partitions made of these days. */
  readonly range?: DayRange;
  /** Build them whatever their state, for a backfill that was asked for at this time, milliseconds since 1970; absent: what is dirty. */
  readonly recompute?: number;
  /** Who asks, for the ledger; absent: nobody in particular. */
  readonly reason?: string;
}

/** Builds what is dirty now; nothing, when nothing is. The result counts all that this run has built of the table. */
export async function buildDirty(
  context: ActivityContext,
  run: Run,
  { table, dates, range, recompute: number, reason }: BuildDirtyRequest,
): Promise<TableResult> {
  const startedMs = context.clock();
  const contract = contractOf(table);
  const inDates = dates === null ? null : holdingOneOf(contract, dates);
  const inRange = range === undefined ? null : madeOf(contract, range);
  const only = (partition: string): boolean => (inDates?.(partition) ?? true) && (inRange?.(partition) ?? true);
  for (;;) {
    const extra = await extraVersions(context, table, number);
    const work = await planTable(context.lake, contract, extra, only);
    const { partitions, pinned, held } = work;
    // What is pinned stays dirty.
    const complete = inDates === null && inRange === null && held.length === 0;
    try {
      if (partitions.length > 0) {
        const why = [...(reason === undefined ? [] : [reason]), ...reasonsOf(work)].join('; ');
        await buildTable(context, run, { table, partitions, pinned, extra, complete, reason: why });
      }
      return await resultOfRun(context, run, table, startedMs);
    } catch (error) {
      if (!(error instanceof OutdatedPlan)) throw error;
    }
  }
}

/** What made the partitions dirty, each with how many it did. */
function reasonsOf({ why }: Work): string[] {
  const counts = new Map<string, number>();
  for (const reasons of why.values()) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return Array.from(counts, ([reason, n]) => `${reason}: ${n} ${n === 1 ? 'partition' : 'partitions'}`);
}

/** What a table consumes besides its upstream tables; `number`: recomputed for it. */
export async function extraVersions(
  { lake }: Pick<ActivityContext, 'lake'>,
  table: string,
  number?: number,
): Promise<ExtraVersions> {
  const recomputed: ExtraVersions = number === undefined ? {} : { [recompute]: number };
  if (table !== 'gold.org_monthly_engagement') return recomputed;
  const snapshots = await loadedSnapshots(lake, 'bronze.users');
  if (snapshots.length === 0) return recomputed;
  const latest = new Date(Math.max(...snapshots.map((s) => s.instantUs)) / 1000);
  return {
    ...recomputed,
    users_snapshot_month: Date.UTC(latest.getUTCFullYear(), latest.getUTCMonth(), 1) / 86_400_000,
  };
}
