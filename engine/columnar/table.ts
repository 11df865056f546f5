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
} from 'apache-arrow';
import { columnOfData, columnTypeOf, emptyColumn } from './arrow-data.ts';
import type { BytesColumn, Column, ColumnSpec, ColumnType } from './column.ts';
import { concatColumns, typeOf } from './concat-columns.ts';
import { vectorOf } from './dictionary-vector.ts';

export { typeOf };

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

/** Arrow's fields of columns. */
export function fieldsOf(specs: readonly ColumnSpec[]): Field[] {
  return specs.map(({ name, type, nullable }) => new Field(name, arrowType(type), nullable));
}

/** The named column as one contiguous chunk; several chunks are concatenated (dictionaries unified). */
export function columnOf(table: Table, name: string): Column {
  const vector = table.getChild(name);
  if (vector === null) throw new Error(`columnOf: no column ${name} in (${table.schema.names.join(', ')})`);
  const chunks = vector.data.filter((d) => d.length > 0);
  if (chunks.length === 0) return emptyColumn(columnTypeOf(vector.type));
  return concatColumns(chunks.map(columnOfData));
}

/** Every column of a table, by name, each as one contiguous chunk. */
export function columnsOf(table: Table): Record<string, Column> {
  return Object.fromEntries(table.schema.names.map((name) => [String(name), columnOf(table, String(name))]));
}

/** Names, logical types and nullability of a table's columns, in order. */
export function specsOf(table: Table): ColumnSpec[] {
  return table.schema.fields.map(({ name, type, nullable }) => ({ name, type: columnTypeOf(type), nullable }));
}

function dataOf(column: Column): Data {
  const { length, validity } = column;
  const common = { length, nullBitmap: validity, nullCount: validity === null ? 0 : -1 };
  switch (column.kind) {
    case 'utf8':
      return textData(column);
    case 'binary':
      return makeData({ ...common, type: new Binary(), valueOffsets: column.offsets, data: column.bytes });
    case 'dictionary':
      return makeData({
        ...common,
        type: new Dictionary(new Utf8(), new Int32()),
        data: column.codes,
        dictionary: vectorOf(column.values),
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

function textData({ length, validity, offsets, bytes }: BytesColumn): Data<Utf8> {
  const nullCount = validity === null ? 0 : -1;
  return makeData({ type: new Utf8(), length, nullBitmap: validity, nullCount, valueOffsets: offsets, data: bytes });
}
