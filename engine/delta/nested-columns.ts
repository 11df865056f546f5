/**
 * Nested Arrow columns from plain values and back: what a checkpoint's schema is made of.
 */
import {
  Bool,
  type Data,
  type DataType,
  Field,
  Int32,
  Int64,
  List,
  Map_,
  MapRow,
  makeData,
  Struct,
  StructRow,
  Utf8,
  Vector,
} from 'apache-arrow';

/** A text that may be null. */
export type Text = string | null;

/** Text, null where null. */
export function texts(values: readonly Text[]): Data<Utf8> {
  const offsets = new Int32Array(values.length + 1);
  for (const [i, value] of values.entries()) {
    offsets[i + 1] = offsets[i]! + (value === null ? 0 : Buffer.byteLength(value));
  }
  const data = Buffer.alloc(offsets[values.length]!);
  for (const [i, value] of values.entries()) if (value !== null) data.write(value, offsets[i]!);
  return makeData({ type: new Utf8(), ...validity(values), valueOffsets: offsets, data });
}

/** 64-bit integers from numbers that a double holds exactly. */
export function longs(values: readonly number[]): Data<Int64> {
  return makeData({ type: new Int64(), length: values.length, data: BigInt64Array.from(values, BigInt) });
}

/** 32-bit integers. */
export function ints(values: readonly number[]): Data<Int32> {
  return makeData({ type: new Int32(), length: values.length, data: Int32Array.from(values) });
}

/** Booleans. */
export function flags(values: readonly boolean[]): Data<Bool> {
  return makeData({ type: new Bool(), length: values.length, data: bitmap(values) });
}

/** A struct of columns of one length, none of it null. */
export function structs(length: number, children: Readonly<Record<string, Data>>): Data<Struct> {
  const fields = Object.entries(children).map(([name, data]) => new Field(name, data.type, true));
  return makeData({ type: new Struct(fields), length, nullCount: 0, children: Object.values(children) });
}

/** Lists of text; the child is named as Parquet asks. */
export function lists(values: readonly (readonly string[])[]): Data<List<Utf8>> {
  const child = texts(values.flat());
  return makeData({
    type: new List(new Field('element', child.type, true)),
    ...validity(values),
    valueOffsets: offsetsOf(values.map((value) => value.length)),
    child,
  });
}

/** Maps from text to text, null where null; the children are named as Parquet asks. */
export function maps(values: readonly (Readonly<Record<string, Text>> | null)[]): Data<Map_> {
  const entries = values.map((value) => Object.entries(value ?? {}));
  const flat = entries.flat();
  const keys = texts(flat.map(([key]) => key));
  const items = texts(flat.map(([, item]) => item));
  const type = new Struct<{ key: Utf8; value: Utf8 }>([
    new Field('key', keys.type, false),
    new Field('value', items.type, true),
  ]);
  const child = makeData({ type, length: flat.length, nullCount: 0, children: [keys, items] });
  return makeData({
    type: new Map_(new Field('key_value', type, false)),
    ...validity(values),
    valueOffsets: offsetsOf(entries.map((entry) => entry.length)),
    child,
  });
}

function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) offsets[i + 1] = offsets[i]! + length;
  return offsets;
}

function validity(values: readonly unknown[]) {
  const nullCount = values.reduce((sum: number, value) => sum + (value === null ? 1 : 0), 0);
  if (nullCount === 0) return { length: values.length, nullCount, nullBitmap: null };
  return { length: values.length, nullCount, nullBitmap: bitmap(values.map((value) => value !== null)) };
}

function bitmap(values: readonly boolean[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  for (const [i, value] of values.entries()) if (value) bits[i >> 3]! |= 1 << (i & 7);
  return bits;
}

/** A column of nothing but nulls, with children as long as it is. */
export function nulls(type: DataType, length: number): Data {
  const nullBitmap = new Uint8Array(Math.ceil(length / 8));
  const common = { length, nullCount: length, nullBitmap };
  if (type instanceof Struct) {
    return makeData({ ...common, type, children: type.children.map((field) => nulls(field.type, length)) });
  }
  if (type instanceof Map_ || type instanceof List) {
    const child = nulls(type.children[0]!.type, 0);
    return makeData({ ...common, type, valueOffsets: new Int32Array(length + 1), child } as never);
  }
  if (type instanceof Utf8) {
    return makeData({ ...common, type, valueOffsets: new Int32Array(length + 1), data: new Uint8Array(0) });
  }
  if (type instanceof Int64) return makeData({ ...common, type, data: new BigInt64Array(length) });
  if (type instanceof Int32) return makeData({ ...common, type, data: new Int32Array(length) });
  return makeData({ ...common, type: new Bool(), data: new Uint8Array(Math.ceil(length / 8)) });
}

/**
 * What stands in each row of a column, null where null: numbers, booleans, texts, arrays, and objects for maps and structs. Some
 * ten times as fast as Arrow's own way to single values, for the types that nearly all of a checkpoint consists of.
 */
export function valuesOf(column: Data): (row: number) => unknown {
  const read = presentValues(column);
  const isPresent = presenceIn(column);
  return column.nullCount === 0 ? read : (row) => (isPresent(row) ? read(row) : null);
}

/** Whether a row of a column is not null. */
export function presenceIn({ nullCount, nullBitmap, offset }: Data): (row: number) => boolean {
  if (nullCount === 0 || nullBitmap == null) return () => true;
  return (row) => ((nullBitmap[(offset + row) >> 3]! >> ((offset + row) & 7)) & 1) === 1;
}

function presentValues(column: Data): (row: number) => unknown {
  const { type, values, valueOffsets } = column;
  if (type instanceof Utf8) {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    return (row) => bytes.toString('utf8', valueOffsets[row], valueOffsets[row + 1]);
  }
  if (type instanceof Int64) return (row) => Number(values[row]);
  if (type instanceof Int32) return (row) => values[row];
  if (type instanceof Bool)
    return (row) => ((values[(column.offset + row) >> 3]! >> ((column.offset + row) & 7)) & 1) === 1;
  if (type instanceof Map_) {
    const [key, value] = column.children[0]!.children.map(valuesOf);
    return (row) => {
      const map: Record<string, unknown> = {};
      for (let i = valueOffsets[row]!; i < valueOffsets[row + 1]!; i++) map[String(key!(i))] = value!(i);
      return map;
    };
  }
  const vector = new Vector([column]);
  return (row) => plain(vector.get(row));
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Vector) return Array.from(value, plain);
  if (value instanceof MapRow || value instanceof StructRow) {
    return Object.fromEntries(Array.from(value as Iterable<[string, unknown]>, ([k, v]) => [k, plain(v)]));
  }
  return value;
}
