/**
 * Arrow tables from columns and back, without copying where the table has one chunk.
 */
import {
  Binary,
  Bool,
  type Data,
  type DataType,
  DateDay,
  Decimal,
  Dictionary,
  Field,
  Float64,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMicrosecond,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow';
import type { Column, ColumnSpec, ColumnType } from './column.ts';
import { concatColumns } from './concat.ts';

/** The Arrow type that carries a logical column type. Dictionaries have Int32 indices. */
export function arrowType(type: ColumnType): DataType {
  switch (type.kind) {
    case 'utf8':
      return new Utf8();
    case 'dictionary':
      return new Dictionary(new Utf8(), new Int32());
    case 'binary':
      return new Binary();
    case 'bool':
      return new Bool();
    case 'int32':
      return new Int32();
    case 'int64':
      return new Int64();
    case 'float64':
      return new Float64();
    case 'date':
      return new DateDay();
    case 'timestamp':
      return new TimestampMicrosecond('UTC');
    case 'decimal':
      return new Decimal(type.scale, type.precision, 128);
  }
}

/** The logical type of a column. */
export function typeOf(column: Column): ColumnType {
  return column.kind === 'decimal'
    ? { kind: 'decimal', precision: column.precision, scale: column.scale }
    : { kind: column.kind };
}

/** An Arrow table of one record batch over the columns' own buffers. Throws when lengths differ. */
export function tableOf(columns: Readonly<Record<string, Column>>, specs?: readonly ColumnSpec[]): Table {
  const names = specs?.map((s) => s.name) ?? Object.keys(columns);
  const nullable = new Map(specs?.map((s) => [s.name, s.nullable]));
  const length = names.length === 0 ? 0 : (columns[names[0]!]?.length ?? 0);
  const fields: Field[] = [];
  const children: Data[] = [];
  for (const name of names) {
    const column = columns[name];
    if (column === undefined) throw new Error(`tableOf: column ${name} is missing`);
    if (column.length !== length) {
      throw new Error(`tableOf: column ${name} has ${column.length} rows, expected ${length}`);
    }
    const data = dataOf(column);
    fields.push(new Field(name, data.type, nullable.get(name) ?? true));
    children.push(data);
  }
  const schema = new Schema(fields);
  const batch = new RecordBatch(schema, makeData({ type: new Struct(fields), length, nullCount: 0, children }));
  return new Table(schema, [batch]);
}

/** The named column as one contiguous chunk; several chunks are concatenated (dictionaries unified). */
export function columnOf(table: Table, name: string): Column {
  const vector = table.getChild(name);
  if (vector === null) throw new Error(`columnOf: no column ${name} in (${table.schema.names.join(', ')})`);
  const chunks = vector.data.filter((d) => d.length > 0);
  if (chunks.length === 0) return emptyColumn(vector.type);
  const columns = chunks.map(columnOfData);
  return columns.length === 1 ? columns[0]! : concatColumns(columns);
}

/** Every column of a table, by name, each as one contiguous chunk. */
export function columnsOf(table: Table): Record<string, Column> {
  return Object.fromEntries(table.schema.names.map((name) => [String(name), columnOf(table, String(name))]));
}

/** A column of no rows of an Arrow type. */
function emptyColumn(type: DataType): Column {
  return columnOfData(new Vector([makeData({ type, length: 0 } as never)]).data[0]!);
}

function dataOf(column: Column): Data {
  const { length, validity } = column;
  const common = { length, nullBitmap: validity, nullCount: validity === null ? 0 : -1 };
  switch (column.kind) {
    case 'utf8':
      return makeData({ ...common, type: new Utf8(), valueOffsets: column.offsets, data: column.bytes });
    case 'binary':
      return makeData({ ...common, type: new Binary(), valueOffsets: column.offsets, data: column.bytes });
    case 'dictionary':
      return makeData({
        ...common,
        type: new Dictionary(new Utf8(), new Int32()),
        data: column.codes,
        dictionary: vectorFromArray(column.values as string[], new Utf8()),
      });
    case 'bool':
      return makeData({ ...common, type: new Bool(), data: column.bits });
    case 'int32':
      return makeData({ ...common, type: new Int32(), data: column.values });
    case 'date':
      return makeData({ ...common, type: new DateDay(), data: column.values });
    case 'int64':
      return makeData({ ...common, type: new Int64(), data: column.values });
    case 'timestamp':
      return makeData({ ...common, type: new TimestampMicrosecond('UTC'), data: column.values });
    case 'float64':
      return makeData({ ...common, type: new Float64(), data: column.values });
    case 'decimal':
      return makeData({
        ...common,
        type: new Decimal(column.scale, column.precision, 128),
        data: new Uint32Array(column.words.buffer, column.words.byteOffset, column.words.length),
      });
  }
}
