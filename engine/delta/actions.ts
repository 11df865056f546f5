/**
 * What a log is made of beyond the shared vocabulary: the actions that only the log itself needs.
 * Source: PROTOCOL.md, "Actions".
 */
import type { Commit, RemovedFile } from './types.ts';

/** What this package writes into every table, and the most it can read and write. */
export const protocol = { minReaderVersion: 1, minWriterVersion: 2 } as const;

/** A `protocol` action. */
export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
}

/** A `metaData` action: what a table is, with the identity it got when it was made. */
export interface TableIdentity {
  readonly tableId: string;
  readonly createdMs: number;
}

/** A `remove` action as the log keeps it: a file that left the table, and when. */
export interface Tombstone extends RemovedFile {
  readonly deletedMs: number;
  readonly size: number;
}

/** A commit with what only the log itself needs. `txnId` is the writer's own identifier of this attempt. */
export interface LogCommit extends Commit {
  readonly txnId: string | null;
  readonly protocol: Protocol | null;
  readonly identity: TableIdentity | null;
  readonly removes: readonly Tombstone[];
}
