/**
 * A column in another order, each row sent to its place. Where rows of a few groups lie mixed, this reads the column once from
 * end to end and writes one stream a group; taking the rows of each group reads it once a group.
 *
 * Loops keep the length they run to: once a thread has moved a buffer away, asking a typed array for its length costs a check.
 */
import type { BytesColumn, Column } from './column.ts';
import { copyBytes, pairsOf } from './gather.ts';
import { bitmapBytes } from './validity.ts';

/** The column with row i at place `to[i]`. `to` holds each place from 0 to the last once: the result is undefined otherwise. */
export function permuteColumn(column: Column, to: Int32Array): Column {
  const { length } = column;
  if (to.length !== length) throw new RangeError(`permuteColumn: ${to.length} places for ${length} rows`);
  const validity = column.validity === null ? null : permuteBits(column.validity, to);
  switch (column.kind) {
    case 'utf8':
    case 'binary':
      return { kind: column.kind, length, validity, ...permuteBytes(column, to) };
    case 'dictionary':
      return { ...column, validity, codes: permuteWords(column.codes, to) };
    case 'bool':
      return { kind: 'bool', length, validity, bits: permuteBits(column.bits, to) };
    case 'int32':
    case 'date':
      return { ...column, validity, values: permuteWords(column.values, to) };
    case 'int64':
    case 'timestamp': {
      const pairs = permutePairs(pairsOf(column.values), to);
      return { ...column, validity, values: new BigInt64Array(pairs.buffer) };
    }
    case 'float64':
      return { ...column, validity, values: permuteFloats(column.values, to) };
    case 'decimal':
      return { ...column, validity, words: permuteQuads(column.words, to) };
  }
}

function permuteBits(bits: Uint8Array, to: Int32Array): Uint8Array {
  const { length } = to;
  const out = new Uint8Array(bitmapBytes(length));
  for (let i = 0; i < length; i++) {
    const place = to[i]!;
    out[place >> 3]! |= ((bits[i >> 3]! >> (i & 7)) & 1) << (place & 7);
  }
  return out;
}

function permuteWords(source: Int32Array, to: Int32Array): Int32Array {
  const { length } = to;
  const out = new Int32Array(length);
  for (let i = 0; i < length; i++) out[to[i]!] = source[i]!;
  return out;
}

function permutePairs(source: Int32Array, to: Int32Array): Int32Array {
  const { length } = to;
  const out = new Int32Array(length * 2);
  for (let i = 0; i < length; i++) {
    const at = to[i]! * 2;
    out[at] = source[i * 2]!;
    out[at + 1] = source[i * 2 + 1]!;
  }
  return out;
}

function permuteQuads(source: Int32Array, to: Int32Array): Int32Array {
  const { length } = to;
  const out = new Int32Array(length * 4);
  for (let i = 0; i < length; i++) {
    const at = to[i]! * 4;
    out[at] = source[i * 4]!;
    out[at + 1] = source[i * 4 + 1]!;
    out[at + 2] = source[i * 4 + 2]!;
    out[at + 3] = source[i * 4 + 3]!;
  }
  return out;
}

function permuteFloats(source: Float64Array, to: Int32Array): Float64Array {
  const { length } = to;
  const out = new Float64Array(length);
  for (let i = 0; i < length; i++) out[to[i]!] = source[i]!;
  return out;
}

function permuteBytes({ offsets: from, bytes, length }: BytesColumn, to: Int32Array) {
  const offsets = new Int32Array(length + 1);
  for (let i = 0; i < length; i++) offsets[to[i]! + 1] = from[i + 1]! - from[i]!;
  for (let i = 0; i < length; i++) offsets[i + 1]! += offsets[i]!;
  const out = new Uint8Array(offsets[length]!);
  for (let i = 0; i < length; i++) copyBytes(bytes, from[i]!, from[i + 1]!, out, offsets[to[i]!]!);
  return { offsets, bytes: out };
}
