/**
 * The `_delta_log` folder: names, listing, and commits read from it.
 */
import type { ColumnSpec } from '../columnar/column.ts';
import { ObjectNotFound, type ObjectStore } from '../storage/object-store.ts';
import type { LogCommit } from './actions.ts';
import { parseCommit } from './parse-commit.ts';
import { giveTurn } from './turns.ts';

/** How many log files are read side by side. */
const readParallelism = 32;

/** How many parsed commits are kept in memory unless told otherwise. */
const cachedCommits = 2000;

/** What a listing of the log holds: the newest commit and the checkpoints, ascending. */
export interface LogListing {
  readonly latest: number | null;
  readonly checkpoints: readonly number[];
}

/** A version as the log writes it in file names. */
export function paddedVersion(version: number): string {
  return String(version).padStart(20, '0');
}

/** The log of one table. Commits never change, so those once parsed are kept. */
export class DeltaLog {
  readonly folder: string;
  readonly #store: ObjectStore;
  readonly #cache = new Map<number, LogCommit>();
  readonly #cached: number;

  /** `cached`: how many parsed commits are kept in memory. */
  constructor(store: ObjectStore, tablePath: string, cached = cachedCommits) {
    this.#store = store;
    this.#cached = cached;
    this.folder = `${tablePath}/_delta_log`;
  }

  commitPath(version: number): string {
    return `${this.folder}/${paddedVersion(version)}.json`;
  }

  checkpointPath(version: number): string {
    return `${this.folder}/${paddedVersion(version)}.checkpoint.parquet`;
  }

  /** What the log holds. Multi-part and V2 checkpoints of other writers are passed over. */
  async list(): Promise<LogListing> {
    const checkpoints: number[] = [];
    let latest: number | null = null;
    for (const { path } of await this.#store.list(this.folder)) {
      const match = /^(\d{20})\.(json|checkpoint\.parquet)$/.exec(path.slice(this.folder.length + 1));
      if (match === null) continue;
      const version = Number(match[1]);
      if (match[2] === 'json') latest = version;
      else checkpoints.push(version);
    }
    return { latest, checkpoints };
  }

  /** The newest version, given one that is there: versions have no gaps, so it is found in steps that double and halve again. */
  async newest(known: number): Promise<number> {
    let newest = known;
    let step = 1;
    for (; await this.#exists(newest + step); step *= 2) newest += step;
    for (step /= 2; step >= 1; step /= 2) if (await this.#exists(newest + step)) newest += step;
    return newest;
  }

  /** The commit of a version, or null when there is none. `columns`: the table's, as far as known. */
  async commit(version: number, columns: readonly ColumnSpec[]): Promise<LogCommit | null> {
    const cached = this.#cache.get(version);
    if (cached !== undefined) return cached;
    const bytes = await this.#read(version);
    return bytes === null ? null : this.#parse(version, bytes, columns);
  }

  /** The commits of versions `first` … `last`. Throws when one is missing. */
  async commits(first: number, last: number, columns: readonly ColumnSpec[]): Promise<LogCommit[]> {
    const commits: LogCommit[] = [];
    let known = columns;
    for (let start = first; start <= last; start += readParallelism) {
      const versions = Array.from({ length: Math.min(readParallelism, last - start + 1) }, (_, i) => start + i);
      // Taken from memory now: what is parsed next may push it out.
      const found = await Promise.all(versions.map((version) => this.#cache.get(version) ?? this.#read(version)));
      for (const [i, version] of versions.entries()) {
        const one = found[i] ?? null;
        if (one === null) throw new Error(`${this.commitPath(version)} is missing`);
        // Parsed in order, because statistics are typed by the columns that earlier commits declare.
        const commit = one instanceof Uint8Array ? await this.#parse(version, one, known) : one;
        known = commit.metadata?.columns ?? known;
        commits.push(commit);
      }
      await giveTurn();
    }
    return commits;
  }

  /** Creates the commit file of a version unless it exists; false when it does. */
  write(version: number, bytes: Uint8Array): Promise<boolean> {
    return this.#store.putIfAbsent(this.commitPath(version), bytes);
  }

  /** Keeps a commit that is known to be in the log. */
  keep(commit: LogCommit): void {
    this.#cache.set(commit.version, commit);
    if (this.#cache.size > this.#cached) this.#cache.delete(this.#cache.keys().next().value!);
  }

  async #exists(version: number): Promise<boolean> {
    return this.#cache.has(version) || (await this.#store.head(this.commitPath(version))) !== null;
  }

  async #read(version: number): Promise<Uint8Array | null> {
    try {
      return await this.#store.get(this.commitPath(version));
    } catch (error) {
      if (error instanceof ObjectNotFound) return null;
      throw error;
    }
  }

  async #parse(version: number, bytes: Uint8Array, columns: readonly ColumnSpec[]): Promise<LogCommit> {
    let commit = parseCommit(version, bytes, columns);
    if (commit.timestampMs === 0) {
      const file = await this.#store.head(this.commitPath(version));
      commit = { ...commit, timestampMs: Math.floor(file?.modifiedMs ?? 0) };
    }
    this.keep(commit);
    return commit;
  }
}
