/**
 * Arrow's chunks as columns. What Arrow and this package lay out alike is viewed, not copied; other widths and units, as
 * other writers' Parquet files bring them, are converted.
 *
 * In apache-arrow the buffers of a sliced chunk already start at its first row; only bitmaps still count from `offset`.
 */
import { type Data, DataType, DateUnit, type Decimal, type Dictionary, type Timestamp, TimeUnit } from 'apache-arrow';
import { textLayout } from './arrow-text.ts';
import type { BytesColumn, Column, ColumnType, DecimalColumn, DictionaryColumn } from './column.ts';
import { codesOfBytes } from './dictionary.ts';
import { knownTexts } from './dictionary-vector.ts';
import { decodeTexts } from './text.ts';
import { sliceBits, validityFromMask, validMask } from './validity.ts';

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

/** Other writers' dictionaries may repeat a value or hold null, and leave anything in the codes of null slots. */
function dictionaryOfData(data: Data<Dictionary>, validity: Uint8Array | null): DictionaryColumn {
  const { length } = data;
  const { values, translation } = distinctTexts(data);
  const codes = exactly(Int32Array, data.values, length);
  if (translation === null && (validity === null || areZeroWhereNull(codes, validity))) {
    return { kind: 'dictionary', length, validity, codes, values };
  }
  const mask = new Uint8Array(length);
  const out = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const valid = validity === null || ((validity[i >> 3]! >> (i & 7)) & 1) === 1;
    const to = !valid ? -1 : translation === null ? codes[i]! : translation[codes[i]!]!;
    if (to >= 0) {
      mask[i] = 1;
      out[i] = to;
    }
  }
  return { kind: 'dictionary', length, validity: validityFromMask(mask), codes: out, values };
}

function areZeroWhereNull(codes: Int32Array, validity: Uint8Array): boolean {
  for (let i = 0, length = codes.length; i < length; ) {
    const byte = validity[i >> 3]!;
    const end = Math.min(i + 8, length);
    if (byte === 255) i = end;
    else for (; i < end; i++) if (codes[i] !== 0 && ((byte >> (i & 7)) & 1) === 0) return false;
  }
  return true;
}

/** The dictionary's distinct texts, and where its entries went when that is not one to one (−1: null). */
function distinctTexts(data: Data<Dictionary>): { values: readonly string[]; translation: Int32Array | null } {
  const known = data.dictionary === undefined ? [] : knownTexts(data.dictionary);
  if (known !== undefined) return { values: known, translation: null };
  const chunks = data.dictionary!.data.map((chunk) => textsOf(chunk));
  const [only] = chunks.length === 1 ? chunks : [];
  if (only !== undefined && areDistinct(only)) return { values: only.texts, translation: null };
  const texts = chunks.flatMap((chunk) => chunk.texts);
  const valid = chunks.flatMap(({ column }) => [...validMask(column)]);
  const codeOf = new Map<string, number>();
  const translation = Int32Array.from(texts, (text, at) => {
    if (valid[at] === 0) return -1;
    const code = codeOf.get(text) ?? codeOf.size;
    codeOf.set(text, code);
    return code;
  });
  const values = [...codeOf.keys()];
  return { values, translation: values.length === texts.length ? null : translation };
}

interface Texts {
  readonly column: BytesColumn;
  readonly texts: string[];
}

function textsOf(chunk: Data): Texts {
  const validity = validityOf(chunk);
  const { length } = chunk;
  const column: BytesColumn = { kind: 'utf8', length, validity, ...textLayout(chunk, validity) };
  return { column, texts: decodeTexts(column.bytes, column.offsets, length) };
}

/** Whether no text is null or repeats. Bytes are hashed faster than strings; only those that are no UTF-8 are more distinct. */
function areDistinct({ column, texts }: Texts): boolean {
  if (column.validity !== null || codesOfBytes(column).first.length < column.length) return false;
  return !texts.some((text) => text.includes('\ufffd'));
}
