/** The facts that a data commit carries about itself: what the ledger is made of. */
import type { Commit } from '../engine/delta/types.ts';
import { Imbalance } from './compute/conserved.ts';
import type { Run } from './context.ts';
import type { Counts } from './counts.ts';

export interface WorkInfo {
  readonly counts: Counts;
  readonly partitions: number;
  readonly bytes: number;
  readonly workflowId: string;
  readonly runId: string;
  readonly startedUs: number;
  readonly durationMs: number;
  /** Upstream table → version consumed. */
  readonly upstream: Readonly<Record<string, number>>;
  /** Why it was done; absent in commits from before this was kept. */
  readonly reason?: string;
}

/** What to store in a commit. `startedMs` and `nowMs` are milliseconds since 1970. */
export function workInfo(
  run: Run,
  counts: Counts,
  facts: Pick<WorkInfo, 'partitions' | 'bytes' | 'upstream'> & {
    readonly reason: string;
    readonly startedMs: number;
    readonly nowMs: number;
  },
): Record<string, unknown> & { readonly work: WorkInfo } {
  return {
    work: {
      counts,
      partitions: facts.partitions,
      bytes: facts.bytes,
      upstream: facts.upstream,
      reason: facts.reason,
      workflowId: run.workflowId,
      runId: run.runId,
      startedUs: facts.startedMs * 1000,
      durationMs: facts.nowMs - facts.startedMs,
    },
  };
}

/** The work a commit did, or null for commits that did none (compaction, the latest snapshot of a master put back on top). */
export function workOf(commit: Commit): WorkInfo | null {
  return (commit.info.work as WorkInfo | undefined) ?? null;
}

/** Why a commit was made; null for commits from before this was kept. */
export function reasonOf(commit: Commit): string | null {
  const reason = workOf(commit)?.reason ?? commit.info.reason;
  return typeof reason === 'string' ? reason : null;
}

/** Throws `Imbalance` unless read = written + unchanged + quarantined + duplicate; the message names the table and the difference. */
export function checkBalance(table: string, counts: Counts): void {
  const { read, written, unchanged, quarantined, duplicate } = counts;
  const difference = read - written - unchanged - quarantined - duplicate;
  if (difference === 0) return;
  throw new Imbalance(
    `${table}: ${read} rows read ≠ ${written} written + ${unchanged} unchanged + ${quarantined} quarantined + ` +
      `${duplicate} duplicate; difference ${difference}`,
  );
}
