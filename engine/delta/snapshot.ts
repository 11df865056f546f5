/**
 * A table's state: what is left when its commits have been applied in order.
 * Source: PROTOCOL.md, "Action Reconciliation".
 */
import type { LogCommit, Protocol, TableIdentity, Tombstone } from './actions.ts';
import type { AddFile, Snapshot } from './types.ts';

/** Tombstones older than this are no longer carried along (the protocol's default: one week). */
const tombstoneRetentionMs = 7 * 24 * 3600 * 1000;

/** A snapshot with what a checkpoint needs on top. */
export interface TableState extends Snapshot {
  readonly protocol: Protocol;
  readonly identity: TableIdentity;
  readonly tombstones: ReadonlyMap<string, Tombstone>;
}

/**
 * The state after `commits` (consecutive, the first one right after `state`; null for a table's beginning). The given state
 * is not changed. Files keep the order in which they were last added. Throws when commits are missing or the first
 * commit says no protocol or no schema.
 */
export function replay(state: TableState | null, commits: readonly LogCommit[]): TableState {
  const touched = new Map<string, AddFile | null>();
  const tombstones = new Map(state?.tombstones);
  const txns = new Map(state?.txns);
  let { version, timestampMs, metadata, identity, protocol } = state ?? beginning;
  for (const commit of commits) {
    if (commit.version !== version + 1) throw new Error(`Delta log: version ${version + 1} is missing`);
    ({ version, timestampMs } = commit);
    protocol = commit.protocol ?? protocol;
    metadata = commit.metadata ?? metadata;
    identity = commit.identity ?? identity;
    for (const [appId, txn] of commit.txns) txns.set(appId, txn);
    for (const remove of commit.removes) {
      touched.delete(remove.path);
      touched.set(remove.path, null);
      tombstones.set(remove.path, remove);
    }
    for (const add of commit.adds) {
      // Deleted first, so that the entry moves to the end.
      touched.delete(add.path);
      touched.set(add.path, add);
      tombstones.delete(add.path);
    }
  }
  if (protocol === null || metadata === null || identity === null) {
    throw new Error(`Delta log: no protocol or no metadata up to version ${version}`);
  }
  for (const [path, { deletedMs }] of tombstones) {
    if (deletedMs < timestampMs - tombstoneRetentionMs) tombstones.delete(path);
  }
  const files = (state?.files ?? []).filter((file) => !touched.has(file.path));
  for (const file of touched.values()) if (file !== null) files.push(file);
  return { version, timestampMs, metadata, identity, protocol, files, txns, tombstones };
}

const beginning = { version: -1, timestampMs: 0, metadata: null, identity: null, protocol: null };
