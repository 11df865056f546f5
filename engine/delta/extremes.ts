/**
 * Slots of the least and the greatest value of a column.
 *
 * One loop for each array type: a loop shared between them is compiled for none, and takes a hundred times as long.
 */
import type {
  BoolColumn,
  BytesColumn,
  Column,
  DecimalColumn,
  Float64Column,
  Int32Column,
  Int64Column,
} from '../columnar/column.ts';

/** Slots of the least and the greatest value. */
export type Extremes = readonly [low: number, high: number];

/** Of booleans, false before true; null without a value. */
export function boolExtremes({ bits, validity, length }: BoolColumn): Extremes | null {
  let low = -1;
  let high = -1;
  for (let i = 0; i < length; i++) {
    if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) continue;
    if (((bits[i >> 3]! >> (i & 7)) & 1) === 0) low = i;
    else high = i;
    if (low >= 0 && high >= 0) break;
  }
  if (low < 0 && high < 0) return null;
  return [low < 0 ? high : low, high < 0 ? low : high];
}

/** Of integers and dates; null without a value. */
export function int32Extremes({ values, validity, length }: Int32Column): Extremes | null {
  let low = -1;
  let high = -1;
  for (let i = 0; i < length; i++) {
    if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) continue;
    if (low < 0) low = high = i;
    else if (values[i]! < values[low]!) low = i;
    else if (values[i]! > values[high]!) high = i;
  }
  return low < 0 ? null : [low, high];
}

/** Of floats; null without a value, or with a NaN or an infinity among them. */
export function float64Extremes({ values, validity, length }: Float64Column): Extremes | null {
  let low = -1;
  let high = -1;
  for (let i = 0; i < length; i++) {
    if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) continue;
    if (!Number.isFinite(values[i])) return null;
    if (low < 0) low = high = i;
    else if (values[i]! < values[low]!) low = i;
    else if (values[i]! > values[high]!) high = i;
  }
  return low < 0 ? null : [low, high];
}

/** Of 64-bit integers and timestamps; null without a value. */
export function int64Extremes({ values, validity, length }: Int64Column): Extremes | null {
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * length);
  return smallExtremes(words, 2, validity, length) ?? wordExtremes(words, 2, validity, length);
}

/** Of decimals; null without a value. */
export function decimalExtremes({ words, validity, length }: DecimalColumn): Extremes | null {
  return smallExtremes(words, 4, validity, length) ?? wordExtremes(words, 4, validity, length);
}

/** Of text, in the order of its UTF-8 bytes, which is that of code points; null without a value. */
export function bytesExtremes({ bytes, offsets, validity, length }: BytesColumn): Extremes | null {
  let low = -1;
  let high = -1;
  for (let i = 0; i < length; i++) {
    if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) continue;
    if (low < 0) low = high = i;
    else if (bytesLess(bytes, offsets, i, low)) low = i;
    else if (bytesLess(bytes, offsets, high, i)) high = i;
  }
  return low < 0 ? null : [low, high];
}

/** Of dictionary text: codes; null when no slot has a value. */
export function dictionaryExtremes(column: Column & { kind: 'dictionary' }): Extremes | null {
  const { values } = column;
  const used = usedCodes(column);
  const less = inUnitOrder(values) ? unitLess : textLess;
  let low = -1;
  let high = -1;
  for (let code = 0; code < used.length; code++) {
    if (used[code] === 0) continue;
    if (low < 0) low = high = code;
    else if (less(values[code]!, values[low]!)) low = code;
    else if (less(values[high]!, values[code]!)) high = code;
  }
  return low < 0 ? null : [low, high];
}

/** 1 for each code of a slot that has a value. */
function usedCodes({ codes, values, validity, length }: Column & { kind: 'dictionary' }): Uint8Array {
  const used = new Uint8Array(values.length);
  if (validity === null) for (let i = 0; i < length; i++) used[codes[i]!] = 1;
  else for (let i = 0; i < length; i++) if (((validity[i >> 3]! >> (i & 7)) & 1) === 1) used[codes[i]!] = 1;
  return used;
}

const unitOrdered = new WeakMap<readonly string[], boolean>();

/** Whether `<` puts the values in the order of code points: none has a surrogate. Asked again for every file of a dictionary. */
function inUnitOrder(values: readonly string[]): boolean {
  let ordered = unitOrdered.get(values);
  if (ordered === undefined) {
    ordered = !/[\ud800-\udfff]/.test(values.join(''));
    unitOrdered.set(values, ordered);
  }
  return ordered;
}

function unitLess(a: string, b: string): boolean {
  return a < b;
}

/** The same as `wordExtremes` where every value is below 2^53, which a float64 holds exactly; null elsewhere, or without a value. */
function smallExtremes(words: Int32Array, width: 2 | 4, validity: Uint8Array | null, length: number): Extremes | null {
  let low = -1;
  let high = -1;
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let i = 0, at = 0; i < length; i++, at += width) {
    if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) continue;
    const upper = words[at + 1]!;
    if (upper > 0x1fffff || upper < -0x200000) return null;
    if (width === 4 && (words[at + 2] !== upper >> 31 || words[at + 3] !== upper >> 31)) return null;
    const value = upper * 4294967296 + (words[at]! >>> 0);
    if (value < least) {
      least = value;
      low = i;
    }
    if (value > greatest) {
      greatest = value;
      high = i;
    }
  }
  return low < 0 ? null : [low, high];
}

/** Two's complement numbers of `width` little-endian words: the highest word is signed, the others are not. */
function wordExtremes(words: Int32Array, width: 2 | 4, validity: Uint8Array | null, length: number): Extremes | null {
  let low = -1;
  let high = -1;
  for (let i = 0; i < length; i++) {
    if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) continue;
    if (low < 0) low = high = i;
    else if (wordsLess(words, width, i, low)) low = i;
    else if (wordsLess(words, width, high, i)) high = i;
  }
  return low < 0 ? null : [low, high];
}

function wordsLess(words: Int32Array, width: number, a: number, b: number): boolean {
  const topA = words[width * a + width - 1]!;
  const topB = words[width * b + width - 1]!;
  if (topA !== topB) return topA < topB;
  for (let w = width - 2; w >= 0; w--) {
    const x = words[width * a + w]! >>> 0;
    const y = words[width * b + w]! >>> 0;
    if (x !== y) return x < y;
  }
  return false;
}

function bytesLess(bytes: Uint8Array, offsets: Int32Array, a: number, b: number): boolean {
  let x = offsets[a]!;
  let y = offsets[b]!;
  const xEnd = offsets[a + 1]!;
  const yEnd = offsets[b + 1]!;
  for (; x < xEnd && y < yEnd; x++, y++) if (bytes[x] !== bytes[y]) return bytes[x]! < bytes[y]!;
  return x === xEnd && y < yEnd;
}

/** By code points, not by the UTF-16 units that `<` compares: surrogates come after all other units. */
function textLess(a: string, b: string): boolean {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return x < 0xd800 || y < 0xd800 ? x < y : codePointRank(x) < codePointRank(y);
  }
  return a.length < b.length;
}

/** Of a UTF-16 unit from 0xd800 on: the private use area and what follows sort before surrogates. */
function codePointRank(unit: number): number {
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
