/** The index of every `event_id` in Bronze: kept in memory, followed commit by commit, rebuilt from the lake when lost. */
import { IdIndex } from '../engine/columnar/dedupe.ts';
import type { AddFile, Snapshot } from '../engine/delta/types.ts';
import { mapTasks } from './compute/compute.ts';
import type { ActivityContext } from './context.ts';

/** Rows read by one task while the index is built. */
const taskRows = 500_000;

/** The version of an index that holds what no version of the table does. */
const unknown = -2;

export class DedupeIndex {
  readonly seed: number;
  readonly #context: ActivityContext;
  #index = new IdIndex();
  #version = -1;

  /** `seed` keys the hashes: a random one cannot be aimed at. */
  constructor(context: ActivityContext, seed: number) {
    this.#context = context;
    this.seed = seed;
  }

  /** The index of exactly the rows of a snapshot; null is the empty table. */
  async at(snapshot: Snapshot | null): Promise<IdIndex> {
    const version = snapshot?.version ?? -1;
    if (this.#version === version) return this.#index;
    if (this.#version > version || snapshot === null) return this.#build(snapshot);
    const commits = await this.#context.lake.table(snapshot.metadata.name).commitsSince(this.#version);
    const later = commits.filter((c) => c.version <= version);
    if (later.some((c) => c.removes.some((r) => r.dataChange))) return this.#build(snapshot);
    const index = this.#index;
    const added = later.flatMap((c) => c.adds.filter((a) => a.dataChange));
    this.#version = unknown;
    await this.#insert(index, snapshot, added);
    this.#version = version;
    return index;
  }

  /** Says that the rows inserted since are those of `version`. */
  committed(version: number): void {
    this.#version = version;
  }

  /** Forgets everything: what was inserted was not committed. */
  drop(): void {
    this.#index = new IdIndex();
    this.#version = unknown;
  }

  async #build(snapshot: Snapshot | null): Promise<IdIndex> {
    const index = new IdIndex();
    this.#version = unknown;
    if (snapshot !== null) await this.#insert(index, snapshot, snapshot.files);
    this.#index = index;
    this.#version = snapshot?.version ?? -1;
    return index;
  }

  async #insert(index: IdIndex, snapshot: Snapshot, files: readonly AddFile[]): Promise<void> {
    const { lakeRoot, compute } = this.#context;
    const groups: AddFile[][] = [];
    let rows = taskRows;
    for (const file of files) {
      if (rows >= taskRows) {
        groups.push([]);
        rows = 0;
      }
      groups.at(-1)!.push(file);
      rows += file.stats.numRecords;
    }
    await mapTasks(compute, groups, async (group) => {
      const { ids, contents } = await compute.run('readIds', {
        lake: lakeRoot,
        metadata: snapshot.metadata,
        files: group,
        seed: this.seed,
      });
      index.insert(ids, contents, new Uint8Array(ids.lo.length).fill(1));
    });
  }
}
