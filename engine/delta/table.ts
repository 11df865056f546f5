/**
 * A Delta Lake table.
 */
import { randomUUID } from 'node:crypto';
import type { ObjectStore } from '../storage/object-store.ts';
import { checkpointInterval, hintedCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { commitOn } from './commit.ts';
import { loadState, rollForward } from './load.ts';
import { DeltaLog } from './log.ts';
import { Mutex, mutexFor } from './mutex.ts';
import type { TableState } from './snapshot.ts';
import type { Commit, CommitRequest, CommitResult, Snapshot } from './types.ts';

/** Snapshots of older versions that were read from the log again, kept in memory. */
const keptSnapshots = 4;

/** Commits of a long log in memory at a time. */
const commitsAtATime = 256;

/** States that were the newest a while ago, kept for those who pinned them: they share their files with the newest. */
const recentStates = 32;

/** What a table takes from its surroundings; every one has a default. */
export interface DeltaTableOptions {
  /** Milliseconds since 1970; default `Date.now`. */
  readonly clock?: () => number;
  /** Least number of commits between two checkpoints; default 10. Large tables wait longer. */
  readonly checkpointInterval?: number;
  /** Told when a checkpoint could not be written; the commit before it stands, and a later commit tries again. */
  readonly onCheckpointError?: (error: unknown) => void;
  /** New unique identifiers; default random UUIDs. */
  readonly newId?: () => string;
  /** From 0 to 1, for the pause after a lost race; default `Math.random`. */
  readonly random?: () => number;
}

/**
 * The table at a path of a store, whether or not it exists yet. Keeps the newest state in memory, so one object should serve
 * a whole process. Other processes may write the same table at the same time.
 */
export class DeltaTable {
  readonly store: ObjectStore;
  /** Relative to the store's root, such as `silver/usage_events`. */
  readonly path: string;
  readonly #log: DeltaLog;
  readonly #options: Required<DeltaTableOptions>;
  readonly #refreshing = new Mutex();
  readonly #older = new Map<number, TableState>();
  readonly #recent = new Map<number, TableState>();
  #state: TableState | null = null;
  #lastCheckpoint = -1;
  #checkpointing: Promise<void> | null = null;

  constructor(store: ObjectStore, path: string, options: DeltaTableOptions = {}) {
    this.store = store;
    this.path = path;
    this.#log = new DeltaLog(store, path);
    this.#options = {
      clock: Date.now,
      checkpointInterval: 10,
      onCheckpointError: () => undefined,
      newId: randomUUID,
      random: Math.random,
      ...options,
    };
  }

  /** The newest version, or null when the table does not exist. Sees every commit that ended before the call. */
  latest(): Promise<Snapshot | null> {
    return this.#refresh();
  }

  /** The table as it was at a version. Throws when there is no such version, or its commits are gone. */
  async at(version: number): Promise<Snapshot> {
    const newest = this.#state ?? (await this.#refresh());
    if (newest?.version === version) return newest;
    const kept = this.#recent.get(version) ?? this.#older.get(version);
    if (kept !== undefined) return kept;
    if (!Number.isSafeInteger(version) || version < 0) throw new Error(`${this.path} has no version ${version}`);
    const nearest = [...this.#older.values(), ...this.#recent.values(), ...(newest === null ? [] : [newest])]
      .filter((state) => state.version < version)
      .reduce<TableState | null>((best, state) => (best === null || state.version > best.version ? state : best), null);
    const loaded = await loadState(this.store, this.#log, nearest, version);
    if (loaded === null) throw new Error(`${this.path} has no version ${version}: the table does not exist`);
    this.#older.set(version, loaded.state);
    if (this.#older.size > keptSnapshots) this.#older.delete(this.#older.keys().next().value!);
    return loaded.state;
  }

  /** The last version committed at or before a time (milliseconds since 1970), or null when there was none. */
  async versionAt(timestampMs: number): Promise<number | null> {
    const newest = await this.#refresh();
    if (newest === null) return null;
    // Times rise with versions. A commit that was cleaned away is older than any that is there.
    let low = -1;
    let high = newest.version;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const commit = await this.#log.commit(middle, newest.metadata.columns);
      if (commit === null || commit.timestampMs <= timestampMs) low = middle;
      else high = middle - 1;
    }
    return low === -1 ? null : low;
  }

  /** The commits after a version (−1: all) up to another (default: the newest), in order. Throws when some of them are gone. */
  async commitsSince(version: number, upTo = Number.POSITIVE_INFINITY): Promise<Commit[]> {
    const newest = await this.#refresh();
    if (newest === null) return [];
    return this.#log.commits(version + 1, Math.min(upTo, newest.version), newest.metadata.columns);
  }

  /** The same one by one, for logs that are long: few of them are in memory at a time. */
  async *eachCommitSince(version: number, upTo = Number.POSITIVE_INFINITY): AsyncGenerator<Commit, void, void> {
    const newest = await this.#refresh();
    if (newest === null) return;
    const last = Math.min(upTo, newest.version);
    for (let first = version + 1; first <= last; first += commitsAtATime) {
      yield* await this.#log.commits(first, Math.min(first + commitsAtATime - 1, last), newest.metadata.columns);
    }
  }

  /** The last `limit` commits, newest first. */
  async history(limit: number): Promise<Commit[]> {
    const newest = await this.#refresh();
    if (newest === null) return [];
    const first = Math.max(0, newest.version - limit + 1);
    return (await this.#log.commits(first, newest.version, newest.metadata.columns)).reverse();
  }

  /**
   * Makes a commit on top of the newest version, if nothing since `request.base` stands against it. The commit is durable
   * when this returns; a checkpoint may still be being written (`idle`). Throws `CommitConflict` when somebody changed what
   * the request had read; other errors mean that nothing was committed, or that it is not known: repeating the request
   * with its identity is safe.
   */
  commit(request: CommitRequest): Promise<CommitResult> {
    // Writers of one process queue here instead of racing each other on the store.
    return mutexFor(`${this.store.root}\n${this.path}`).run(async () => {
      const result = await commitOn(
        {
          ...this.#options,
          log: this.#log,
          refresh: () => this.#refresh(),
        },
        request,
      );
      if (result.outcome === 'committed') {
        this.#advance(result.snapshot);
        this.#checkpointIfDue(result.snapshot);
      }
      return result;
    });
  }

  /** Waits for the checkpoint that is being written, if any. */
  async idle(): Promise<void> {
    await this.#checkpointing;
  }

  #refresh(): Promise<TableState | null> {
    return this.#refreshing.run(async () => {
      const known = this.#state;
      const rolled = known === null ? null : await rollForward(this.#log, known);
      const loaded = rolled === null ? await loadState(this.store, this.#log, known) : null;
      if (loaded !== null) this.#lastCheckpoint = Math.max(this.#lastCheckpoint, loaded.checkpoint ?? -1);
      const found = rolled ?? loaded?.state ?? null;
      if (found !== null) this.#advance(found);
      return this.#state;
    });
  }

  /** Takes in a state, unless a newer one is known: commits and readers of this process do not wait for each other. */
  #advance(state: TableState): void {
    if (this.#state !== null && this.#state.version >= state.version) return;
    this.#state = state;
    this.#recent.set(state.version, state);
    if (this.#recent.size > recentStates) this.#recent.delete(this.#recent.keys().next().value!);
  }

  #checkpointIfDue(state: TableState): void {
    if (this.#checkpointing !== null || !this.#isDue(state)) return;
    this.#checkpointing = (async () => {
      try {
        // Another process may have written one meanwhile.
        const hint = await hintedCheckpoint(this.store, this.#log);
        this.#lastCheckpoint = Math.max(this.#lastCheckpoint, hint ?? -1);
        if (!this.#isDue(state)) return;
        await writeCheckpoint(this.store, this.#log, state);
        this.#lastCheckpoint = state.version;
      } catch (error) {
        this.#options.onCheckpointError(error);
      } finally {
        this.#checkpointing = null;
      }
    })();
  }

  #isDue(state: TableState): boolean {
    return state.version - this.#lastCheckpoint >= checkpointInterval(state, this.#options.checkpointInterval);
  }
}
