/**
 * Partition columns: from values to the protocol's strings and to folder names, and back to constant columns.
 * Source: PROTOCOL.md, "Partition Value Serialization"; folder names as Hive writes them.
 */
import { createHash } from 'node:crypto';
import { type Column, type ColumnSpec, type DictionaryColumn, isValid } from '../columnar/column.ts';
import { decodeDictionary } from '../columnar/dictionary.ts';
import { decodeText } from '../columnar/text.ts';
import type { PartitionValues } from './types.ts';

/** Which rows belong to which partition. */
export interface PartitionRows {
  /** Values of each partition, partitions in order of their first row. */
  readonly values: readonly PartitionValues[];
  /** The partition of each row. */
  readonly partitionOf: Int32Array;
}

/** The folder value of null. */
const nullFolder = '__HIVE_DEFAULT_PARTITION__';

/** Longest folder name, in bytes, that is spelt out: file systems refuse names over 255 bytes. */
const longestFolder = 200;

/**
 * The partition of each row. Without partition columns there is one, unless there are no rows. Throws for text that is empty,
 * which the protocol cannot tell from null, and for types that cannot partition.
 */
export function splitByPartition(columns: readonly (readonly [string, Column])[], length: number): PartitionRows {
  let partitionOf = new Int32Array(length);
  let values: PartitionValues[] = length === 0 ? [] : [{}];
  for (const [name, column] of columns) {
    const { codes, texts } = textCodes(column);
    const { numbers, firsts } = numbered(partitionOf, codes, texts.length);
    values = firsts.map((row) => ({ ...values[partitionOf[row]!], [name]: texts[codes[row]!]! }));
    partitionOf = numbers;
  }
  return { values, partitionOf };
}

/** `event_date=2025-07-01/`: the folder of a partition, segments in the order of the partition columns. */
export function partitionFolder(names: readonly string[], values: PartitionValues): string {
  return names.map((name) => `${folderName(name, values[name] ?? null)}/`).join('');
}

/** A column that has a partition value in every row. Throws when the value is not one of its type. */
export function partitionColumn({ name, type }: ColumnSpec, value: string | null, length: number): Column {
  const validity = value === null ? new Uint8Array((length + 7) >> 3) : null;
  const values = value === null ? [] : [value];
  const text: DictionaryColumn = { kind: 'dictionary', length, validity, codes: new Int32Array(length), values };
  switch (type.kind) {
    case 'dictionary':
      return text;
    case 'utf8':
      return decodeDictionary(text);
    case 'date':
    case 'int32': {
      const number =
        value === null ? 0 : type.kind === 'date' ? Date.parse(`${value}T00:00:00Z`) / 86_400_000 : Number(value);
      if (!Number.isInteger(number))
        throw new Error(`partition value of ${name} is not of type ${type.kind}: ${value}`);
      return { kind: type.kind, length, validity, values: new Int32Array(length).fill(number) };
    }
    default:
      throw new Error(`partition column ${name} has the type ${type.kind}, which cannot partition`);
  }
}

/**
 * The protocol's text for a row of a partition column, null for null. Throws for empty text, which the protocol cannot tell
 * from null, and for types that cannot partition.
 */
export function partitionText(column: Column, row: number): string | null {
  if (!isValid(column, row)) return null;
  const key = partitionKeyAt(column, row);
  const text = typeof key === 'string' ? key : textOfKey(column, key);
  if (text === '') throw new Error(`a partition value is the empty text in row ${row}: it would be read as null`);
  return text;
}

/** Pairs of numbers, numbered in order of their first row. `seconds` are below `secondCount`. */
function numbered(firsts: Int32Array, seconds: Int32Array, secondCount: number) {
  const { length } = firsts;
  const numbers = new Int32Array(length);
  const numberOf = new Map<number, number>();
  const rows: number[] = [];
  let lastKey = -1;
  let number = 0;
  for (let i = 0; i < length; i++) {
    const key = firsts[i]! * secondCount + seconds[i]!;
    if (key !== lastKey) {
      number = numberOf.get(key) ?? rows.length;
      if (number === rows.length) {
        numberOf.set(key, number);
        rows.push(i);
      }
      lastKey = key;
    }
    numbers[i] = number;
  }
  return { numbers, firsts: rows };
}

/** Each slot's number in the list of distinct texts. */
function textCodes(column: Column): { codes: Int32Array; texts: (string | null)[] } {
  const codes = new Int32Array(column.length);
  const texts: (string | null)[] = [];
  const known = new Map<number | string | null, number>();
  let lastKey: number | string | null | undefined;
  let code = 0;
  for (let i = 0; i < column.length; i++) {
    const key = isValid(column, i) ? partitionKeyAt(column, i) : null;
    if (key !== lastKey) {
      code = known.get(key) ?? texts.length;
      if (code === texts.length) {
        known.set(key, code);
        texts.push(partitionText(column, i));
      }
      lastKey = key;
    }
    codes[i] = code;
  }
  return { codes, texts };
}

/** Equal for equal values of the column, and cheap. */
function partitionKeyAt(column: Column, i: number): number | string {
  switch (column.kind) {
    case 'dictionary':
      return column.codes[i]!;
    case 'date':
    case 'int32':
      return column.values[i]!;
    case 'utf8':
      return decodeText(column.bytes, column.offsets[i]!, column.offsets[i + 1]!);
    default:
      throw new Error(`a column of type ${column.kind} cannot partition`);
  }
}

function textOfKey(column: Column, key: number): string {
  if (column.kind === 'dictionary') return column.values[key]!;
  return column.kind === 'date' ? new Date(key * 86_400_000).toISOString().slice(0, -14) : String(key);
}

function folderName(name: string, value: string | null): string {
  const folder = `${escaped(name)}=${value === null ? nullFolder : escaped(value)}`;
  if (Buffer.byteLength(folder) <= longestFolder) return folder;
  // The log has the value; the folder only has to be another one for another value.
  return createHash('sha256').update(folder).digest('hex');
}

/** Hive's escaping: what file systems or URIs give a meaning becomes `%XX`. */
function escaped(text: string): string {
  return Array.from(text, (c) =>
    c < ' ' || c === '\u007f' || '"#%\'*/:=?\\{[]^'.includes(c)
      ? `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
      : c,
  ).join('');
}
