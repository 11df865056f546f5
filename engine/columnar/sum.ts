/**
 * Exact sums by group. A value's 32-bit words are added to doubles, one a word, which stay exact for 2^20 rows; then the
 * carries move up. Null values do not count; a group without a value sums to null.
 */
import type { Column, DecimalColumn, Float64Column, Int64Column } from './column.ts';
import { pairsOf } from './gather.ts';
import type { Grouping } from './group.ts';
import { activeRows, validityFromMask } from './validity.ts';

/** Which rows an aggregate looks at: those with a byte other than 0 in `where`; all when it is absent. */
export interface Where {
  readonly where?: Uint8Array | undefined;
}

const BLOCK = 1 << 20;
const WORD = 2 ** 32;

/** Sums with 38 digits at the column's scale. Throws for another kind of column, and for a sum of more than 38 digits. */
export function sumDecimal(column: Column, grouping: Grouping, { where }: Where = {}): DecimalColumn {
  if (column.kind !== 'decimal') throw new TypeError(`sumDecimal: a column of ${column.kind}`);
  const { ids, count } = grouping;
  checkRows(column, grouping);
  const active = activeRows(column, where);
  const limbs = new Float64Array(count * 4);
  const seen = new Uint8Array(count);
  for (let from = 0; from < column.length; from += BLOCK) {
    const to = Math.min(from + BLOCK, column.length);
    if (active === null) addAll(column.words, ids, limbs, from, to);
    else addActive(column.words, ids, limbs, active, seen, from, to);
    carryQuads(limbs);
  }
  if (active === null) seen.fill(1);
  for (let g = 0; g < count; g++) {
    if (Math.abs(limbs[g * 4 + 3]!) >= SAFE_TOP && !fits(limbs, g)) {
      throw new RangeError(`sumDecimal: ${sumOf(limbs, g)} at scale ${column.scale} in group ${g} exceeds 38 digits`);
    }
  }
  // Storing a double in 0 … 2^32 into an Int32Array keeps its low 32 bits.
  const words = new Int32Array(limbs);
  const { scale } = column;
  return { kind: 'decimal', length: count, validity: validityFromMask(seen), precision: 38, scale, words };
}

/** The sum of all values of a decimal column, unscaled; null without a value. Throws like `sumDecimal`. */
export function totalDecimal(column: Column, { where }: Where = {}): bigint | null {
  if (column.kind !== 'decimal') throw new TypeError(`totalDecimal: a column of ${column.kind}`);
  const active = activeRows(column, where);
  if (active === null ? column.length === 0 : !active.some((byte) => byte !== 0)) return null;
  const limbs = new Float64Array(4);
  for (let from = 0; from < column.length; from += BLOCK) {
    addTotal(column.words, limbs, active, from, Math.min(from + BLOCK, column.length));
    carryQuads(limbs);
  }
  const sum = sumOf(limbs, 0);
  if (!fits(limbs, 0)) throw new RangeError(`totalDecimal: ${sum} at scale ${column.scale} exceeds 38 digits`);
  return sum;
}

/** Sums of a 32- or 64-bit integer column. Throws for another kind of column, and for a sum beyond 64 bits. */
export function sumInt64(column: Column, grouping: Grouping, { where }: Where = {}): Int64Column {
  if (column.kind !== 'int32' && column.kind !== 'int64') throw new TypeError(`sumInt64: a column of ${column.kind}`);
  const { ids, count } = grouping;
  checkRows(column, grouping);
  const active = activeRows(column, where);
  const { values: source } = column;
  const pairs = source instanceof BigInt64Array ? pairsOf(source) : widened(source);
  const limbs = new Float64Array(count * 2);
  const seen = new Uint8Array(count);
  for (let from = 0; from < column.length; from += BLOCK) {
    const to = Math.min(from + BLOCK, column.length);
    for (let i = from; i < to; i++) {
      if (active !== null && active[i] === 0) continue;
      const g = ids[i]!;
      seen[g] = 1;
      limbs[g * 2]! += pairs[i * 2]! >>> 0;
      limbs[g * 2 + 1]! += pairs[i * 2 + 1]!;
    }
    for (let g = 0; g < limbs.length; g += 2) carry(limbs, g);
  }
  for (let g = 0; g < count; g++) {
    const high = limbs[g * 2 + 1]!;
    if (high !== (high | 0)) {
      throw new RangeError(
        `sumInt64: ${BigInt(high) * BigInt(WORD) + BigInt(limbs[g * 2]!)} in group ${g} exceeds 64 bits`,
      );
    }
  }
  const values = new BigInt64Array(new Int32Array(limbs).buffer);
  return { kind: 'int64', length: count, validity: validityFromMask(seen), values };
}

