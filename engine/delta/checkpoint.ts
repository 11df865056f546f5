/**
 * Checkpoints: a table's whole state in one Parquet file (classic V1), so that readers need not replay the log.
 * Source: PROTOCOL.md, "Checkpoints" and "Last Checkpoint File".
 */
import type { Table } from 'apache-arrow';
import { decodeTable, encodeTable } from '../parquet/codec.ts';
import { ObjectNotFound, type ObjectStore } from '../storage/object-store.ts';
import { actionsIn, type CheckpointRows, checkpointTable, countOf } from './checkpoint-rows.ts';
import { metadataAction } from './encode-commit.ts';
import { integerOf, recordOf, textOf } from './json.ts';
import type { DeltaLog } from './log.ts';
import { parseAdd, parseMetadata, parseProtocol, parseRemove } from './parse-commit.ts';
import { encodePath } from './paths.ts';
import type { TableState } from './snapshot.ts';
import { encodeStats } from './stats-json.ts';
import { Tombstones } from './tombstones.ts';

/**
 * How many commits may follow a checkpoint before the next one: the square root of the number of actions in it, at least
 * `least`. A checkpoint costs as much as it has actions, and opening a table costs those plus the commits since: with the
 * root both stay small beside the work itself (10,000 files: every 100 commits).
 */
export function checkpointInterval(state: TableState, least: number): number {
  return Math.max(least, Math.ceil(Math.sqrt(actionCount(state))));
}

/** Writes the state's checkpoint and then the hint that names it. Writing it twice is harmless. */
export async function writeCheckpoint(store: ObjectStore, log: DeltaLog, state: TableState): Promise<void> {
  const rows = rowsOf(state);
  const bytes = encodeTable(checkpointTable(rows));
  await store.put(log.checkpointPath(state.version), bytes);
  const hint = {
    version: state.version,
    size: rows.add.path.length + rows.remove.path.length + rows.txn.appId.length + 2,
    sizeInBytes: bytes.length,
    numOfAddFiles: state.files.length,
  };
  await store.put(hintPath(log), new TextEncoder().encode(JSON.stringify(hint)));
}

/** The version that `_last_checkpoint` names, or null when it names none: it is only a hint, so damage counts as none. */
export async function hintedCheckpoint(store: ObjectStore, log: DeltaLog): Promise<number | null> {
  let bytes: Uint8Array;
  try {
    bytes = await store.get(hintPath(log));
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
  try {
    const version = recordOf(JSON.parse(new TextDecoder().decode(bytes)), 'hint').version;
    return integerOf(version, 'version');
  } catch {
    return null;
  }
}

/**
 * The state in a checkpoint of that version. The time of the version is not in it: `timestampMs` is the commit's, or the
 * checkpoint file's own when the commit is gone. Throws when the file is missing or damaged.
 */
export async function readCheckpoint(store: ObjectStore, log: DeltaLog, version: number): Promise<TableState> {
  const path = log.checkpointPath(version);
  const state = stateIn(await decodeTable(await store.get(path)), path, version);
  const commit = await log.commit(version, state.metadata.columns);
  const timestampMs = commit?.timestampMs ?? Math.floor((await store.head(path))?.modifiedMs ?? 0);
  return { ...state, timestampMs };
}

function hintPath(log: DeltaLog): string {
  return `${log.folder}/_last_checkpoint`;
}

function actionCount(state: TableState): number {
  return state.files.length + state.tombstones.atMost + state.txns.size + 2;
}

function rowsOf(state: TableState): CheckpointRows {
  const { files, metadata } = state;
  const tombstones = state.tombstones.list(state.timestampMs, new Set(files.map((file) => file.path)));
  return {
    protocol: state.protocol,
    metaData: metadataAction(metadata, state.identity),
    txn: { appId: [...state.txns.keys()], version: [...state.txns.values()] },
    add: {
      path: files.map((file) => encodePath(file.path)),
      partitionValues: files.map((file) => file.partitionValues),
      size: files.map((file) => file.size),
      modificationTime: files.map((file) => file.modificationTime),
      dataChange: files.map((file) => file.dataChange),
      stats: files.map((file) => encodeStats(file.stats, metadata.columns)),
      tags: files.map((file) => file.tags ?? null),
    },
    remove: {
      path: tombstones.map((file) => encodePath(file.path)),
      deletionTimestamp: tombstones.map((file) => file.deletedMs),
      dataChange: tombstones.map((file) => file.dataChange),
      partitionValues: tombstones.map((file) => file.partitionValues),
      size: tombstones.map((file) => file.size),
    },
  };
}

function stateIn(table: Table, path: string, version: number): TableState {
  const metaData = actionsIn(table, 'metaData')[0];
  const protocol = actionsIn(table, 'protocol')[0];
  if (metaData === undefined || protocol === undefined) throw new Error(`${path}: no metaData or no protocol in it`);
  const { metadata, identity } = parseMetadata(metaData);
  return {
    version,
    timestampMs: 0,
    metadata,
    identity,
    protocol: parseProtocol(protocol),
    files: actionsIn(table, 'add').map((add) => parseAdd(add, metadata.columns)),
    txns: new Map(
      actionsIn(table, 'txn').map((txn) => [textOf(txn.appId, 'appId'), integerOf(txn.version, 'txn.version')]),
    ),
    tombstones: Tombstones.unread(countOf(table, 'remove'), () => actionsIn(table, 'remove').map(parseRemove)),
  };
}
