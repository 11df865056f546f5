/** What activities are given: the edges of the system. */
import type { Lake } from '../engine/delta/lake.ts';
import type { Session } from '../serving/session.ts';
import type { AlertSettings } from './alerts/settings.ts';
import type { Compute } from './compute/compute.ts';
import type { Counts } from './counts.ts';
import type { Receiver } from './notification.ts';
import type { RoundSoFar } from './stream/round-so-far.ts';

export interface ActivityContext {
  readonly lake: Lake;
  /** The lake's address, for compute threads. */
  readonly lakeRoot: string;
  /** Folder of the raw exports. */
  readonly landing: string;
  readonly compute: Compute;
  /** Connects to Cassandra at the first call; later calls give the same session. */
  readonly serving: () => Promise<Session>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Bytes of landing files in one micro-batch. */
  readonly batchBytes: number;
  /** An event older than the latest one minus this is late. */
  readonly watermarkDelayMs: number;
  /** Null: no budgets, no alerts. */
  readonly alerts: AlertSettings | null;
  /** Who is told of failures, missed runs and audit findings; null: nobody. */
  readonly receiver: Receiver | null;
}

/** Who does the work and whom to tell: from the Temporal activity, or a stand-in outside one. */
export interface Run {
  readonly workflowId: string;
  readonly runId: string;
  /** When the work was first asked for, milliseconds since 1970. */
  readonly scheduledMs: number;
  /** From 1; more than 1 when an attempt before failed. */
  readonly attempt: number;
  /** Aborted when the activity is cancelled or its worker shuts down. */
  readonly signal: AbortSignal;
  /** Says how far the work is; shown in the Temporal UI and by `cpa run`. */
  readonly report: (progress: Progress) => void;
  /** Sets a metric of the worker. */
  readonly gauge: (metric: Metric, value: number) => void;
  /** Adds to a metric of the worker that only grows, a whole number. */
  readonly count: (metric: Metric, more: number) => void;
}

/** A metric as those who gather it see it; the name ends in its unit. */
export interface Metric {
  readonly name: string;
  readonly description: string;
}

export interface Progress {
  readonly layer: string;
  readonly table: string;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly rows: number;
  readonly rowsPerSecond: number;
  /** Of the continuous stream. */
  readonly round?: RoundSoFar;
}

/** What one piece of work did to one table: the ledger's counts. */
export interface TableResult extends Counts {
  readonly table: string;
  readonly version: number;
  readonly partitions: number;
  readonly bytes: number;
  readonly ms: number;
}
