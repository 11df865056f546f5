/** What tells events apart. */
import type { Table } from 'apache-arrow';
import { type RowHashes, rowHashes } from '../../engine/columnar/hash.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { contentColumns } from '../../transforms/bronze/events.ts';

/** Hashes of `event_id` and of the content of every row. */
export interface Identities {
  readonly ids: RowHashes;
  readonly contents: RowHashes;
}

/** Of rows that have `event_id` and the content columns of Bronze events. */
export function identitiesOf(table: Table, seed: number): Identities {
  const hashes = (names: readonly string[]): RowHashes =>
    rowHashes(
      names.map((name) => columnOf(table, name)),
      seed,
    );
  return { ids: hashes(['event_id']), contents: hashes(contentColumns) };
}

/** The buffers behind them, for moving them to another thread. */
export function buffersOf({ ids, contents }: Identities): ArrayBuffer[] {
  return [...new Set([ids.lo, ids.hi, contents.lo, contents.hi].map((words) => words.buffer as ArrayBuffer))];
}
