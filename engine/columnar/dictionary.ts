/**
 * Text columns to dictionary columns and back, and dictionaries that share their values.
 */
import type { BytesColumn, DictionaryColumn } from './column.ts';
import { takeColumn } from './gather.ts';
import { hashBytes, viewOf } from './hash-bytes.ts';
import { decodeText, encodeTexts } from './text.ts';

/** Distinct byte strings of a column: a code per row in order of first appearance (0 for null), and where each first is. */
export interface BytesCodes {
  readonly codes: Int32Array;
  /** Row of the first appearance of every code. */
  readonly first: Int32Array;
}

/** Codes of equal byte strings, without making a string of any. */
export function codesOfBytes(column: BytesColumn): BytesCodes {
  const { offsets, bytes, validity, length } = column;
  const view = viewOf(bytes);
  const codes = new Int32Array(length);
  const expected = length < 64 ? 64 : 256;
  let first = new Int32Array(expected);
  let hashes = new Int32Array(expected);
  let table = new Int32Array(expected * 4).fill(-1);
  let mask = table.length - 1;
  let count = 0;
  for (let i = 0; i < length; i++) {
    if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) continue;
    const start = offsets[i]!;
    const end = offsets[i + 1]!;
    const hash = hashBytes(view, start, end, 0);
    let slot = hash & mask;
    let code = table[slot]!;
    while (code >= 0) {
      if (hashes[code] === hash) {
        const row = first[code]!;
        if (sameBytes(bytes, offsets[row]!, offsets[row + 1]!, start, end)) break;
      }
      slot = (slot + 1) & mask;
      code = table[slot]!;
    }
    if (code < 0) {
      if (count === first.length) {
        first = grown(first);
        hashes = grown(hashes);
      }
      code = count++;
      first[code] = i;
      hashes[code] = hash;
      table[slot] = code;
      if (count * 2 > table.length) {
        table = rehashed(hashes, count, table.length * 4);
        mask = table.length - 1;
      }
    }
    codes[i] = code;
  }
  return { codes, first: first.slice(0, count) };
}

/** The same text as codes into its distinct values, in order of first appearance. The bytes must be valid UTF-8. */
export function encodeDictionary(column: BytesColumn): DictionaryColumn {
  const { codes, first } = codesOfBytes(column);
  const values: string[] = new Array(first.length);
  for (let code = 0; code < first.length; code++) {
    const row = first[code]!;
    values[code] = decodeText(column.bytes, column.offsets[row]!, column.offsets[row + 1]!);
  }
  return { kind: 'dictionary', length: column.length, validity: column.validity, codes, values };
}

/** The same text without a dictionary. */
export function decodeDictionary(column: DictionaryColumn): BytesColumn {
  const rows = column.codes.slice();
  const { validity, length } = column;
  if (validity !== null) for (let i = 0; i < length; i++) if (((validity[i >> 3]! >> (i & 7)) & 1) === 0) rows[i] = -1;
  return takeColumn(encodeTexts(column.values), rows) as BytesColumn;
}

/** For every value of `from` its code in `to`, −1 where `to` lacks it. */
export function translateCodes(from: readonly string[], to: readonly string[]): Int32Array {
  const codeOf = new Map(to.map((value, code) => [value, code]));
  return Int32Array.from(from, (value) => codeOf.get(value) ?? -1);
}

/**
 * The codes of all columns' rows end to end over one list of values: the first column's, then new ones in order of
 * appearance. `length` is that of all columns together.
 */
export function concatDictionaries(
  columns: readonly DictionaryColumn[],
  length: number,
): { readonly codes: Int32Array; readonly values: readonly string[] } {
  const head = columns[0]?.values ?? [];
  const added: string[] = [];
  let codeOf: Map<string, number> | null = null;
  const codes = new Int32Array(length);
  let at = 0;
  for (const column of columns) {
    if (column.values === head) codes.set(column.codes.subarray(0, column.length), at);
    else {
      codeOf ??= new Map(head.map((value, code) => [value, code]));
      const translation = extend(codeOf, column.values, head.length, added);
      putTranslated(column, translation, codes.subarray(at, at + column.length));
    }
    at += column.length;
  }
  return { codes, values: added.length === 0 ? head : [...head, ...added] };
}

/** The code of every value; those that have none are added, `known` values being there before. */
function extend(codeOf: Map<string, number>, values: readonly string[], known: number, added: string[]): Int32Array {
  const translation = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    let code = codeOf.get(value);
    if (code === undefined) {
      code = known + added.length;
      codeOf.set(value, code);
      added.push(value);
    }
    translation[i] = code;
  }
  return translation;
}

function putTranslated({ codes, validity, length }: DictionaryColumn, translation: Int32Array, out: Int32Array): void {
  if (translation.length === 0) return;
  for (let i = 0; i < length; i++) out[i] = translation[codes[i]!]!;
  if (validity === null || translation[0] === 0) return;
  for (let i = 0; i < length; ) {
    const byte = validity[i >> 3]!;
    const end = Math.min(i + 8, length);
    if (byte === 255) i = end;
    else for (; i < end; i++) if (((byte >> (i & 7)) & 1) === 0) out[i] = 0;
  }
}

function sameBytes(bytes: Uint8Array, startA: number, endA: number, startB: number, endB: number): boolean {
  if (endA - startA !== endB - startB) return false;
  for (let a = startA, b = startB; a < endA; a++, b++) if (bytes[a] !== bytes[b]) return false;
  return true;
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const out = new Int32Array(array.length * 2);
  out.set(array);
  return out;
}

function rehashed(hashes: Int32Array, count: number, size: number): Int32Array<ArrayBuffer> {
  const table = new Int32Array(size).fill(-1);
  const mask = size - 1;
  for (let code = 0; code < count; code++) {
    let slot = hashes[code]! & mask;
    while (table[slot]! >= 0) slot = (slot + 1) & mask;
    table[slot] = code;
  }
  return table;
}