/** Sums of a float column, added in the order of the rows. Throws for another kind of column. */
export function sumFloat64(column: Column, grouping: Grouping, { where }: Where = {}): Float64Column {
  if (column.kind !== 'float64') throw new TypeError(`sumFloat64: a column of ${column.kind}`);
  const { ids, count } = grouping;
  checkRows(column, grouping);
  const active = activeRows(column, where);
  const values = new Float64Array(count);
  const seen = new Uint8Array(count);
  for (let i = 0; i < column.length; i++) {
    if (active !== null && active[i] === 0) continue;
    const g = ids[i]!;
    seen[g] = 1;
    values[g]! += column.values[i]!;
  }
  return { kind: 'float64', length: count, validity: validityFromMask(seen), values };
}

/** Throws when a grouping is not one of the column's rows. */
export function checkRows(column: Column, grouping: Grouping): void {
  if (column.length !== grouping.ids.length) {
    throw new Error(`aggregate: a column of ${column.length} rows, a grouping of ${grouping.ids.length}`);
  }
}

/** Adds the active rows' words (all rows' where `active` is null) to the four limbs. */
function addTotal(words: Int32Array, limbs: Float64Array, active: Uint8Array | null, from: number, to: number): void {
  let first = 0;
  let second = 0;
  let third = 0;
  let top = 0;
  for (let i = from, at = from * 4; i < to; i++, at += 4) {
    if (active !== null && active[i] === 0) continue;
    first += words[at]! >>> 0;
    second += words[at + 1]! >>> 0;
    third += words[at + 2]! >>> 0;
    top += words[at + 3]!;
  }
  limbs[0]! += first;
  limbs[1]! += second;
  limbs[2]! += third;
  limbs[3]! += top;
}

function addAll(words: Int32Array, ids: Int32Array, limbs: Float64Array, from: number, to: number): void {
  for (let i = from; i < to; i++) addQuad(words, i * 4, limbs, ids[i]! * 4);
}

function addActive(
  words: Int32Array,
  ids: Int32Array,
  limbs: Float64Array,
  active: Uint8Array,
  seen: Uint8Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    if (active[i] === 0) continue;
    const g = ids[i]!;
    seen[g] = 1;
    addQuad(words, i * 4, limbs, g * 4);
  }
}

function addQuad(words: Int32Array, at: number, limbs: Float64Array, g: number): void {
  const first = words[at]!;
  const second = words[at + 1]!;
  const third = words[at + 2]!;
  const top = words[at + 3]!;
  // Most values fit 32 bits, nearly all 64: the last word in use carries the sign and those above are not touched.
  if (second === first >> 31 && third === second && top === second) {
    limbs[g]! += first;
    return;
  }
  limbs[g]! += first >>> 0;
  if (third === top && top === second >> 31) limbs[g + 1]! += second;
  else {
    limbs[g + 1]! += second >>> 0;
    limbs[g + 2]! += third >>> 0;
    limbs[g + 3]! += top;
  }
}

function carryQuads(limbs: Float64Array): void {
  for (let g = 0; g < limbs.length; g += 4) {
    carry(limbs, g);
    carry(limbs, g + 1);
    carry(limbs, g + 2);
    if (Math.abs(limbs[g + 3]!) > 2 ** 52) throw new RangeError(`sumDecimal: group ${g / 4} exceeds 38 digits by far`);
  }
}

/** Leaves the lowest 32 bits of a limb in place (as 0 … 2^32) and adds the rest to the next. */
function carry(limbs: Float64Array, at: number): void {
  const over = Math.floor(limbs[at]! / WORD);
  limbs[at]! -= over * WORD;
  limbs[at + 1]! += over;
}

/** Top words below this belong to values under 10^38 whatever the lower ones hold: 10^38 / 2^96, cut down. */
const SAFE_TOP = 1_262_177_448;

function fits(limbs: Float64Array, g: number): boolean {
  const value = sumOf(limbs, g);
  return value < 10n ** 38n && value > -(10n ** 38n);
}

function sumOf(limbs: Float64Array, g: number): bigint {
  let value = 0n;
  for (let at = g * 4 + 3; at >= g * 4; at--) value = (value << 32n) + BigInt(limbs[at]!);
  return value;
}

function widened(values: Int32Array): Int32Array {
  const pairs = new Int32Array(values.length * 2);
  for (let i = 0; i < values.length; i++) {
    pairs[i * 2] = values[i]!;
    pairs[i * 2 + 1] = values[i]! >> 31;
  }
  return pairs;
}
