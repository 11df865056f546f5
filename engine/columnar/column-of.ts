/**
 * Columns from plain values and back, for small results and for tests. Null stays null.
 */
import { emptyColumn } from './arrow-data.ts';
import type {
  BoolColumn,
  BytesColumn,
  Column,
  ColumnType,
  DecimalColumn,
  DictionaryColumn,
  Float64Column,
  Int32Column,
  Int64Column,
} from './column.ts';
import { isValid } from './column.ts';
import { encodeDictionary } from './dictionary.ts';
import { takeColumn } from './gather.ts';
import { decodeText, encodeTexts } from './text.ts';
import { bitsFromMask, validityFromMask } from './validity.ts';

/** A value outside columns: days for a date, µs for a timestamp, the unscaled integer for a decimal. */
export type ColumnValue = string | number | bigint | boolean | Uint8Array | null;

type Values<T> = readonly (T | null)[];

export function utf8Column(values: Values<string>): BytesColumn {
  return encodeTexts(values);
}

export function binaryColumn(values: Values<Uint8Array>): BytesColumn {
  const offsets = new Int32Array(values.length + 1);
  for (let i = 0; i < values.length; i++) offsets[i + 1] = offsets[i]! + (values[i]?.length ?? 0);
  const bytes = new Uint8Array(offsets[values.length]!);
  for (let i = 0; i < values.length; i++) bytes.set(values[i] ?? [], offsets[i]!);
  return { kind: 'binary', ...shapeOf(values), offsets, bytes };
}

/** Codes in order of first appearance. */
export function dictionaryColumn(values: Values<string>): DictionaryColumn {
  return encodeDictionary(encodeTexts(values));
}

export function boolColumn(values: Values<boolean>): BoolColumn {
  return { kind: 'bool', ...shapeOf(values), bits: bitsFromMask(Uint8Array.from(values, (v) => (v === true ? 1 : 0))) };
}

/** Throws for what is not a 32-bit integer. */
export function int32Column(values: Values<number>): Int32Column {
  return { kind: 'int32', ...shapeOf(values), values: integers(values) };
}

/** From days since 1970-01-01. */
export function dateColumn(values: Values<number>): Int32Column {
  return { kind: 'date', ...shapeOf(values), values: integers(values) };
}

/** Throws for numbers that are not integers. */
export function int64Column(values: Values<bigint | number>): Int64Column {
  return { kind: 'int64', ...shapeOf(values), values: BigInt64Array.from(values, (v) => BigInt(v ?? 0)) };
}

/** From microseconds since 1970-01-01 UTC. */
export function timestampColumn(values: Values<bigint | number>): Int64Column {
  return { ...int64Column(values), kind: 'timestamp' };
}

export function float64Column(values: Values<number>): Float64Column {
  return { kind: 'float64', ...shapeOf(values), values: Float64Array.from(values, (v) => v ?? 0) };
}

/** From unscaled integers. Throws for more digits than `precision`. */
export function decimalColumn(values: Values<bigint>, precision: number, scale: number): DecimalColumn {
  const words = new BigInt64Array(values.length * 2);
  const limit = 10n ** BigInt(precision);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0n;
    if (value >= limit || value <= -limit) {
      throw new RangeError(`decimalColumn: ${value} in row ${i} has more than ${precision} digits`);
    }
    words[i * 2] = BigInt.asIntN(64, value);
    words[i * 2 + 1] = value >> 64n;
  }
  return { kind: 'decimal', ...shapeOf(values), precision, scale, words: new Int32Array(words.buffer) };
}

/** A column of a type from values of the matching kind. Throws for a value of another kind. */
export function columnOfValues(type: ColumnType, values: readonly ColumnValue[]): Column {
  for (const value of values) {
    if (value !== null && !carries(type, value)) {
      throw new TypeError(`columnOfValues: ${typeof value} ${String(value)} in a column of ${type.kind}`);
    }
  }
  switch (type.kind) {
    case 'utf8':
      return utf8Column(values as Values<string>);
    case 'dictionary':
      return dictionaryColumn(values as Values<string>);
    case 'binary':
      return binaryColumn(values as Values<Uint8Array>);
    case 'bool':
      return boolColumn(values as Values<boolean>);
    case 'int32':
      return int32Column(values as Values<number>);
    case 'date':
      return dateColumn(values as Values<number>);
    case 'int64':
      return int64Column(values as Values<bigint | number>);
    case 'timestamp':
      return timestampColumn(values as Values<bigint | number>);
    case 'float64':
      return float64Column(values as Values<number>);
    case 'decimal':
      return decimalColumn(values as Values<bigint>, type.precision, type.scale);
  }
}

/** The same value in every row. */
export function constantColumn(type: ColumnType, value: ColumnValue, length: number): Column {
  return value === null ? nullColumn(type, length) : takeColumn(columnOfValues(type, [value]), new Int32Array(length));
}

/** Null in every row. */
export function nullColumn(type: ColumnType, length: number): Column {
  return takeColumn(emptyColumn(type), new Int32Array(length).fill(-1));
}

/** The value of slot `i`. Slow: for keys in messages, small results and tests. */
export function valueAt(column: Column, i: number): ColumnValue {
  if (i < 0 || i >= column.length) throw new RangeError(`valueAt: row ${i} of ${column.length}`);
  if (!isValid(column, i)) return null;
  switch (column.kind) {
    case 'utf8':
      return decodeText(column.bytes, column.offsets[i]!, column.offsets[i + 1]!);
    case 'binary':
      return column.bytes.slice(column.offsets[i]!, column.offsets[i + 1]!);
    case 'dictionary':
      return column.values[column.codes[i]!]!;
    case 'bool':
      return ((column.bits[i >> 3]! >> (i & 7)) & 1) === 1;
    case 'decimal': {
      const word = (at: number) => BigInt(column.words[i * 4 + at]! >>> 0);
      return (BigInt(column.words[i * 4 + 3]!) << 96n) | (word(2) << 64n) | (word(1) << 32n) | word(0);
    }
    default:
      return column.values[i]!;
  }
}

/** Every value of a column, as `valueAt` gives them. */
export function valuesOf(column: Column): ColumnValue[] {
  return Array.from({ length: column.length }, (_, i) => valueAt(column, i));
}

function carries(type: ColumnType, value: ColumnValue): boolean {
  switch (type.kind) {
    case 'utf8':
    case 'dictionary':
      return typeof value === 'string';
    case 'binary':
      return value instanceof Uint8Array;
    case 'bool':
      return typeof value === 'boolean';
    case 'int64':
    case 'timestamp':
      return typeof value === 'bigint' || typeof value === 'number';
    case 'decimal':
      return typeof value === 'bigint';
    default:
      return typeof value === 'number';
  }
}

function shapeOf(values: readonly unknown[]): { length: number; validity: Uint8Array | null } {
  return {
    length: values.length,
    validity: validityFromMask(Uint8Array.from(values, (value) => (value === null ? 0 : 1))),
  };
}

function integers(values: Values<number>): Int32Array {
  return Int32Array.from(values, (value, i) => {
    if (value !== null && value !== (value | 0)) throw new RangeError(`${value} in row ${i} is not a 32-bit integer`);
    return value ?? 0;
  });
}
