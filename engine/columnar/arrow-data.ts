/**
 * Arrow's chunks as columns. What Arrow and this package lay out alike is viewed, not copied; other widths and units, as
 * other writers' Parquet files bring them, are converted.
 *
 * In apache-arrow the buffers of a sliced chunk already start at its first row; only bitmaps still count from `offset`.
 */
import { type Data, DataType, DateUnit, type Decimal, type Dictionary, type Timestamp, TimeUnit } from 'apache-arrow';
import { textLayout } from './arrow-text.ts';
import type { BytesColumn, Column, ColumnType, DecimalColumn, DictionaryColumn } from './column.ts';
import { dictionaryOfCodes, dictionaryOfValues } from './dictionary-codes.ts';
import { knownTexts } from './dictionary-vector.ts';
import { sliceBits } from './validity.ts';

/** The logical type that carries an Arrow type. Throws for types the lake does not use (lists, structs, 256 bits…). */
export function columnTypeOf(type: DataType): ColumnType {
  if (DataType.isDictionary(type) && isText(type.dictionary)) return { kind: 'dictionary' };
  if (isText(type)) return { kind: 'utf8' };
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isBinaryView(type)) return { kind: 'binary' };
  if (DataType.isBool(type)) return { kind: 'bool' };
  if (DataType.isInt(type) && (type.isSigned || type.bitWidth < 64)) {
    return { kind: type.bitWidth === 64 || (type.bitWidth === 32 && !type.isSigned) ? 'int64' : 'int32' };
  }
  if (DataType.isFloat(type) && type.ArrayType !== Uint16Array) return { kind: 'float64' };
  if (DataType.isDate(type)) return { kind: 'date' };
  if (DataType.isTimestamp(type)) return { kind: 'timestamp' };
  if (DataType.isDecimal(type) && (type.bitWidth === 64 || type.bitWidth === 128)) {
    return { kind: 'decimal', precision: type.precision, scale: type.scale };
  }
  throw new Error(`columnTypeOf: no column type carries ${type}`);
}

/** A chunk as a column. Timestamps become microseconds (nanoseconds are cut down to them), dates days. */
export function columnOfData(data: Data): Column {
  const type = columnTypeOf(data.type);
  const { length } = data;
  const validity = validityOf(data);
  const values = data.values;
  switch (type.kind) {
    case 'utf8':
    case 'binary':
      return { kind: type.kind, length, validity, ...textLayout(data, validity) };
    case 'dictionary':
      return dictionaryOfData(data as Data<Dictionary>, validity);
    case 'bool':
      return { kind: 'bool', length, validity, bits: sliceBits(values as Uint8Array, data.offset, length) };
    case 'int32':
      return { kind: 'int32', length, validity, values: exactly(Int32Array, values, length) };
    case 'date':
      return { kind: 'date', length, validity, values: days(data.type as { unit?: DateUnit }, values, length) };
    case 'int64':
      return { kind: 'int64', length, validity, values: exactly(BigInt64Array, values, length) };
    case 'timestamp':
      return { kind: 'timestamp', length, validity, values: micros((data.type as Timestamp).unit, values, length) };
    case 'float64':
      return { kind: 'float64', length, validity, values: exactly(Float64Array, values, length) };
    case 'decimal':
      return { ...type, length, validity, words: decimalWords(data.type as Decimal, values as Uint32Array, length) };
  }
}

/** A column of no rows. */
export function emptyColumn(type: ColumnType): Column {
  const common = { length: 0, validity: null };
  switch (type.kind) {
    case 'utf8':
    case 'binary':
      return { ...common, kind: type.kind, offsets: new Int32Array(1), bytes: new Uint8Array(0) };
    case 'dictionary':
      return { ...common, kind: 'dictionary', codes: new Int32Array(0), values: [] };
    case 'bool':
      return { ...common, kind: 'bool', bits: new Uint8Array(0) };
    case 'int32':
    case 'date':
      return { ...common, kind: type.kind, values: new Int32Array(0) };
    case 'int64':
    case 'timestamp':
      return { ...common, kind: type.kind, values: new BigInt64Array(0) };
    case 'float64':
      return { ...common, kind: 'float64', values: new Float64Array(0) };
    case 'decimal':
      return { ...common, ...type, words: new Int32Array(0) };
  }
}

type AnyArray = Int32Array | BigInt64Array | Float64Array;

function isText(type: DataType): boolean {
  return DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type);
}

function validityOf(data: Data): Uint8Array | null {
  const bits = data.nullBitmap as Uint8Array | undefined;
  if (bits === undefined || bits.length === 0 || data.nullCount === 0) return null;
  return sliceBits(bits, data.offset, data.length);
}

/** The first `length` values as an array of the wanted type: a view when they already are one. */
function exactly<A extends AnyArray>(wanted: new (length: number) => A, values: unknown, length: number): A {
  if (values instanceof wanted) return values.subarray(0, length) as A;
  const source = values as ArrayLike<number>;
  const out = new wanted(length);
  for (let i = 0; i < length; i++) out[i] = (out instanceof BigInt64Array ? BigInt(source[i]!) : source[i]!) as never;
  return out;
}

function days(type: { readonly unit?: DateUnit }, values: unknown, length: number): Int32Array {
  if (type.unit !== DateUnit.MILLISECOND) return exactly(Int32Array, values, length);
  return Int32Array.from((values as BigInt64Array).subarray(0, length) as never, (ms: bigint) => {
    return Math.floor(Number(ms) / 86_400_000);
  });
}

function micros(unit: TimeUnit, values: BigInt64Array, length: number): BigInt64Array {
  const source = values.subarray(0, length);
  if (unit === TimeUnit.MICROSECOND) return source;
  // Division of BigInts cuts towards zero; an instant before 1970 must be cut down like any other.
  if (unit === TimeUnit.NANOSECOND) return source.map((ns) => (ns - (((ns % 1000n) + 1000n) % 1000n)) / 1000n);
  const factor = unit === TimeUnit.SECOND ? 1_000_000n : 1000n;
  return source.map((value) => value * factor);
}

function decimalWords(type: Decimal, values: Uint32Array, length: number): DecimalColumn['words'] {
  const words = new Int32Array(values.buffer, values.byteOffset, (length * type.bitWidth) / 32);
  if (type.bitWidth === 128) return words;
  const out = new Int32Array(length * 4);
  for (let i = 0; i < length; i++) {
    const high = words[i * 2 + 1]!;
    out[i * 4] = words[i * 2]!;
    out[i * 4 + 1] = high;
    out[i * 4 + 2] = high >> 31;
    out[i * 4 + 3] = high >> 31;
  }
  return out;
}

function dictionaryOfData(data: Data<Dictionary>, validity: Uint8Array | null): DictionaryColumn {
  const codes = exactly(Int32Array, data.values, data.length);
  const known = data.dictionary === undefined ? [] : knownTexts(data.dictionary);
  if (known !== undefined) return dictionaryOfValues(codes, validity, known);
  return dictionaryOfCodes(codes, validity, data.dictionary!.data.map(textsOfData));
}

function textsOfData(chunk: Data): BytesColumn {
  const validity = validityOf(chunk);
  return { kind: 'utf8', length: chunk.length, validity, ...textLayout(chunk, validity) };
}
