/**
 * A table's state from its log: from the best starting point, the commits after it.
 */
import type { ObjectStore } from '../storage/object-store.ts';
import { hintedCheckpoint, readCheckpoint } from './checkpoint.ts';
import type { DeltaLog } from './log.ts';
import { replay, type TableState } from './snapshot.ts';

/** How many commits in a row are looked for one by one before the log is listed. */
const probes = 16;

/** A state and the newest checkpoint that was seen on the way (null: none). */
export interface Loaded {
  readonly state: TableState;
  readonly checkpoint: number | null;
}

/** The state after the commits that directly follow `known`, when they are few; null when there are more to come. */
export async function rollForward(log: DeltaLog, known: TableState): Promise<TableState | null> {
  const commits = [];
  let columns = known.metadata.columns;
  while (commits.length < probes) {
    const commit = await log.commit(known.version + commits.length + 1, columns);
    if (commit === null) return commits.length === 0 ? known : replay(known, commits);
    columns = commit.metadata?.columns ?? columns;
    commits.push(commit);
  }
  return null;
}

/**
 * The state at `version` (default: the newest), or null when the table has no commit yet. Starts from `known` or from a
 * checkpoint, whichever is nearer; a checkpoint that cannot be read is passed over for the one before it, and at last for
 * the log's beginning. Throws when the version does not exist or its commits are gone.
 */
export async function loadState(
  store: ObjectStore,
  log: DeltaLog,
  known: TableState | null,
  version?: number,
): Promise<Loaded | null> {
  const hint = await hintedCheckpoint(store, log);
  // Nothing before the best starting point that is known can be of use.
  const from = Math.max(0, ...[hint, known?.version].filter((v) => v != null && v <= (version ?? v)).map(Number));
  const loaded = await loadFrom(store, log, known, version, from).catch((error: unknown) => {
    if (from === 0) throw error;
    return null;
  });
  // What the hint promised is not there: look at the whole log.
  return loaded ?? (from === 0 ? null : loadFrom(store, log, known, version, 0));
}

async function loadFrom(
  store: ObjectStore,
  log: DeltaLog,
  known: TableState | null,
  version: number | undefined,
  from: number,
): Promise<Loaded | null> {
  const { latest, checkpoints } = await log.list(from);
  const target = version ?? latest;
  if (latest === null && known === null && checkpoints.length === 0) return null;
  if (target === null || latest === null || target > latest) {
    throw new Error(`${log.folder} has no version ${target ?? known?.version} (the newest is ${latest})`);
  }
  const usable = checkpoints.filter((v) => v <= target);
  const starts = usable.map((v) => ({ version: v, open: () => readCheckpoint(store, log, v) }));
  if (known !== null && known.version <= target) {
    starts.push({ version: known.version, open: () => Promise.resolve(known) });
  }
  starts.sort((a, b) => b.version - a.version);

  let failure: unknown = null;
  for (const { open } of [...starts, { open: () => Promise.resolve(null) }]) {
    try {
      const base = await open();
      const commits = await log.commits((base?.version ?? -1) + 1, target, base?.metadata.columns ?? []);
      const state = base !== null && commits.length === 0 ? base : replay(base, commits);
      return { state, checkpoint: usable.at(-1) ?? null };
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}
