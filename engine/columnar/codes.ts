/**
 * Keys as small integers: what grouping, joining, sorting and counting distinct values loop over.
 */
import type { Column, Int32Column } from './column.ts';
import { codesOfBytes } from './dictionary.ts';
import { pairsOf } from './gather.ts';
import { finish, mixLow } from './hash-bytes.ts';

/** One code a row, 0 … cardinality − 1, equal where the keys are equal. Null is a key of its own. */
export interface Codes {
  readonly codes: Int32Array;
  readonly cardinality: number;
}

/** Codes of a column's values. 64-bit floats are equal when their bits are. */
export function codesOf(column: Column): Codes {
  const { length, validity } = column;
  switch (column.kind) {
    case 'dictionary':
      if (column.values.length > denseLimit(length)) return codesOfWords(column.codes, 1, validity, length);
      return withNull({ codes: column.codes.subarray(0, length), cardinality: column.values.length }, validity);
    case 'utf8':
    case 'binary': {
      const { codes, first } = codesOfBytes(column);
      return withNull({ codes, cardinality: first.length }, validity);
    }
    case 'bool':
      return withNull(
        { codes: Int32Array.from({ length }, (_, i) => bitAt(column.bits, i)), cardinality: 2 },
        validity,
      );
    case 'int32':
    case 'date':
      return codesOfRange(column) ?? codesOfWords(column.values, 1, validity, length);
    case 'int64':
    case 'timestamp':
      return codesOfWords(pairsOf(column.values), 2, validity, length);
    case 'float64': {
      const { buffer, byteOffset } = column.values;
      return codesOfWords(new Int32Array(buffer, byteOffset, length * 2), 2, validity, length);
    }
    case 'decimal':
      return codesOfWords(column.words, 4, validity, length);
  }
}

/** Codes of pairs. */
export function combineCodes(a: Codes, b: Codes): Codes {
  const length = a.codes.length;
  const cardinality = a.cardinality * b.cardinality;
  if (cardinality <= denseLimit(length)) {
    const codes = new Int32Array(length);
    const stride = b.cardinality;
    for (let i = 0; i < length; i++) codes[i] = a.codes[i]! * stride + b.codes[i]!;
    return { codes, cardinality };
  }
  const words = new Int32Array(length * 2);
  for (let i = 0; i < length; i++) {
    words[i * 2] = a.codes[i]!;
    words[i * 2 + 1] = b.codes[i]!;
  }
  return codesOfWords(words, 2, null, length);
}

/** How many codes a table indexed by code may have beside `length` rows: it should not cost more than hashing them. */
function denseLimit(length: number): number {
  return Math.min(1 << 24, Math.max(1 << 16, 4 * length));
}

function bitAt(bits: Uint8Array, i: number): number {
  return (bits[i >> 3]! >> (i & 7)) & 1;
}

/** Gives null slots, whose codes mean nothing, a code of their own. */
function withNull({ codes, cardinality }: Codes, validity: Uint8Array | null): Codes {
  if (validity === null) return { codes, cardinality };
  const out = new Int32Array(codes.length);
  for (let i = 0, end = out.length; i < end; i++) out[i] = bitAt(validity, i) === 1 ? codes[i]! : cardinality;
  return { codes: out, cardinality: cardinality + 1 };
}

/** Distance from the least value, or null when the values lie too far apart. */
function codesOfRange({ values, validity, length }: Int32Column): Codes | null {
  let low = 0x7fffffff;
  let high = -0x80000000;
  for (let i = 0; i < length; i++) {
    if (validity !== null && bitAt(validity, i) === 0) continue;
    const value = values[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const cardinality = Math.max(high - low + 1, 0);
  if (cardinality > denseLimit(length)) return null;
  const codes = new Int32Array(length);
  for (let i = 0; i < length; i++) codes[i] = values[i]! - low;
  return withNull({ codes, cardinality }, validity);
}

/** Codes, in order of first appearance, of values of `width` 32-bit words each. */
function codesOfWords(words: Int32Array, width: 1 | 2 | 4, validity: Uint8Array | null, length: number): Codes {
  const codes = new Int32Array(length);
  // Representative row and hash of every code: the table is rebuilt from them when it grows.
  const first = new Int32Array(length);
  const hashes = new Int32Array(length);
  let table = new Int32Array(1024).fill(-1);
  let mask = table.length - 1;
  let count = 0;
  let nullCode = -1;
  for (let i = 0; i < length; i++) {
    if (validity !== null && bitAt(validity, i) === 0) {
      if (nullCode < 0) nullCode = count++;
      codes[i] = nullCode;
      continue;
    }
    const at = i * width;
    let hash = mixLow(0x3c6ef372, words[at]!);
    for (let w = 1; w < width; w++) hash = mixLow(hash, words[at + w]!);
    hash = finish(hash);
    let slot = hash & mask;
    let code = table[slot]!;
    while (code >= 0 && !(hashes[code] === hash && sameWords(words, first[code]! * width, at, width))) {
      slot = (slot + 1) & mask;
      code = table[slot]!;
    }
    if (code < 0) {
      code = count++;
      first[code] = i;
      hashes[code] = hash;
      table[slot] = code;
      if (count * 2 > table.length) {
        table = rebuilt(hashes, count, nullCode, table.length * 4);
        mask = table.length - 1;
      }
    }
    codes[i] = code;
  }
  return { codes, cardinality: count };
}

function sameWords(words: Int32Array, a: number, b: number, width: number): boolean {
  for (let w = 0; w < width; w++) if (words[a + w] !== words[b + w]) return false;
  return true;
}

function rebuilt(hashes: Int32Array, count: number, nullCode: number, size: number): Int32Array<ArrayBuffer> {
  const table = new Int32Array(size).fill(-1);
  const mask = size - 1;
  for (let code = 0; code < count; code++) {
    if (code === nullCode) continue;
    let slot = hashes[code]! & mask;
    while (table[slot]! >= 0) slot = (slot + 1) & mask;
    table[slot] = code;
  }
  return table;
}
