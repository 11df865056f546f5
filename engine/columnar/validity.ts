/**
 * Validity bitmaps: one bit a slot, least significant bit first, 1 for a value; null stands for "no null at all".
 */
import type { Column } from './column.ts';

/** Bytes that hold `length` bits. */
export function bitmapBytes(length: number): number {
  return (length + 7) >> 3;
}

/** Number of bits set among the first `length`. */
function countBits(bits: Uint8Array, length: number): number {
  let count = 0;
  const whole = length >> 3;
  for (let b = 0; b < whole; b++) count += POPULATION[bits[b]!]!;
  if ((length & 7) !== 0) count += POPULATION[bits[whole]! & ((1 << (length & 7)) - 1)]!;
  return count;
}

/** Number of null slots. */
export function countNulls(column: Column): number {
  return column.validity === null ? 0 : column.length - countBits(column.validity, column.length);
}

/** One byte a bit, 0 or 1. */
export function maskFromBits(bits: Uint8Array, length: number): Uint8Array {
  const mask = new Uint8Array(length);
  const whole = length >> 3;
  for (let b = 0, i = 0; b < whole; b++, i += 8) {
    const byte = bits[b]!;
    if (byte === 0) continue;
    mask[i] = byte & 1;
    mask[i + 1] = (byte >> 1) & 1;
    mask[i + 2] = (byte >> 2) & 1;
    mask[i + 3] = (byte >> 3) & 1;
    mask[i + 4] = (byte >> 4) & 1;
    mask[i + 5] = (byte >> 5) & 1;
    mask[i + 6] = (byte >> 6) & 1;
    mask[i + 7] = byte >> 7;
  }
  for (let i = whole << 3; i < length; i++) mask[i] = (bits[i >> 3]! >> (i & 7)) & 1;
  return mask;
}

/** The bitmap of a mask of bytes, 0 or 1. */
export function bitsFromMask(mask: Uint8Array): Uint8Array {
  const bits = new Uint8Array(bitmapBytes(mask.length));
  for (let i = 0, end = mask.length; i < end; i++) bits[i >> 3]! |= (mask[i]! & 1) << (i & 7);
  return bits;
}

/** The validity of a mask of bytes (1: value, 0: null); null when every byte is 1. */
export function validityFromMask(mask: Uint8Array): Uint8Array | null {
  for (let i = 0, end = mask.length; i < end; i++) if (mask[i] === 0) return bitsFromMask(mask);
  return null;
}

/** One byte a slot: 1 where the column holds a value. */
export function validMask(column: Column): Uint8Array {
  return column.validity === null
    ? new Uint8Array(column.length).fill(1)
    : maskFromBits(column.validity, column.length);
}

/** Valid where both are. */
export function andValidity(a: Uint8Array | null, b: Uint8Array | null, length: number): Uint8Array | null {
  if (a === null || b === null) return a ?? b;
  const out = new Uint8Array(bitmapBytes(length));
  for (let i = 0, end = out.length; i < end; i++) out[i] = a[i]! & b[i]!;
  return out;
}

/** Valid where either is. */
export function orValidity(a: Uint8Array | null, b: Uint8Array | null, length: number): Uint8Array | null {
  if (a === null || b === null) return null;
  const out = new Uint8Array(bitmapBytes(length));
  for (let i = 0, end = out.length; i < end; i++) out[i] = a[i]! | b[i]!;
  return out;
}

/**
 * The rows a kernel has to look at: those of `where` (all when absent) in which the column holds a value. Null means
 * every row.
 */
export function activeRows(column: Column, where: Uint8Array | undefined): Uint8Array | null {
  if (where !== undefined && where.length !== column.length) {
    throw new Error(`mask of ${where.length} rows for a column of ${column.length}`);
  }
  const { validity, length } = column;
  if (validity === null) return where ?? null;
  const mask = maskFromBits(validity, length);
  if (where !== undefined) for (let i = 0; i < length; i++) mask[i]! &= where[i]!;
  return mask;
}

/** Bits `offset … offset + length` as a bitmap that starts at bit 0: a view where the offset is on a byte. */
export function sliceBits(bits: Uint8Array, offset: number, length: number): Uint8Array {
  const start = offset >> 3;
  const shift = offset & 7;
  const size = bitmapBytes(length);
  if (shift === 0) return bits.subarray(start, start + size);
  const out = new Uint8Array(size);
  for (let b = 0; b < size; b++) {
    const next = start + b + 1 < bits.length ? bits[start + b + 1]! : 0;
    out[b] = (bits[start + b]! >> shift) | (next << (8 - shift));
  }
  return out;
}

/** Copies the first `length` bits of `source` (all ones when null) into `target`, whose bits there must be 0. */
export function copyBits(source: Uint8Array | null, target: Uint8Array, targetOffset: number, length: number): void {
  const start = targetOffset >> 3;
  const shift = targetOffset & 7;
  const size = bitmapBytes(length);
  for (let b = 0; b < size; b++) {
    const left = length - b * 8;
    const byte = (source === null ? 255 : source[b]!) & (left >= 8 ? 255 : (1 << left) - 1);
    target[start + b]! |= byte << shift;
    if (shift !== 0 && start + b + 1 < target.length) target[start + b + 1]! |= byte >> (8 - shift);
  }
}

const POPULATION = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest !== 0; rest >>= 1) count += rest & 1;
  return count;
});
