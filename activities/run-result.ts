/** What a workflow run has done to a table, from the table's own commits: the same whichever attempt asks. */
import type { DeltaTable } from '../engine/delta/table.ts';
import type { Commit } from '../engine/delta/types.ts';
import { type WorkInfo, workOf } from './commit-info.ts';
import type { ActivityContext, Run, TableResult } from './context.ts';

/** How much the clocks of the worker and of Temporal may differ. */
const clockSkewMs = 600_000;

/**
 * The commits on the table that are this run's work, by whichever attempt. `isPart`: only those since this activity was asked for,
 * as exactly as the clocks of the worker and of Temporal agree.
 */
export async function commitsOfRun(
  context: ActivityContext,
  run: Run,
  table: string,
  isPart = false,
): Promise<Commit[]> {
  const commits = await commitsAfter(context.lake.table(table), run.scheduledMs - (isPart ? 0 : clockSkewMs));
  return commits.filter((commit) => {
    const work = workOf(commit);
    return work !== null && work.runId === run.runId && work.workflowId === run.workflowId;
  });
}

/** Adds up the work that a run did on a table. */
export async function resultOfRun(
  context: ActivityContext,
  run: Run,
  table: string,
  startedMs: number,
): Promise<TableResult> {
  return resultOf(context, table, await commitsOfRun(context, run, table), startedMs);
}

/** Adds up the work of these commits on a table. */
export async function resultOf(
  context: ActivityContext,
  table: string,
  commits: readonly Commit[],
  startedMs: number,
): Promise<TableResult> {
  const work = commits.map((commit) => workOf(commit)!);
  const sum = (pick: (w: WorkInfo) => number): number => work.reduce((n, w) => n + pick(w), 0);
  return {
    table,
    version: (await context.lake.table(table).latest())?.version ?? -1,
    partitions: sum((w) => w.partitions),
    read: sum((w) => w.counts.read),
    written: sum((w) => w.counts.written),
    unchanged: sum((w) => w.counts.unchanged),
    quarantined: sum((w) => w.counts.quarantined),
    duplicate: sum((w) => w.counts.duplicate),
    late: sum((w) => w.counts.late),
    bytes: sum((w) => w.bytes),
    ms: context.clock() - startedMs,
  };
}

async function commitsAfter(table: DeltaTable, timestampMs: number): Promise<Commit[]> {
  for (let limit = 16; ; limit *= 4) {
    const commits = await table.history(limit);
    const oldest = commits.at(-1);
    if (oldest === undefined || oldest.version === 0 || oldest.timestampMs < timestampMs) {
      return commits.filter((c) => c.timestampMs >= timestampMs);
    }
  }
}
