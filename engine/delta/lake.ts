/** The tables of one lake: each opened once, so that its log is read once. */
import type { ObjectStore } from '../storage/object-store.ts';
import { DeltaTable } from './table.ts';

/**
 * Commits between two checkpoints, at least. A checkpoint takes as long to write as a hundred commits take to read, however few
 * files there are in it, and a stream commits several times a second.
 */
const defaultInterval = 50;

export class Lake {
  readonly store: ObjectStore;
  readonly clock: () => number;
  readonly #checkpointInterval: number;
  readonly #tables = new Map<string, DeltaTable>();

  /** `clock` gives milliseconds since 1970; `checkpointInterval` as in `DeltaTableOptions`. */
  constructor(store: ObjectStore, clock: () => number, checkpointInterval: number = defaultInterval) {
    this.store = store;
    this.clock = clock;
    this.#checkpointInterval = checkpointInterval;
  }

  /** The table named `<layer>.<name>`, whether or not it exists yet; it lives at `<layer>/<name>`. */
  table(name: string): DeltaTable {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = new DeltaTable(this.store, name.replace('.', '/'), {
        clock: this.clock,
        checkpointInterval: this.#checkpointInterval,
      });
      this.#tables.set(name, table);
    }
    return table;
  }
}
