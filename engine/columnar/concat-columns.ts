/**
 * Columns end to end.
 */
import type { BytesColumn, Column, ColumnType, DictionaryColumn } from './column.ts';
import { concatDictionaries } from './dictionary.ts';
import { MAX_BYTES } from './text.ts';
import { bitmapBytes, copyBits } from './validity.ts';

/** The logical type of a column. */
export function typeOf(column: Column): ColumnType {
  return column.kind === 'decimal'
    ? { kind: 'decimal', precision: column.precision, scale: column.scale }
    : { kind: column.kind };
}

/** A type as text: its kind, with precision and scale where it has them. */
export function typeName(type: ColumnType): string {
  return type.kind === 'decimal' ? `decimal(${type.precision},${type.scale})` : type.kind;
}

/** The rows of all columns in order. Dictionaries are unified. Throws when there is none, or types differ. */
export function concatColumns(columns: readonly Column[]): Column {
  const head = columns[0];
  if (head === undefined) throw new Error('concatColumns: no column');
  if (columns.length === 1) return head;
  const type = typeName(typeOf(head));
  for (const column of columns) {
    const other = typeName(typeOf(column));
    if (other !== type) throw new Error(`concatColumns: ${other} after ${type}`);
  }
  let length = 0;
  for (const column of columns) length += column.length;
  const validity = concatValidity(columns, length);
  switch (head.kind) {
    case 'utf8':
    case 'binary':
      return { kind: head.kind, length, validity, ...concatBytes(columns as BytesColumn[], length) };
    case 'dictionary':
      return { kind: 'dictionary', length, validity, ...concatDictionaries(columns as DictionaryColumn[], length) };
    case 'bool':
      return { kind: 'bool', length, validity, bits: concatBits(columns as (typeof head)[], length) };
    case 'int32':
    case 'date':
      return { kind: head.kind, length, validity, values: joined(new Int32Array(length), valuesOf(columns, head)) };
    case 'int64':
    case 'timestamp':
      return { kind: head.kind, length, validity, values: joined(new BigInt64Array(length), valuesOf(columns, head)) };
    case 'float64':
      return { kind: 'float64', length, validity, values: joined(new Float64Array(length), valuesOf(columns, head)) };
    case 'decimal': {
      const words = joined(
        new Int32Array(length * 4),
        (columns as (typeof head)[]).map((c) => c.words.subarray(0, c.length * 4)),
      );
      return { kind: 'decimal', length, validity, precision: head.precision, scale: head.scale, words };
    }
  }
}

/** The values of columns that are all of the kind of `head`. */
function valuesOf<A extends { subarray(begin: number, end: number): A }>(
  columns: readonly Column[],
  _head: { readonly values: A },
): A[] {
  return (columns as unknown as { values: A; length: number }[]).map((c) => c.values.subarray(0, c.length));
}

type Words = Int32Array | BigInt64Array | Float64Array;

function joined<A extends Words>(out: A, parts: readonly Words[]): A {
  let at = 0;
  for (const part of parts) {
    out.set(part as never, at);
    at += part.length;
  }
  return out;
}

function concatValidity(columns: readonly Column[], length: number): Uint8Array | null {
  if (columns.every((column) => column.validity === null)) return null;
  const out = new Uint8Array(bitmapBytes(length));
  let at = 0;
  for (const column of columns) {
    copyBits(column.validity, out, at, column.length);
    at += column.length;
  }
  return out;
}

function concatBits(columns: readonly { bits: Uint8Array; length: number }[], length: number): Uint8Array {
  const out = new Uint8Array(bitmapBytes(length));
  let at = 0;
  for (const column of columns) {
    copyBits(column.bits, out, at, column.length);
    at += column.length;
  }
  return out;
}

function concatBytes(columns: readonly BytesColumn[], length: number): { offsets: Int32Array; bytes: Uint8Array } {
  let total = 0;
  for (const { offsets, length: rows } of columns) total += offsets[rows]! - offsets[0]!;
  if (total > MAX_BYTES) throw new RangeError(`concatColumns: ${total} bytes of text, at most ${MAX_BYTES} fit`);
  const offsets = new Int32Array(length + 1);
  const bytes = new Uint8Array(total);
  let row = 0;
  let end = 0;
  for (const column of columns) {
    const source = column.offsets;
    const base = source[0]!;
    for (let i = 1; i <= column.length; i++) offsets[row + i] = source[i]! - base + end;
    bytes.set(column.bytes.subarray(base, source[column.length]!), end);
    row += column.length;
    end += source[column.length]! - base;
  }
  return { offsets, bytes };
}
