/** The conditions of quality rules on whole columns, each a mask of the rows in which it holds. */
import type { Column } from '../engine/columnar/column.ts';
import { compareDecimal } from '../engine/columnar/decimal.ts';
import { translateCodes } from '../engine/columnar/dictionary.ts';
import { validMask } from '../engine/columnar/validity.ts';

/** 1 where a condition holds, 0 elsewhere; null when it holds nowhere. Not to be written to by who receives it. */
export type Mask = Uint8Array | null;

/** Where either condition holds. */
export function union(a: Mask, b: Mask): Mask {
  if (a === null || b === null) return a ?? b;
  const out = new Uint8Array(a.length);
  for (let i = 0, end = out.length; i < end; i++) out[i] = a[i]! | b[i]!;
  return out;
}

/** Where the condition does not hold. */
export function inverse(mask: Mask, length: number): Uint8Array {
  const out = new Uint8Array(length).fill(1);
  if (mask !== null) for (let i = 0; i < length; i++) out[i]! ^= mask[i]!;
  return out;
}

/** Where the column holds no value. */
export function nullMask(column: Column): Mask {
  if (column.validity === null) return null;
  const mask = inverse(validMask(column), column.length);
  return mask.includes(1) ? mask : null;
}

/** Where the boolean is true. */
export function trueMask(column: Column): Mask {
  if (column.kind !== 'bool') throw new Error(`rule: ${column.kind} is not a boolean`);
  if (column.bits.every((byte) => byte === 0)) return null;
  const out = validMask(column);
  for (let i = 0, end = out.length; i < end; i++) out[i]! &= (column.bits[i >> 3]! >> (i & 7)) & 1;
  return out;
}

/** Where the text is one of `values`. */
export function textMask(column: Column, values: readonly string[]): Mask {
  if (column.kind !== 'dictionary') throw new Error(`rule: ${column.kind} is not dictionary text`);
  const among = Uint8Array.from(column.values, (value) => (values.includes(value) ? 1 : 0));
  if (!among.includes(1)) return null;
  const { codes, validity, length } = column;
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = among[codes[i]!]!;
  if (validity !== null) keepValid(out, validity);
  return out;
}

/** Where both columns hold text and not the same. */
export function differsMask(left: Column, right: Column): Mask {
  if (left.kind !== 'dictionary' || right.kind !== 'dictionary') {
    throw new Error(`rule: ${left.kind} and ${right.kind} are not both dictionary text`);
  }
  const out = differingCodes(left.codes, translateCodes(left.values, right.values), right.codes, left.length);
  return whereBothValid(out, left, right);
}

function differingCodes(left: Int32Array, translation: Int32Array, right: Int32Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = translation[left[i]!] === right[i] ? 0 : 1;
  return out;
}

/** Where the number is below, above or equal to the decimal number `than`. */
export function comparisonMask(column: Column, how: 'below' | 'above' | 'equal', than: string): Mask {
  if (column.kind !== 'decimal') throw new Error(`rule: ${column.kind} is not a decimal`);
  const mask = compareDecimal(column, how === 'below' ? '<' : how === 'above' ? '>' : '=', than);
  return mask.includes(1) ? mask : null;
}

/** Where the date on the left lies after the one on the right. */
export function laterMask(left: Column, right: Column): Mask {
  return whereBothValid(laterDays(daysOf(left), daysOf(right), left.length), left, right);
}

function laterDays(left: Int32Array, right: Int32Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = left[i]! > right[i]! ? 1 : 0;
  return out;
}

/** The mask, written over, without rows in which a column is null; null when none is left. */
function whereBothValid(mask: Uint8Array, left: Column, right: Column): Mask {
  if (left.validity !== null) keepValid(mask, left.validity);
  if (right.validity !== null) keepValid(mask, right.validity);
  return mask.includes(1) ? mask : null;
}

function keepValid(mask: Uint8Array, validity: Uint8Array): void {
  for (let i = 0, length = mask.length; i < length; ) {
    const byte = validity[i >> 3]!;
    const end = Math.min(i + 8, length);
    if (byte === 255) i = end;
    else for (; i < end; i++) mask[i]! &= (byte >> (i & 7)) & 1;
  }
}

function daysOf(column: Column): Int32Array {
  if (column.kind !== 'date') throw new Error(`rule: ${column.kind} is not a date`);
  return column.values;
}

/** The given rows. */
export function rowsMask(rows: readonly number[], length: number): Mask {
  if (rows.length === 0) return null;
  const mask = new Uint8Array(length);
  for (const row of rows) mask[row] = 1;
  return mask;
}
