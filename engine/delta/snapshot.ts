/**
 * A table's state: what is left when its commits have been applied in order.
 * Source: PROTOCOL.md, "Action Reconciliation".
 */
import type { LogCommit, Protocol, TableIdentity, Tombstone } from './actions.ts';
import { leavesTombstone, Tombstones } from './tombstones.ts';
import type { AddFile, Snapshot } from './types.ts';

/** A snapshot with what a checkpoint needs on top. */
export interface TableState extends Snapshot {
  readonly protocol: Protocol;
  readonly identity: TableIdentity;
  readonly tombstones: Tombstones;
}

/**
 * The state after `commits` (consecutive, the first one right after `state`; null for a table's beginning). The given state
 * is not changed. Files keep the order in which they were last added. Throws when commits are missing or the first
 * commit says no protocol or no schema.
 */
export function replay(state: TableState | null, commits: readonly LogCommit[]): TableState {
  const touched = new Map<string, AddFile | null>();
  const removed = new Map<string, Tombstone>();
  const gone = (file: AddFile): void => {
    const remove = removed.get(file.path);
    if (remove !== undefined && !leavesTombstone(file, remove)) removed.delete(file.path);
  };
  let { version, timestampMs, metadata, identity, protocol } = state ?? beginning;
  for (const commit of commits) {
    if (commit.version !== version + 1) throw new Error(`Delta log: version ${version + 1} is missing`);
    ({ version, timestampMs } = commit);
    protocol = commit.protocol ?? protocol;
    metadata = commit.metadata ?? metadata;
    identity = commit.identity ?? identity;
    for (const remove of commit.removes) {
      const added = touched.get(remove.path);
      touched.delete(remove.path);
      touched.set(remove.path, null);
      removed.delete(remove.path);
      removed.set(remove.path, remove);
      if (added != null) gone(added);
    }
    for (const add of commit.adds) {
      // Deleted first, so that the entry moves to the end.
      touched.delete(add.path);
      touched.set(add.path, add);
      removed.delete(add.path);
    }
  }
  if (protocol === null || metadata === null || identity === null) {
    throw new Error(`Delta log: no protocol or no metadata up to version ${version}`);
  }
  const files = filesAfter(state?.files ?? [], touched, gone);
  const tombstones = (state?.tombstones ?? Tombstones.none).with([...removed.values()], timestampMs);
  return { version, timestampMs, metadata, identity, protocol, files, txns: txnsAfter(state, commits), tombstones };
}

const beginning = { version: -1, timestampMs: 0, metadata: null, identity: null, protocol: null };

/** The files without those touched, and after them those that are there again; tells `gone` of each that was there. */
function filesAfter(
  files: readonly AddFile[],
  touched: ReadonlyMap<string, AddFile | null>,
  gone: (file: AddFile) => void,
): readonly AddFile[] {
  if (touched.size === 0) return files;
  const left = files.filter((file) => {
    if (!touched.has(file.path)) return true;
    gone(file);
    return false;
  });
  for (const file of touched.values()) if (file !== null) left.push(file);
  return left;
}

function txnsAfter(state: TableState | null, commits: readonly LogCommit[]): ReadonlyMap<string, number> {
  if (state !== null && commits.every((commit) => commit.txns.size === 0)) return state.txns;
  const txns = new Map(state?.txns);
  for (const commit of commits) for (const [appId, txn] of commit.txns) txns.set(appId, txn);
  return txns;
}
