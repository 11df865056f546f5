/**
 * How two tables of the same columns differ: rows by key, and what that makes in sums.
 */
import type { Table } from 'apache-arrow';
import type { Column } from './column.ts';
import { valueAt } from './column-of.ts';
import { concatColumns } from './concat.ts';
import { groupBy, oneGroup } from './group.ts';
import { type RowHashes, rowHashes } from './row-hashes.ts';
import { sumInt64, totalDecimal } from './sum.ts';
import { columnOf } from './table.ts';
import { selectedIndices, takeColumn } from './take.ts';

/** Numbers of rows, ascending, but for `changed.before`. */
export interface RowDifference {
  /** Rows of `after` whose key `before` lacks. */
  readonly added: Int32Array;
  /** Rows of `before` whose key `after` lacks. */
  readonly removed: Int32Array;
  /** Rows of both with one key and not the same content, at the same places of the two lists. */
  readonly changed: { readonly before: Int32Array; readonly after: Int32Array };
}

/**
 * Compares the tables' rows by the values of the key columns (null is a value of its own) and of the content columns, as 64-bit
 * hashes. Where a key repeats, rows with the same content go together first, what is left in the order of the rows.
 */
export function rowDifference(
  before: Table,
  after: Table,
  key: readonly string[],
  content: readonly string[],
): RowDifference {
  const { ids, count } = groupBy(key.map((name) => concatColumns([columnOf(before, name), columnOf(after, name)])));
  const hashed = (table: Table): RowHashes =>
    rowHashes(
      [...new Set([...key, ...content])].map((name) => columnOf(table, name)),
      0,
    );
  const split = before.numRows;
  const open = listsOf(ids.subarray(0, split), count);
  const fresh = takeSame(open, ids.subarray(split), hashed(before), hashed(after));
  const added: number[] = [];
  const changed: { before: number[]; after: number[] } = { before: [], after: [] };
  for (const row of fresh) {
    const other = open.takeFirst(ids[split + row]!);
    if (other < 0) added.push(row);
    else {
      changed.before.push(other);
      changed.after.push(row);
    }
  }
  return {
    added: Int32Array.from(added),
    removed: selectedIndices(open.left),
    changed: { before: Int32Array.from(changed.before), after: Int32Array.from(changed.after) },
  };
}

/** Exact sums of a column over the rows that differ, unscaled; null values count as 0. */
export interface DifferenceSums {
  readonly added: bigint;
  readonly removed: bigint;
  readonly changedBefore: bigint;
  readonly changedAfter: bigint;
}

/** The sums of a decimal or integer column of both tables. Throws for another kind, and for sums that do not fit (`sum.ts`). */
export function differenceSums(
  { added, removed, changed }: RowDifference,
  before: Column,
  after: Column,
): DifferenceSums {
  return {
    added: totalOf(after, added),
    removed: totalOf(before, removed),
    changedBefore: totalOf(before, changed.before),
    changedAfter: totalOf(after, changed.after),
  };
}

function totalOf(column: Column, rows: Int32Array): bigint {
  const taken = takeColumn(column, rows);
  if (taken.kind === 'decimal') return totalDecimal(taken) ?? 0n;
  const sums = sumInt64(taken, oneGroup(rows.length));
  return sums.length === 0 ? 0n : ((valueAt(sums, 0) as bigint | null) ?? 0n);
}

/** The rows of each group that nothing was found for yet, as linked lists in the order of the rows. */
interface OpenRows {
  readonly head: Int32Array;
  readonly next: Int32Array;
  /** A byte a row: 1 while it is in a list. */
  readonly left: Uint8Array;
  /** Takes the first row of a group out; −1 when there is none. */
  takeFirst(group: number): number;
}

function listsOf(ids: Int32Array, groups: number): OpenRows {
  const head = new Int32Array(groups).fill(-1);
  const next = new Int32Array(ids.length);
  const left = new Uint8Array(ids.length).fill(1);
  for (let row = ids.length - 1; row >= 0; row--) {
    const group = ids[row]!;
    next[row] = head[group]!;
    head[group] = row;
  }
  return {
    head,
    next,
    left,
    takeFirst: (group) => {
      const row = head[group]!;
      if (row < 0) return -1;
      head[group] = next[row]!;
      left[row] = 0;
      return row;
    },
  };
}

/** Takes out, for each row of `ids`, one of its group with the same hash. The rows for which there is none. */
function takeSame({ head, next, left }: OpenRows, ids: Int32Array, before: RowHashes, after: RowHashes): Int32Array {
  const fresh = new Uint8Array(ids.length);
  for (let row = 0, end = ids.length; row < end; row++) {
    const group = ids[row]!;
    let last = -1;
    let at = head[group]!;
    while (at >= 0 && (before.lo[at] !== after.lo[row] || before.hi[at] !== after.hi[row])) {
      last = at;
      at = next[at]!;
    }
    if (at < 0) fresh[row] = 1;
    else {
      left[at] = 0;
      if (last < 0) head[group] = next[at]!;
      else next[last] = next[at]!;
    }
  }
  return selectedIndices(fresh);
}
