/**
 * Counts, extremes and distinct values by group; the sums are in `sum.ts`. Null values do not count.
 */
import { codesOf, combineCodes } from './codes.ts';
import type { BoolColumn, Column, Int32Column, Int64Column } from './column.ts';
import { pairsOf } from './gather.ts';
import type { Grouping } from './group.ts';
import { checkRows, type Where } from './sum.ts';
import { activeRows, bitsFromMask, validityFromMask, validMask } from './validity.ts';

export { sumDecimal, sumFloat64, sumInt64, totalDecimal, type Where } from './sum.ts';

/** Rows of each group. */
export function countRows(grouping: Grouping, { where }: Where = {}): Int64Column {
  const { ids, count } = grouping;
  if (where !== undefined && where.length !== ids.length) {
    throw new Error(`countRows: a mask of ${where.length} rows, a grouping of ${ids.length}`);
  }
  return countActive(ids, count, where ?? null);
}

/** Values of each group that are not null. */
export function countValid(column: Column, grouping: Grouping, { where }: Where = {}): Int64Column {
  checkRows(column, grouping);
  return countActive(grouping.ids, grouping.count, activeRows(column, where));
}

/** Different values of each group, null not counted. */
export function countDistinct(column: Column, grouping: Grouping, { where }: Where = {}): Int64Column {
  checkRows(column, grouping);
  const { ids, count } = grouping;
  const active = activeRows(column, where);
  const { codes, cardinality } = combineCodes({ codes: ids, cardinality: count }, codesOf(column));
  const seen = new Uint8Array(cardinality);
  const counts = new Int32Array(count * 2);
  for (let i = 0, end = ids.length; i < end; i++) {
    const code = codes[i]!;
    if (seen[code] === 1 || (active !== null && active[i] === 0)) continue;
    seen[code] = 1;
    counts[ids[i]! * 2]! += 1;
  }
  return { kind: 'int64', length: count, validity: null, values: new BigInt64Array(counts.buffer) };
}

/** Whether any value of a group is true; null for a group without a value. Throws for another kind of column. */
export function anyTrue(column: Column, grouping: Grouping, { where }: Where = {}): BoolColumn {
  if (column.kind !== 'bool') throw new TypeError(`anyTrue: a column of ${column.kind}`);
  checkRows(column, grouping);
  const { ids, count } = grouping;
  const active = activeRows(column, where);
  const seen = new Uint8Array(count);
  const found = new Uint8Array(count);
  for (let i = 0, end = ids.length; i < end; i++) {
    if (active !== null && active[i] === 0) continue;
    const g = ids[i]!;
    seen[g] = 1;
    found[g]! |= (column.bits[i >> 3]! >> (i & 7)) & 1;
  }
  return { kind: 'bool', length: count, validity: validityFromMask(seen), bits: bitsFromMask(found) };
}

/** How many values are true. Throws for another kind of column. */
export function countTrue(column: Column): number {
  if (column.kind !== 'bool') throw new TypeError(`countTrue: a column of ${column.kind}`);
  const values = validMask(column);
  let count = 0;
  for (let i = 0, end = column.length; i < end; i++) count += values[i]! & (column.bits[i >> 3]! >> (i & 7));
  return count;
}

/** Least value of each group of an integer, date or timestamp column; null for a group without a value. */
export function minimum(column: Column, grouping: Grouping, options: Where = {}): Int32Column | Int64Column {
  return extreme(column, grouping, options, -1);
}

/** Greatest value of each group of an integer, date or timestamp column; null for a group without a value. */
export function maximum(column: Column, grouping: Grouping, options: Where = {}): Int32Column | Int64Column {
  return extreme(column, grouping, options, 1);
}

function countActive(ids: Int32Array, count: number, active: Uint8Array | null): Int64Column {
  // Written as pairs of words: a count of rows never needs the upper one.
  const counts = new Int32Array(count * 2);
  for (let i = 0, end = ids.length; i < end; i++) if (active === null || active[i] !== 0) counts[ids[i]! * 2]! += 1;
  return { kind: 'int64', length: count, validity: null, values: new BigInt64Array(counts.buffer) };
}

function extreme(column: Column, grouping: Grouping, { where }: Where, sign: 1 | -1): Int32Column | Int64Column {
  checkRows(column, grouping);
  const { ids, count } = grouping;
  const active = activeRows(column, where);
  // Row plus one that holds the extreme so far; 0 while there is none.
  const best = new Int32Array(count);
  switch (column.kind) {
    case 'int32':
    case 'date': {
      bestOfWords(column.values, ids, active, best, sign);
      const values = new Int32Array(count);
      for (let g = 0; g < count; g++) if (best[g] !== 0) values[g] = column.values[best[g]! - 1]!;
      return { kind: column.kind, length: count, validity: validityFromMask(present(best)), values };
    }
    case 'int64':
    case 'timestamp': {
      bestOfPairs(pairsOf(column.values), ids, active, best, sign);
      const values = new BigInt64Array(count);
      for (let g = 0; g < count; g++) if (best[g] !== 0) values[g] = column.values[best[g]! - 1]!;
      return { kind: column.kind, length: count, validity: validityFromMask(present(best)), values };
    }
    default:
      throw new TypeError(`minimum, maximum: a column of ${column.kind}`);
  }
}

function present(best: Int32Array): Uint8Array {
  return Uint8Array.from(best, (row) => (row === 0 ? 0 : 1));
}

function bestOfWords(
  values: Int32Array,
  ids: Int32Array,
  active: Uint8Array | null,
  best: Int32Array,
  sign: number,
): void {
  for (let i = 0, end = ids.length; i < end; i++) {
    if (active !== null && active[i] === 0) continue;
    const g = ids[i]!;
    const held = best[g]!;
    if (held === 0 || (values[i]! - values[held - 1]!) * sign > 0) best[g] = i + 1;
  }
}

function bestOfPairs(
  pairs: Int32Array,
  ids: Int32Array,
  active: Uint8Array | null,
  best: Int32Array,
  sign: number,
): void {
  for (let i = 0, end = ids.length; i < end; i++) {
    if (active !== null && active[i] === 0) continue;
    const g = ids[i]!;
    const held = best[g]! - 1;
    if (held >= 0) {
      const high = pairs[i * 2 + 1]! - pairs[held * 2 + 1]!;
      const low = (pairs[i * 2]! >>> 0) - (pairs[held * 2]! >>> 0);
      if ((high !== 0 ? high : low) * sign <= 0) continue;
    }
    best[g] = i + 1;
  }
}
