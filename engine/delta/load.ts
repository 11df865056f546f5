/**
 * A table's state from its log: from the best starting point, the commits after it.
 */
import type { ObjectStore } from '../storage/object-store.ts';
import { hintedCheckpoint, readCheckpoint } from './checkpoint.ts';
import type { DeltaLog } from './log.ts';
import { replay, type TableState } from './snapshot.ts';

/** How many commits in a row are looked for one by one before a nearer start is looked for. */
const probes = 16;

/** How many commits are rather read than a checkpoint that saves them, or the whole log listed to find one. */
const near = 100;

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
  const hinted = hint !== null && hint <= (version ?? hint) ? [hint] : [];
  const nearest = Math.max(known?.version ?? -1, ...hinted);
  if (nearest >= 0 && (version === undefined || version - nearest <= near)) {
    const starts = startsOf(store, log, known, hinted);
    const target = { version, latest: await log.newest(nearest), checkpoint: hint };
    const loaded = await loadFrom(log, known, starts, target).catch(() => null);
    if (loaded !== null) return loaded;
  }
  // Nothing is known, it is far from what was asked for, or the hint is wrong: look at the whole log.
  const { latest, checkpoints } = await log.list();
  if (latest === null && known === null && checkpoints.length === 0) return null;
  const usable = checkpoints.filter((v) => v <= (version ?? v));
  const starts = [...startsOf(store, log, known, usable), beginning];
  return loadFrom(log, known, starts, { version, latest, checkpoint: usable.at(-1) ?? null });
}

/** Where replaying may start. */
interface Start {
  readonly version: number;
  open(): Promise<TableState | null>;
}

const beginning: Start = { version: -1, open: () => Promise.resolve(null) };

/** The best one first: the nearest, where a state that is known counts as so many versions nearer. */
function startsOf(
  store: ObjectStore,
  log: DeltaLog,
  known: TableState | null,
  checkpoints: readonly number[],
): Start[] {
  const starts: Start[] = checkpoints.map((version) => ({ version, open: () => readCheckpoint(store, log, version) }));
  starts.reverse();
  if (known === null) return starts;
  const better = starts.filter(({ version }) => version > known.version + near);
  return [...better, { version: known.version, open: () => Promise.resolve(known) }, ...starts.slice(better.length)];
}

interface Target {
  readonly version: number | undefined;
  /** The newest version of the log. */
  readonly latest: number | null;
  readonly checkpoint: number | null;
}

async function loadFrom(
  log: DeltaLog,
  known: TableState | null,
  starts: readonly Start[],
  { version, latest, checkpoint }: Target,
): Promise<Loaded> {
  const target = version ?? latest;
  if (target === null || latest === null || target > latest) {
    throw new Error(`${log.folder} has no version ${target ?? known?.version} (the newest is ${latest})`);
  }
  let failure: unknown = null;
  for (const { open } of starts.filter((start) => start.version <= target)) {
    try {
      const base = await open();
      const commits = await log.commits((base?.version ?? -1) + 1, target, base?.metadata.columns ?? []);
      const state = base !== null && commits.length === 0 ? base : replay(base, commits);
      return { state, checkpoint };
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}
