/**
 * 64-bit hashes of rows, by the values of their columns however they are laid out or chunked.
 */
import type { BytesColumn, Column, DecimalColumn, DictionaryColumn } from './column.ts';
import { pairsOf } from './gather.ts';
import { finish, hashBytes, mixHigh, mixLow, secondLane, viewOf } from './hash-bytes.ts';
import { encodeTexts } from './text.ts';

/** A 64-bit hash a row, in two words. */
export interface RowHashes {
  readonly lo: Int32Array;
  readonly hi: Int32Array;
}

/**
 * Hashes rows over the columns in the given order. Text hashes alike with and without a dictionary, null unlike any value,
 * decimals by value and scale, −0 like 0. Other seeds give independent hashes. Throws without columns, or of unequal length.
 */
export function rowHashes(columns: readonly Column[], seed: number): RowHashes {
  const length = columns[0]?.length;
  if (length === undefined) throw new Error('rowHashes: no column');
  const lo = new Int32Array(length).fill(finish(seed ^ 0x239b961b));
  const hi = new Int32Array(length).fill(finish((seed + 0x7b7d159c) | 0));
  for (const column of columns) {
    if (column.length !== length) throw new Error(`rowHashes: columns of ${length} and ${column.length} rows`);
    mixColumn(column, lo, hi, seed);
  }
  finishLanes(lo, hi, length);
  return { lo, hi };
}

function finishLanes(lo: Int32Array, hi: Int32Array, length: number): void {
  for (let i = 0; i < length; i++) {
    const low = finish((lo[i]! + hi[i]!) | 0);
    const high = finish((hi[i]! + low) | 0);
    lo[i] = low + high;
    hi[i] = high;
  }
}

function mixColumn(column: Column, lo: Int32Array, hi: Int32Array, seed: number): void {
  switch (column.kind) {
    case 'utf8':
    case 'binary':
      mixBytes(column, lo, hi, seed);
      break;
    case 'dictionary':
      mixDictionary(column, lo, hi, seed);
      break;
    case 'bool':
      mixWords(bools(column.bits, column.length), column.validity, lo, hi);
      break;
    case 'int32':
    case 'date':
      mixWords(column.values, column.validity, lo, hi);
      break;
    case 'int64':
    case 'timestamp':
      mixPairs(pairsOf(column.values), column.validity, lo, hi);
      break;
    case 'float64':
      mixPairs(floats(column.values), column.validity, lo, hi);
      break;
    case 'decimal':
      mixDecimals(column, lo, hi);
      break;
  }
}

// The loops ask for no array's length: once a thread has moved a buffer away, V8 looks each time whether it is still there.

/** Null moves each lane by a step of its own, which no value takes in both. */
function mixNull(lo: Int32Array, hi: Int32Array, i: number): void {
  lo[i] = finish((lo[i]! + 0x561ccd1b) | 0);
  hi[i] = finish(hi[i]! ^ 0x0bcaa747);
}

function mixWords(values: Int32Array, validity: Uint8Array | null, lo: Int32Array, hi: Int32Array): void {
  const { length } = lo;
  for (let i = 0; i < length; i++) {
    if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) mixNull(lo, hi, i);
    else {
      lo[i] = mixLow(lo[i]!, values[i]!);
      hi[i] = mixHigh(hi[i]!, values[i]!);
    }
  }
}

function mixPairs(pairs: Int32Array, validity: Uint8Array | null, lo: Int32Array, hi: Int32Array): void {
  const { length } = lo;
  for (let i = 0; i < length; i++) {
    if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) mixNull(lo, hi, i);
    else {
      lo[i] = mixLow(mixLow(lo[i]!, pairs[i * 2]!), pairs[i * 2 + 1]!);
      hi[i] = mixHigh(mixHigh(hi[i]!, pairs[i * 2]!), pairs[i * 2 + 1]!);
    }
  }
}

/**
 * A decimal is its scale and its low two words where the upper ones only carry the sign on, and else all four, told apart by
 * what the scale is mixed with.
 */
function mixDecimals({ words, scale, validity, length }: DecimalColumn, lo: Int32Array, hi: Int32Array): void {
  for (let i = 0; i < length; i++) {
    if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) {
      mixNull(lo, hi, i);
      continue;
    }
    const at = i * 4;
    const low = words[at]!;
    const next = words[at + 1]!;
    const sign = next >> 31;
    const narrow = words[at + 2] === sign && words[at + 3] === sign;
    const kind = narrow ? scale : ~scale;
    let a = mixLow(mixLow(lo[i]! ^ kind, low), next);
    let b = mixHigh(mixHigh(hi[i]! ^ kind, low), next);
    if (!narrow) {
      a = mixLow(mixLow(a, words[at + 2]!), words[at + 3]!);
      b = mixHigh(mixHigh(b, words[at + 2]!), words[at + 3]!);
    }
    lo[i] = a;
    hi[i] = b;
  }
}

function mixBytes(
  { offsets, bytes, validity, length }: BytesColumn,
  lo: Int32Array,
  hi: Int32Array,
  seed: number,
): void {
  const view = viewOf(bytes);
  for (let i = 0; i < length; i++) {
    if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) mixNull(lo, hi, i);
    else {
      lo[i] = mixLow(lo[i]!, hashBytes(view, offsets[i]!, offsets[i + 1]!, seed));
      hi[i] = mixHigh(hi[i]!, secondLane.hi);
    }
  }
}

function mixDictionary(column: DictionaryColumn, lo: Int32Array, hi: Int32Array, seed: number): void {
  const { offsets, bytes, length } = encodeTexts(column.values);
  const view = viewOf(bytes);
  const valueLo = new Int32Array(length);
  const valueHi = new Int32Array(length);
  for (let code = 0; code < length; code++) {
    valueLo[code] = hashBytes(view, offsets[code]!, offsets[code + 1]!, seed);
    valueHi[code] = secondLane.hi;
  }
  mixCodes(column, valueLo, valueHi, lo, hi);
}

function mixCodes(
  { codes, validity, length }: DictionaryColumn,
  valueLo: Int32Array,
  valueHi: Int32Array,
  lo: Int32Array,
  hi: Int32Array,
): void {
  for (let i = 0; i < length; i++) {
    if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) mixNull(lo, hi, i);
    else {
      const code = codes[i]!;
      lo[i] = mixLow(lo[i]!, valueLo[code]!);
      hi[i] = mixHigh(hi[i]!, valueHi[code]!);
    }
  }
}

function bools(bits: Uint8Array, length: number): Int32Array {
  const values = new Int32Array(length);
  for (let i = 0; i < length; i++) values[i] = (bits[i >> 3]! >> (i & 7)) & 1;
  return values;
}

/** Doubles as pairs of words, with one zero and one NaN. */
function floats(values: Float64Array): Int32Array {
  const { length } = values;
  const canonical = new Float64Array(length);
  for (let i = 0; i < length; i++) canonical[i] = Number.isNaN(values[i]!) ? Number.NaN : values[i]! + 0;
  return new Int32Array(canonical.buffer);
}
