/**
 * A small column as many rows see it: what a join brings to its left side.
 */
import type { BoolColumn, Column } from './column.ts';
import { takeColumn } from './gather.ts';
import { bitmapBytes } from './validity.ts';

/** Right rows by left row as joins give them, −1 for none, and whether there is any −1. */
export interface Lookup {
  readonly rows: Int32Array;
  readonly missing: boolean;
}

/** The right rows of a join. */
export function lookupOf(rows: Int32Array): Lookup {
  return { rows, missing: rows.includes(-1) };
}

/** What `takeColumn(column, rows)` gives. Rows must be −1 or rows of the column: for speed they are not checked. */
export function lookUp(column: Column, lookup: Lookup): Column {
  const { rows } = lookup;
  const length = rows.length;
  switch (column.kind) {
    case 'dictionary':
      return { ...column, length, validity: validityOf(column, lookup), codes: wordsOf(column.codes, lookup) };
    case 'int32':
    case 'date':
      return { ...column, length, validity: validityOf(column, lookup), values: wordsOf(column.values, lookup) };
    case 'bool':
      return { ...column, length, validity: validityOf(column, lookup), bits: bitsOf(column, lookup) };
    default:
      return takeColumn(column, rows);
  }
}

function wordsOf(source: Int32Array, { rows, missing }: Lookup): Int32Array {
  const out = new Int32Array(rows.length);
  if (missing) for (let i = 0, end = rows.length; i < end; i++) out[i] = rows[i]! < 0 ? 0 : source[rows[i]!]!;
  else for (let i = 0, end = rows.length; i < end; i++) out[i] = source[rows[i]!]!;
  return out;
}

/** Null when every row finds a value. */
function validityOf({ validity, length }: Column, { rows, missing }: Lookup): Uint8Array | null {
  if (validity === null && !missing) return null;
  const valid = new Uint8Array(length + 1);
  for (let row = 0; row < length; row++) {
    valid[row + 1] = validity === null ? 1 : (validity[row >> 3]! >> (row & 7)) & 1;
  }
  const { bits, set } = gathered(valid, rows);
  return set === rows.length ? null : bits;
}

function bitsOf({ bits, length }: BoolColumn, { rows }: Lookup): Uint8Array {
  const on = new Uint8Array(length + 1);
  for (let row = 0; row < length; row++) on[row + 1] = (bits[row >> 3]! >> (row & 7)) & 1;
  return on.includes(1) ? gathered(on, rows).bits : new Uint8Array(bitmapBytes(rows.length));
}

/** Bytes, 0 or 1, of row + 1 as bits of the rows, and how many are set. */
function gathered(bytes: Uint8Array, rows: Int32Array): { bits: Uint8Array; set: number } {
  const bits = new Uint8Array(bitmapBytes(rows.length));
  let set = 0;
  for (let i = 0, end = rows.length; i < end; i++) {
    const on = bytes[rows[i]! + 1]!;
    bits[i >> 3]! |= on << (i & 7);
    set += on;
  }
  return { bits, set };
}
