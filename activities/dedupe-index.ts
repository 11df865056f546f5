/** The index of every `event_id` in Bronze: kept in memory, followed commit by commit, rebuilt from the lake when lost. */
import { IdIndex } from '../engine/columnar/dedupe.ts';
import type { AddFile, Snapshot } from '../engine/delta/types.ts';
import { mapTasks } from './compute/compute.ts';
import type { ActivityContext } from './context.ts';
import { groupsOf } from './groups.ts';

/** Rows read by one task while the index is built. */
const taskRows = 500_000;

interface Held {
  readonly index: IdIndex;
  /** The version of the table whose rows it holds. */
  readonly version: number;
}

/**
 * The index belongs to one attempt at a time: `take` hands it over, `give` brings it back once what was inserted is committed.
 * Whoever comes meanwhile (a second run, an attempt after a time-out) builds one of its own, and so never sees
 * ids that are not committed; whoever fails just does not give it back.
 */
export class DedupeIndex {
  readonly seed: number;
  readonly #context: ActivityContext;
  #held: Held | null = null;

  /** `seed` keys the hashes: a random one cannot be aimed at. */
  constructor(context: ActivityContext, seed: number) {
    this.#context = context;
    this.seed = seed;
  }

  /** Takes the index of exactly the rows of a snapshot; null is the empty table. */
  async take(snapshot: Snapshot | null, signal: AbortSignal): Promise<IdIndex> {
    const held = this.#held;
    this.#held = null;
    if (snapshot === null) return new IdIndex();
    if (held === null || held.version > snapshot.version) return this.#build(snapshot, signal);
    const later = await this.#context.lake.table(snapshot.metadata.name).commitsSince(held.version, snapshot.version);
    if (later.some((c) => c.removes.some((r) => r.dataChange))) return this.#build(snapshot, signal);
    const added = later.flatMap((c) => c.adds.filter((a) => a.dataChange));
    try {
      await this.#insert(held.index, snapshot, added, signal);
      return held.index;
    } catch (error) {
      // From a compute thread: of its class it has kept the name.
      if (!(error instanceof Error) || error.name !== 'ObjectNotFound') throw error;
      // It was held for so long that files added since were compacted and removed.
      return this.#build(snapshot, signal);
    }
  }

  /** Gives back an index that now holds exactly the rows of `version`. */
  give(index: IdIndex, version: number): void {
    if (this.#held === null || this.#held.version < version) this.#held = { index, version };
  }

  async #build(snapshot: Snapshot, signal: AbortSignal): Promise<IdIndex> {
    const index = new IdIndex(snapshot.files.reduce((n, file) => n + file.stats.numRecords, 0));
    await this.#insert(index, snapshot, snapshot.files, signal);
    return index;
  }

  async #insert(index: IdIndex, snapshot: Snapshot, files: readonly AddFile[], signal: AbortSignal): Promise<void> {
    const { lakeRoot, compute } = this.#context;
    const groups = groupsOf(files, taskRows, (file) => file.stats.numRecords);
    await mapTasks(compute, groups, async (group) => {
      const { ids, contents } = await compute.run(
        'readIds',
        { lake: lakeRoot, metadata: snapshot.metadata, files: group, seed: this.seed },
        { signal },
      );
      index.admit(ids, contents);
    });
  }
}
