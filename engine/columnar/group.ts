/**
 * Rows with equal keys, numbered.
 */
import { type Codes, codesOf, combineCodes } from './codes.ts';
import type { Column } from './column.ts';

/** Groups are numbered from 0 in the order in which their first rows appear. */
export interface Grouping {
  /** Group of every row. */
  readonly ids: Int32Array;
  /** Number of groups. */
  readonly count: number;
  /** First row of every group: `takeColumn(key, first)` are the keys. */
  readonly first: Int32Array;
}

/** Groups rows by equal values in all key columns. Null is a value of its own. Throws without keys, or of unequal length. */
export function groupBy(keys: readonly Column[]): Grouping {
  const head = keys[0];
  if (head === undefined) throw new Error('groupBy: no key column');
  let codes = codesOf(head);
  for (const key of keys.slice(1)) {
    if (key.length !== head.length) throw new Error(`groupBy: keys of ${head.length} and ${key.length} rows`);
    codes = combineCodes(codes, codesOf(key));
  }
  return groupCodes(codes);
}

/** One group of all rows. */
export function oneGroup(length: number): Grouping {
  return { ids: new Int32Array(length), count: length === 0 ? 0 : 1, first: new Int32Array(length === 0 ? 0 : 1) };
}

/** Groups rows by equal codes. */
function groupCodes({ codes, cardinality }: Codes): Grouping {
  const length = codes.length;
  const ids = new Int32Array(length);
  const first = new Int32Array(Math.min(cardinality, length));
  // Holds the group's number plus one, so that a fresh table needs no filling.
  const seen = new Int32Array(cardinality);
  let count = 0;
  for (let i = 0; i < length; i++) {
    const code = codes[i]!;
    let id = seen[code]!;
    if (id === 0) {
      first[count] = i;
      id = ++count;
      seen[code] = id;
    }
    ids[i] = id - 1;
  }
  return { ids, count, first: first.slice(0, count) };
}
