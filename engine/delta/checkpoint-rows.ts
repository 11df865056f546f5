/**
 * A checkpoint's rows as a nested Arrow table and back: one struct column for each kind of action, one of them set in each row.
 * Source: PROTOCOL.md, "Checkpoint Schema".
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
  RecordBatch,
  Schema,
  Struct,
  StructRow,
  Table,
  Utf8,
  Vector,
} from 'apache-arrow';

type Text = string | null;

/** The actions of a checkpoint. Every array in `add`, `remove` and `txn` is as long as its number of actions. */
export interface CheckpointRows {
  readonly protocol: { readonly minReaderVersion: number; readonly minWriterVersion: number };
  readonly metaData: {
    readonly id: string;
    readonly name: string;
    readonly description: string;
    readonly format: { readonly provider: string; readonly options: Readonly<Record<string, string>> };
    readonly schemaString: string;
    readonly partitionColumns: readonly string[];
    readonly configuration: Readonly<Record<string, string>>;
    readonly createdTime: number;
  };
  readonly txn: { readonly appId: readonly string[]; readonly version: readonly number[] };
  readonly add: {
    readonly path: readonly string[];
    readonly partitionValues: readonly Readonly<Record<string, Text>>[];
    readonly size: readonly number[];
    readonly modificationTime: readonly number[];
    readonly dataChange: readonly boolean[];
    readonly stats: readonly string[];
    readonly tags: readonly (Readonly<Record<string, string>> | null)[];
  };
  readonly remove: {
    readonly path: readonly string[];
    readonly deletionTimestamp: readonly number[];
    readonly dataChange: readonly boolean[];
    readonly partitionValues: readonly Readonly<Record<string, Text>>[];
    readonly size: readonly number[];
  };
}

/** The rows as an Arrow table with the columns `txn`, `add`, `remove`, `metaData`, `protocol`. */
export function checkpointTable(rows: CheckpointRows): Table {
  const { protocol, metaData, txn, add, remove } = rows;
  const parts: { name: string; count: number; children: Record<string, Data> }[] = [
    { name: 'txn', count: txn.appId.length, children: { appId: texts(txn.appId), version: longs(txn.version) } },
    {
      name: 'add',
      count: add.path.length,
      children: {
        path: texts(add.path),
        partitionValues: maps(add.partitionValues),
        size: longs(add.size),
        modificationTime: longs(add.modificationTime),
        dataChange: flags(add.dataChange),
        stats: texts(add.stats),
        tags: maps(add.tags),
      },
    },
    {
      name: 'remove',
      count: remove.path.length,
      children: {
        path: texts(remove.path),
        deletionTimestamp: longs(remove.deletionTimestamp),
        dataChange: flags(remove.dataChange),
        extendedFileMetadata: flags(remove.path.map(() => true)),
        partitionValues: maps(remove.partitionValues),
        size: longs(remove.size),
      },
    },
    {
      name: 'metaData',
      count: 1,
      children: {
        id: texts([metaData.id]),
        name: texts([metaData.name]),
        description: texts([metaData.description]),
        format: structs(1, { provider: texts([metaData.format.provider]), options: maps([metaData.format.options]) }),
        schemaString: texts([metaData.schemaString]),
        partitionColumns: lists([metaData.partitionColumns]),
        configuration: maps([metaData.configuration]),
        createdTime: longs([metaData.createdTime]),
      },
    },
    {
      name: 'protocol',
      count: 1,
      children: {
        minReaderVersion: ints([protocol.minReaderVersion]),
        minWriterVersion: ints([protocol.minWriterVersion]),
      },
    },
  ];
  // One record batch for each kind: there the column of that kind is full and the others are null.
  const structsOf = parts.map(({ count, children }) => structs(count, children));
  const schema = new Schema(parts.map(({ name }, i) => new Field(name, structsOf[i]!.type, true)));
  const rootType = new Struct(schema.fields);
  const batches = parts.flatMap(({ count }, full) => {
    if (count === 0) return [];
    const children = structsOf.map((data, i) => (i === full ? data : nulls(data.type, count)));
    return [new RecordBatch(schema, makeData({ type: rootType, length: count, nullCount: 0, children }))];
  });
  return new Table(schema, batches);
}

/** The actions of one kind in a checkpoint, as the plain objects that the log's JSON would give. */
export function actionsIn(table: Table, kind: string): Readonly<Record<string, unknown>>[] {
  const actions: Readonly<Record<string, unknown>>[] = [];
  for (const chunk of table.getChild(kind)?.data ?? []) {
    const names = (chunk.type as Struct).children.map((field) => field.name);
    const columns = chunk.children.map((child) => new Vector([child]));
    for (let i = 0; i < chunk.length; i++) {
      if (!chunk.getValid(i)) continue;
      const action: Record<string, unknown> = {};
      for (const [c, name] of names.entries()) {
        const value = plain(columns[c]!.get(i));
        if (value !== null) action[name] = value;
      }
      actions.push(action);
    }
  }
  return actions;
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Vector) return Array.from(value, plain);
  if (value instanceof MapRow || value instanceof StructRow) {
    return Object.fromEntries(Array.from(value as Iterable<[string, unknown]>, ([k, v]) => [k, plain(v)]));
  }
  return value;
}

function texts(values: readonly Text[]): Data<Utf8> {
  const offsets = new Int32Array(values.length + 1);
  for (const [i, value] of values.entries()) {
    offsets[i + 1] = offsets[i]! + (value === null ? 0 : Buffer.byteLength(value));
  }
  const data = Buffer.alloc(offsets[values.length]!);
  for (const [i, value] of values.entries()) if (value !== null) data.write(value, offsets[i]!);
  return makeData({ type: new Utf8(), ...validity(values), valueOffsets: offsets, data });
}

function longs(values: readonly number[]): Data<Int64> {
  return makeData({ type: new Int64(), length: values.length, data: BigInt64Array.from(values, BigInt) });
}

function ints(values: readonly number[]): Data<Int32> {
  return makeData({ type: new Int32(), length: values.length, data: Int32Array.from(values) });
}

function flags(values: readonly boolean[]): Data<Bool> {
  return makeData({ type: new Bool(), length: values.length, data: bitmap(values) });
}

function structs(length: number, children: Readonly<Record<string, Data>>): Data<Struct> {
  const fields = Object.entries(children).map(([name, data]) => new Field(name, data.type, true));
  return makeData({ type: new Struct(fields), length, nullCount: 0, children: Object.values(children) });
}

function lists(values: readonly (readonly string[])[]): Data<List<Utf8>> {
  const child = texts(values.flat());
  return makeData({
    type: new List(new Field('element', child.type, true)),
    ...validity(values),
    valueOffsets: offsetsOf(values.map((value) => value.length)),
    child,
  });
}

function maps(values: readonly (Readonly<Record<string, Text>> | null)[]): Data<Map_> {
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
function nulls(type: DataType, length: number): Data {
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
