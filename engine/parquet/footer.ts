/**
 * The footer of a Parquet file, with the fields of its structures by number:
 * https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { ByteWriter } from 'hyparquet-writer';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';
import type { ColumnSpec } from '../columnar/column.ts';
import { schemaMessage } from '../columnar/ipc.ts';

export const magic = new TextEncoder().encode('PAR1');
/** Length of the metadata and magic number, after the metadata. */
const endBytes = 8;
/** Key of the Arrow schema, from which readers know that a column is a dictionary in memory. */
const arrowSchemaKey = 'ARROW:schema';
/** Physical type of texts. */
export const byteArray = 6;
const [optional, utf8] = [1, 0];

/** A structure: values of its fields. */
export type Struct = Readonly<Record<`field_${number}`, unknown>>;

/** `FileMetaData`, of which more is kept than is named here. */
export interface FileMetaData extends Struct {
  /** The root and the columns. */
  readonly field_2: readonly [Struct, ...Struct[]];
  readonly field_3: bigint;
  readonly field_4: readonly RowGroup[];
}

export interface RowGroup extends Struct {
  readonly field_1: readonly { readonly field_3: ColumnMetaData }[];
  /** Number of rows. */
  readonly field_3: bigint;
}

export interface ColumnMetaData extends Struct {
  readonly field_6: bigint;
  /** Bytes as stored. */
  readonly field_7: bigint;
  /** Where the data pages start. */
  readonly field_9: bigint;
  /** Where the dictionary page starts, in front of them. */
  readonly field_11?: bigint;
}

export function readFooter(file: Uint8Array): FileMetaData {
  const end = file.length - endBytes;
  const { buffer, byteOffset } = file;
  const length = new DataView(buffer, byteOffset + end).getUint32(0, true);
  const view = new DataView(buffer, byteOffset + end - length, length);
  return deserializeTCompactProtocol({ view, offset: 0 }) as unknown as FileMetaData;
}

interface Frame {
  /** The fields before and after number of rows and row groups. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

const frames = new WeakMap<readonly ColumnSpec[], Frame>();

/**
 * The footer of the file of all `specs`, from that of a file of those that are not among `dictionaries`, always the same
 * for one list of `specs`: what all its files have in common is made once.
 */
export function footerOf(
  file: FileMetaData,
  specs: readonly ColumnSpec[],
  dictionaries: readonly string[],
  rowGroups: readonly Struct[],
): Uint8Array {
  let frame = frames.get(specs);
  if (frame === undefined) {
    frame = frameOf(file, specs, dictionaries);
    frames.set(specs, frame);
  }
  const writer = new ByteWriter(16 * 1024);
  writer.appendBytes(frame.before);
  writer.appendBytes(fieldsAfter(2, { field_3: file.field_3, field_4: rowGroups }));
  writer.appendBytes(frame.after);
  writer.appendUint32(writer.offset);
  writer.appendBytes(magic);
  return writer.getBytes();
}

function frameOf(file: FileMetaData, specs: readonly ColumnSpec[], dictionaries: readonly string[]): Frame {
  const [root, ...stored] = file.field_2;
  const others = stored.values();
  const columns = specs.map(
    ({ name, nullable }): Struct =>
      dictionaries.includes(name)
        ? {
            field_1: byteArray,
            field_3: nullable ? optional : 0,
            field_4: name,
            field_6: utf8,
            field_10: { field_1: {} },
          }
        : others.next().value!,
  );
  const arrowSchema = Buffer.from(schemaMessage(specs)).toString('base64');
  return {
    before: fieldsAfter(0, { field_1: file.field_1, field_2: [{ ...root, field_5: columns.length }, ...columns] }),
    after: Buffer.concat([
      fieldsAfter(4, {
        field_5: [{ field_1: arrowSchemaKey, field_2: arrowSchema }],
        field_6: file.field_6,
        // The order of types, for each column.
        field_7: columns.map(() => ({ field_1: {} })),
      }),
      // The end of the structure.
      Uint8Array.of(0),
    ]),
  };
}

/** Fields of a structure behind the one with the number `last`. Each states by how much its number is greater, in four bits. */
function fieldsAfter(last: number, fields: Struct): Uint8Array {
  const writer = new ByteWriter(4096);
  serializeTCompactProtocol(writer, fields as Record<`field_${number}`, unknown>);
  const bytes = writer.getBytes();
  bytes[0]! -= last << 4;
  return bytes.subarray(0, -1);
}
