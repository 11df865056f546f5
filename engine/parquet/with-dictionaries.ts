/**
 * Dictionary columns put into a Parquet file of the other columns.
 */
import { type Table as ArrowTable, type Field, Schema, Table, tableToIPC } from 'apache-arrow';
import { type ColumnChunk, type FileMetaData, parquetMetadata, type RowGroup, type SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import type { DictionaryColumn } from '../columnar/column.ts';
import { columnOf } from '../columnar/table.ts';
import { dictionaryChunk } from './dictionary-chunk.ts';

const magic = new TextEncoder().encode('PAR1');
/** Key of the Arrow schema, from which readers know that a column is a dictionary in memory. */
const arrowSchemaKey = 'ARROW:schema';

/**
 * The file of all of the table's columns, from `file`, which has those that are not among `names`. Column chunks follow each
 * other in the order of the columns, as readers that cut a file at offsets expect. The table has no nested columns.
 */
export function withDictionaries(
  file: Uint8Array<ArrayBuffer>,
  table: ArrowTable,
  names: readonly string[],
): Uint8Array {
  const metadata = parquetMetadata(file);
  const { fields } = table.schema;
  const dictionaries = new Map(names.map((name) => [name, columnOf(table, name) as DictionaryColumn]));
  const parts: Uint8Array[] = [magic];
  let offset = magic.length;
  let row = 0;
  const rowGroups = metadata.row_groups.map((group): RowGroup => {
    const start = offset;
    const begin = row;
    row += Number(group.num_rows);
    const stored = group.columns.values();
    const columns = fields.map(({ name, nullable }): ColumnChunk => {
      const dictionary = dictionaries.get(name);
      const { bytes, chunk } =
        dictionary === undefined
          ? moved(file, stored.next().value!, offset)
          : added(dictionary, name, nullable, begin, row, offset);
      parts.push(bytes);
      offset += bytes.length;
      return chunk;
    });
    const total = columns.reduce((n, { meta_data }) => n + meta_data!.total_uncompressed_size, 0n);
    return {
      columns,
      num_rows: group.num_rows,
      total_byte_size: total,
      file_offset: BigInt(start),
      total_compressed_size: BigInt(offset - start),
    };
  });
  parts.push(
    footerOf({ ...metadata, schema: schemaOf(metadata.schema, fields, dictionaries), row_groups: rowGroups }, table),
  );
  return joined(parts);
}

/** A chunk of the file with its place in the new one. */
function moved(
  file: Uint8Array,
  { meta_data }: ColumnChunk,
  offset: number,
): { bytes: Uint8Array; chunk: ColumnChunk } {
  const meta = meta_data!;
  const from = meta.dictionary_page_offset ?? meta.data_page_offset;
  const by = BigInt(offset) - from;
  const bytes = file.subarray(Number(from), Number(from + meta.total_compressed_size));
  return {
    bytes,
    chunk: {
      file_offset: 0n,
      meta_data: {
        ...meta,
        data_page_offset: meta.data_page_offset + by,
        ...(meta.dictionary_page_offset === undefined ? {} : { dictionary_page_offset: BigInt(offset) }),
      },
    },
  };
}

function added(
  column: DictionaryColumn,
  name: string,
  nullable: boolean,
  begin: number,
  end: number,
  offset: number,
): { bytes: Uint8Array; chunk: ColumnChunk } {
  const { bytes, dataPage, codec, uncompressedBytes } = dictionaryChunk(column, nullable, begin, end);
  return {
    bytes,
    chunk: {
      file_offset: 0n,
      meta_data: {
        type: 'BYTE_ARRAY',
        encodings: ['PLAIN', 'RLE', 'RLE_DICTIONARY'],
        path_in_schema: [name],
        codec,
        num_values: BigInt(end - begin),
        total_uncompressed_size: BigInt(uncompressedBytes),
        total_compressed_size: BigInt(bytes.length),
        data_page_offset: BigInt(offset + dataPage),
        dictionary_page_offset: BigInt(offset),
      },
    },
  };
}

function schemaOf(
  [root, ...stored]: readonly SchemaElement[],
  fields: readonly Field[],
  dictionaries: ReadonlyMap<string, unknown>,
): SchemaElement[] {
  const others = stored.values();
  const elements = fields.map(
    ({ name, nullable }): SchemaElement =>
      dictionaries.has(name)
        ? {
            type: 'BYTE_ARRAY',
            repetition_type: nullable ? 'OPTIONAL' : 'REQUIRED',
            name,
            converted_type: 'UTF8',
            logical_type: { type: 'STRING' },
          }
        : others.next().value!,
  );
  return [{ ...root!, num_children: elements.length }, ...elements];
}

function footerOf(metadata: FileMetaData, table: ArrowTable): Uint8Array {
  const writer = new ByteWriter(16 * 1024);
  writeMetadata(writer, {
    ...metadata,
    key_value_metadata: [{ key: arrowSchemaKey, value: encodedSchema(table.schema) }],
  });
  writer.appendBytes(magic);
  return writer.getBytes();
}

/** The schema's message of Arrow's IPC stream, which is all that such a stream has before its first batch. */
function encodedSchema(schema: Schema): string {
  const stream = tableToIPC(new Table(new Schema(schema.fields)), 'stream');
  const [, length] = new Int32Array(stream.buffer, stream.byteOffset, 2);
  return Buffer.from(stream.buffer, stream.byteOffset, 8 + length!).toString('base64');
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
