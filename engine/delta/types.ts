/**
 * The vocabulary of the Delta Lake log as this package uses it (reader version 1, writer version 2).
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md
 */
import type { ColumnSpec } from '../columnar/column.ts';

/** Partition column → its value as the protocol's string, null for null. Dates are `YYYY-MM-DD`. */
export type PartitionValues = Readonly<Record<string, string | null>>;

/** A data file of a table's current state. `path` is decoded, relative to the table's root. */
export interface AddFile {
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly size: number;
  readonly modificationTime: number;
  readonly dataChange: boolean;
  readonly stats: FileStats;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Statistics in the protocol's JSON shape. Decimals and 64-bit integers are kept as numeric text. */
export interface FileStats {
  readonly numRecords: number;
  readonly minValues?: Readonly<Record<string, unknown>>;
  readonly maxValues?: Readonly<Record<string, unknown>>;
  readonly nullCount?: Readonly<Record<string, number>>;
}

/** What a table is: its columns in order, which of them partition it, and words about it. */
export interface TableMetadata {
  readonly name: string;
  readonly description: string;
  readonly columns: readonly ColumnSpec[];
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
}

/** A table at one version. */
export interface Snapshot {
  readonly version: number;
  readonly timestampMs: number;
  readonly metadata: TableMetadata;
  readonly files: readonly AddFile[];
  /** The last `txn` version of every application id. */
  readonly txns: ReadonlyMap<string, number>;
}

/** One commit as read back from the log. */
export interface Commit {
  readonly version: number;
  readonly timestampMs: number;
  readonly adds: readonly AddFile[];
  readonly removes: readonly RemovedFile[];
  readonly txns: ReadonlyMap<string, number>;
  readonly metadata: TableMetadata | null;
  readonly operation: string;
  /** Free facts the writer stored in `commitInfo` (counts, run id, reason). */
  readonly info: Readonly<Record<string, unknown>>;
}

export interface RemovedFile {
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly dataChange: boolean;
}

/** What a commit depended on: a later commit that changes it is a conflict. */
export type ReadSet =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'table' }
  | { readonly kind: 'partitions'; readonly partitions: readonly PartitionValues[] };

/** A commit to make on top of `base` (null: the table must not exist yet and `metadata` is required). */
export interface CommitRequest {
  readonly base: Snapshot | null;
  readonly reads: ReadSet;
  readonly adds: readonly AddFile[];
  readonly removes: readonly AddFile[];
  /**
   * Application id → version. `identity` names the one that tells whether this very commit was made before; the others
   * are bookkeeping that travels with it.
   */
  readonly txns: Readonly<Record<string, number>>;
  readonly identity?: string;
  /** New metadata: the first commit's, or an evolved schema (columns may only be added, nullable). */
  readonly metadata?: TableMetadata;
  /** False for commits that rearrange rows without changing them (compaction). */
  readonly dataChange: boolean;
  readonly operation: string;
  readonly info: Readonly<Record<string, unknown>>;
}

/** `already` means that a commit with this identity at this or a later version exists; nothing was written. */
export type CommitResult =
  | { readonly outcome: 'committed'; readonly version: number; readonly snapshot: Snapshot }
  | { readonly outcome: 'already'; readonly snapshot: Snapshot };

/** A concurrent commit changed what this one had read. Read the winners, check again, commit again on `snapshot`. */
export class CommitConflict extends Error {
  override readonly name = 'CommitConflict';
  readonly winners: readonly Commit[];
  readonly snapshot: Snapshot;
  constructor(message: string, winners: readonly Commit[], snapshot: Snapshot) {
    super(message);
    this.winners = winners;
    this.snapshot = snapshot;
  }
}
