/**
 * Rows of a column by number, and ranges of it.
 */
import type { BytesColumn, Column } from './column.ts';
import { MAX_BYTES } from './text.ts';
import { sliceBits, validityFromMask } from './validity.ts';

/** The column of the rows `indices`, in that order; −1 makes a null. Throws for any other row the column lacks. */
export function takeColumn(column: Column, indices: Int32Array): Column {
  const length = indices.length;
  const validity = takeValidity(column, indices);
  switch (column.kind) {
    case 'utf8':
    case 'binary':
      return { kind: column.kind, length, validity, ...takeBytes(column, indices) };
    case 'dictionary':
      return { kind: 'dictionary', length, validity, codes: takeWords(column.codes, indices), values: column.values };
    case 'bool':
      return { kind: 'bool', length, validity, bits: takeBits(column.bits, indices) };
    case 'int32':
    case 'date':
      return { kind: column.kind, length, validity, values: takeWords(column.values, indices) };
    case 'int64':
    case 'timestamp': {
      const pairs = takePairs(pairsOf(column.values), indices);
      return { kind: column.kind, length, validity, values: new BigInt64Array(pairs.buffer) };
    }
    case 'float64':
      return { kind: 'float64', length, validity, values: takeFloats(column.values, indices) };
    case 'decimal': {
      const { precision, scale } = column;
      return { kind: 'decimal', length, validity, precision, scale, words: takeQuads(column.words, indices) };
    }
  }
}

/** Rows `begin … end` as views of the column's own buffers (bitmaps are copied unless `begin` is a multiple of 8). */
export function sliceColumn(column: Column, begin: number, end: number): Column {
  if (begin < 0 || end < begin || end > column.length) {
    throw new RangeError(`sliceColumn: rows ${begin} … ${end} of a column of ${column.length}`);
  }
  const length = end - begin;
  const validity = column.validity === null ? null : sliceBits(column.validity, begin, length);
  switch (column.kind) {
    case 'utf8':
    case 'binary':
      return { ...column, length, validity, offsets: column.offsets.subarray(begin, end + 1) };
    case 'dictionary':
      return { ...column, length, validity, codes: column.codes.subarray(begin, end) };
    case 'bool':
      return { ...column, length, validity, bits: sliceBits(column.bits, begin, length) };
    case 'int32':
    case 'date':
      return { ...column, length, validity, values: column.values.subarray(begin, end) };
    case 'int64':
    case 'timestamp':
      return { ...column, length, validity, values: column.values.subarray(begin, end) };
    case 'float64':
      return { ...column, length, validity, values: column.values.subarray(begin, end) };
    case 'decimal':
      return { ...column, length, validity, words: column.words.subarray(begin * 4, end * 4) };
  }
}

/** The same 64-bit integers as pairs of 32-bit words, low word first. */
export function pairsOf(values: BigInt64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2);
}

function takeValidity(column: Column, indices: Int32Array): Uint8Array | null {
  const { validity } = column;
  const { length } = indices;
  let low = 0;
  let high = -1;
  for (let i = 0; i < length; i++) {
    const row = indices[i]!;
    if (row < low) low = row;
    if (row > high) high = row;
  }
  if (low < -1 || high >= column.length) {
    throw new RangeError(`takeColumn: row ${low < -1 ? low : high} of a column of ${column.length} rows`);
  }
  if (low === 0 && validity === null) return null;
  const mask = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const row = indices[i]!;
    mask[i] = row < 0 ? 0 : validity === null ? 1 : (validity[row >> 3]! >> (row & 7)) & 1;
  }
  return validityFromMask(mask);
}

function takeWords(source: Int32Array, indices: Int32Array): Int32Array {
  const { length } = indices;
  const out = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const row = indices[i]!;
    if (row >= 0) out[i] = source[row]!;
  }
  return out;
}

function takePairs(source: Int32Array, indices: Int32Array): Int32Array {
  const { length } = indices;
  const out = new Int32Array(length * 2);
  for (let i = 0; i < length; i++) {
    const row = indices[i]!;
    if (row < 0) continue;
    out[i * 2] = source[row * 2]!;
    out[i * 2 + 1] = source[row * 2 + 1]!;
  }
  return out;
}

function takeQuads(source: Int32Array, indices: Int32Array): Int32Array {
  const { length } = indices;
  const out = new Int32Array(length * 4);
  for (let i = 0; i < length; i++) {
    const row = indices[i]!;
    if (row < 0) continue;
    out[i * 4] = source[row * 4]!;
    out[i * 4 + 1] = source[row * 4 + 1]!;
    out[i * 4 + 2] = source[row * 4 + 2]!;
    out[i * 4 + 3] = source[row * 4 + 3]!;
  }
  return out;
}

function takeFloats(source: Float64Array, indices: Int32Array): Float64Array {
  const { length } = indices;
  const out = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const row = indices[i]!;
    if (row >= 0) out[i] = source[row]!;
  }
  return out;
}

function takeBits(source: Uint8Array, indices: Int32Array): Uint8Array {
  const { length } = indices;
  const out = new Uint8Array((length + 7) >> 3);
  for (let i = 0; i < length; i++) {
    const row = indices[i]!;
    if (row >= 0) out[i >> 3]! |= ((source[row >> 3]! >> (row & 7)) & 1) << (i & 7);
  }
  return out;
}

function takeBytes(column: BytesColumn, indices: Int32Array): { offsets: Int32Array; bytes: Uint8Array } {
  const { length } = indices;
  const source = column.offsets;
  const offsets = new Int32Array(length + 1);
  let total = 0;
  for (let i = 0; i < length; i++) {
    const row = indices[i]!;
    if (row >= 0) total += source[row + 1]! - source[row]!;
    offsets[i + 1] = total;
  }
  if (total > MAX_BYTES) throw new RangeError(`takeColumn: ${total} bytes of text, at most ${MAX_BYTES} fit`);
  const bytes = new Uint8Array(total);
  for (let i = 0; i < length; ) {
    const row = indices[i]!;
    let next = i + 1;
    // Rows taken in their own order are copied in one go.
    if (row >= 0) {
      while (next < length && indices[next] === row + next - i) next++;
      copyBytes(column.bytes, source[row]!, source[row + next - i]!, bytes, offsets[i]!);
    }
    i = next;
  }
  return { offsets, bytes };
}

/** Copies bytes `start … end`; a short range costs less byte by byte than through `set`. */
export function copyBytes(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void {
  if (end - start > 64) target.set(source.subarray(start, end), at);
  else for (let from = start, to = at; from < end; from++, to++) target[to] = source[from]!;
}
