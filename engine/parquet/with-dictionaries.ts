/**
 * Dictionary columns put into a Parquet file of the other columns.
 */
import type { Column, ColumnSpec, DictionaryColumn } from '../columnar/column.ts';
import { dictionaryChunk } from './dictionary-chunk.ts';
import { byteArray, type ColumnMetaData, footerOf, magic, type RowGroup, readFooter, type Struct } from './footer.ts';

const encodings = { plain: 0, rle: 3, dictionary: 8 };
const codecs = { UNCOMPRESSED: 0, SNAPPY: 1 };

interface Chunk {
  readonly bytes: Uint8Array;
  readonly metadata: ColumnMetaData;
}

/**
 * The file of all columns, from `file`, which has those that are not among `names`. Column chunks follow each other in the
 * order of the columns, as readers that cut a file at offsets expect.
 */
export function withDictionaries(
  file: Uint8Array,
  columns: Readonly<Record<string, Column>>,
  specs: readonly ColumnSpec[],
  names: readonly string[],
): Uint8Array {
  const metadata = readFooter(file);
  const parts: Uint8Array[] = [magic];
  let offset = magic.length;
  let row = 0;
  const rowGroups = metadata.field_4.map((group: RowGroup): Struct => {
    const start = offset;
    const begin = row;
    row += Number(group.field_3);
    const stored = group.field_1.values();
    const chunks = specs.map(({ name, nullable }): Chunk => {
      const chunk = names.includes(name)
        ? added(columns[name] as DictionaryColumn, name, nullable, begin, row, offset)
        : moved(file, stored.next().value!.field_3, offset);
      parts.push(chunk.bytes);
      offset += chunk.bytes.length;
      return chunk;
    });
    return {
      field_1: chunks.map((chunk) => ({ field_2: 0n, field_3: chunk.metadata })),
      field_2: chunks.reduce((n, chunk) => n + chunk.metadata.field_6, 0n),
      field_3: group.field_3,
      field_5: BigInt(start),
      field_6: BigInt(offset - start),
    };
  });
  parts.push(footerOf(metadata, specs, names, rowGroups));
  return Buffer.concat(parts);
}

/** A chunk of the file with its place in the new one. */
function moved(file: Uint8Array, metadata: ColumnMetaData, offset: number): Chunk {
  const from = metadata.field_11 ?? metadata.field_9;
  const by = BigInt(offset) - from;
  return {
    bytes: file.subarray(Number(from), Number(from + metadata.field_7)),
    metadata: {
      ...metadata,
      field_9: metadata.field_9 + by,
      ...(metadata.field_11 === undefined ? {} : { field_11: BigInt(offset) }),
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
): Chunk {
  const { bytes, dataPage, codec, uncompressedBytes } = dictionaryChunk(column, nullable, begin, end);
  return {
    bytes,
    metadata: {
      field_1: byteArray,
      field_2: [encodings.plain, encodings.rle, encodings.dictionary],
      field_3: [name],
      field_4: codecs[codec],
      field_5: BigInt(end - begin),
      field_6: BigInt(uncompressedBytes),
      field_7: BigInt(bytes.length),
      field_9: BigInt(offset + dataPage),
      field_11: BigInt(offset),
    },
  };
}
