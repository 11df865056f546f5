/** One planned micro-batch: its commits, made once by whoever comes first. */
import type { DeltaTable } from '../engine/delta/table.ts';
import { type Commit, CommitConflict } from '../engine/delta/types.ts';
import { bronzeUsageEvents } from '../schemas/bronze.ts';
import { checkBalance, workInfo, workOf } from './commit-info.ts';
import { commitOf } from './commit-of.ts';
import { type IngestedShare, withColumns } from './compute/ingest-events.ts';
import { type Lateness, neverLate, sumLateness } from './compute/lateness.ts';
import type { UnreadableFile } from './compute/measure-files.ts';
import type { ActivityContext, Run } from './context.ts';
import type { Counts } from './counts.ts';
import type { DedupeIndex } from './dedupe-index.ts';
import { ingestShares } from './ingest-shares.ts';
import { commitLost, type PlannedBatch } from './landing-state.ts';
import { partitionOf } from './partition.ts';
import { appendQuarantine, quarantineFilesOf, writeQuarantine } from './quarantine.ts';
import { tellBatch } from './stream/metrics.ts';

/** A micro-batch that has all its commits. */
export interface FinishedBatch {
  readonly counts: Counts;
  readonly lateness: Lateness;
  /**
   * Planned ranges that were gone or replaced when this run read them: the batch has none of their rows, and what stands there now
   * comes as a new generation. None when another run made the batch.
   */
  readonly lost: readonly UnreadableFile[];
}

/**
 * Makes the commits of a planned batch that are not there yet: its rows with `txn (stream, n)`, also when it has none, then its
 * quarantine, whose files the first commit names, then what it says was lost. Tells `done` of the landing bytes and rows that are
 * through.
 */
export async function finishBatch(
  context: ActivityContext,
  run: Run,
  index: DedupeIndex,
  plan: PlannedBatch,
  done: (bytes: number, rows: number) => void,
): Promise<FinishedBatch> {
  const table = context.lake.table(bronzeUsageEvents.name);
  for (;;) {
    const startedMs = context.clock();
    const base = await table.latest();
    if ((base?.txns.get('stream') ?? -1) >= plan.batch) return finishRest(context, run, table, plan);
    const known = await index.take(base, run.signal);
    const shares = await ingestShares(context, run, known, index.seed, plan, base, startedMs, done);
    const adds = shares.flatMap((s) => s.adds);
    const counts = sumOf(shares.map((s) => s.counts));
    checkBalance(bronzeUsageEvents.name, counts);
    const quarantine = await writeQuarantine(context, run, 'usage_events', await withRaws(context, run, shares));
    const metadata = withColumns(base?.metadata ?? null, new Set(shares.flatMap((s) => s.columns)));
    try {
      const result = await table.commit({
        base,
        reads: { kind: 'table' },
        adds,
        removes: [],
        txns: { stream: plan.batch },
        identity: 'stream',
        ...(metadata.columns.length > (base?.metadata.columns.length ?? 0) ? { metadata } : {}),
        dataChange: true,
        operation: 'STREAMING UPDATE',
        info: {
          quarantine,
          lost: shares.flatMap((s) => s.lost),
          lateness: sumLateness(shares.map((s) => s.lateness)),
          ...workInfo(run, counts, {
            partitions: new Set(adds.map(partitionOf)).size,
            bytes: adds.reduce((n, a) => n + a.size, 0),
            upstream: { 'ops.landing_files': plan.batch },
            reason: `micro-batch ${plan.batch}`,
            startedMs,
            nowMs: context.clock(),
          }),
        },
      });
      if (result.outcome === 'committed') {
        index.give(known, result.version);
        tellBatch(run, counts, context.clock() - startedMs);
      }
    } catch (error) {
      // Another writer came first: what it wrote may hold ids of this batch.
      if (!(error instanceof CommitConflict)) throw error;
    }
  }
}

/** How late the late rows were that a commit of a micro-batch wrote; commits from before this was counted say nothing. */
export function latenessIn(commit: Commit): Lateness {
  return (commit.info.lateness as Lateness | undefined) ?? neverLate;
}

/** Whatever has to be there beside the batch's rows before the next one is planned. */
async function finishRest(
  context: ActivityContext,
  run: Run,
  table: DeltaTable,
  plan: PlannedBatch,
): Promise<FinishedBatch> {
  const { batch } = plan;
  const commit = await commitOf(table, 'stream', batch);
  await appendQuarantine(context, 'usage_events', quarantineFilesOf(commit), { appId: 'stream', version: batch });
  const lost = (commit.info.lost as UnreadableFile[] | undefined) ?? [];
  if (lost.length > 0) await commitLost(context.lake, plan, new Set(lost.map((l) => l.file)), context.clock());
  const work = workOf(commit)!;
  return { counts: work.counts, lateness: latenessIn(commit), lost: work.runId === run.runId ? lost : [] };
}

/** All rejects with their raw lines; those of conflicts are read again. */
async function withRaws(context: ActivityContext, run: Run, shares: readonly IngestedShare[]) {
  const rejected = shares.flatMap((s) => s.rejects.map((reject, i) => ({ reject, raw: s.raws[i] ?? null })));
  const conflicts = shares.flatMap((s) => s.conflicts);
  if (conflicts.length === 0) return rejected;
  const { landing, compute } = context;
  const raws = await compute.run('readRaws', { landing, rejects: conflicts }, { signal: run.signal });
  return [...rejected, ...conflicts.map((reject, i) => ({ reject, raw: raws[i] ?? null }))];
}

function sumOf(counts: readonly Counts[]): Counts {
  const sum = { read: 0, written: 0, unchanged: 0, quarantined: 0, duplicate: 0, late: 0 };
  for (const c of counts) for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += c[key];
  return sum;
}
