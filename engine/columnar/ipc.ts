/**
 * Columns as an Arrow IPC stream of one record batch, straight from their buffers.
 * Source: https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
 */
import { Schema, Table, tableToIPC } from 'apache-arrow';
import { BufferRegion, FieldNode, Message, RecordBatch as RecordBatchHeader } from 'apache-arrow/ipc/metadata/message';
import type { Column, ColumnSpec } from './column.ts';
import { fieldsOf } from './table.ts';
import { bitmapBytes, countNulls } from './validity.ts';

/** What precedes a message: a continuation mark and the length of its metadata. */
const prefixBytes = 8;
const endOfStream = Int32Array.of(-1, 0);

/** Where streams are put. Grows to the longest: what is allocated for each would make a tenth of all garbage. */
let memory = new Uint8Array(1 << 20);

/**
 * The stream, valid until the next call. Not for dictionaries, whose values are messages of their own: throws for them.
 */
export function ipcStream(columns: Readonly<Record<string, Column>>, specs: readonly ColumnSpec[]): Uint8Array {
  const nodes: FieldNode[] = [];
  const regions: BufferRegion[] = [];
  const buffers: Uint8Array[] = [];
  let bodyBytes = 0;
  const add = (buffer: Uint8Array): void => {
    regions.push(new BufferRegion(bodyBytes, buffer.length));
    buffers.push(buffer);
    bodyBytes += aligned(buffer.length);
  };
  for (const { name } of specs) {
    const column = columns[name]!;
    const { length, validity } = column;
    nodes.push(new FieldNode(length, countNulls(column)));
    add(validity === null ? new Uint8Array(0) : validity.subarray(0, bitmapBytes(length)));
    for (const buffer of valueBuffers(column)) add(buffer);
  }
  const rows = nodes[0]?.length ?? 0;
  const header = Message.encode(Message.from(new RecordBatchHeader(rows, nodes, regions, null), bodyBytes));
  const schema = schemaMessage(specs);
  const headerBytes = aligned(header.length);
  const size = schema.length + prefixBytes + headerBytes + bodyBytes + prefixBytes;
  if (memory.length < size) memory = new Uint8Array(size);
  const out = memory.subarray(0, size);
  out.set(schema);
  let at = schema.length;
  out.set(bytesOf(Int32Array.of(-1, headerBytes)), at);
  out.set(header, at + prefixBytes);
  at += prefixBytes + headerBytes;
  regions.forEach(({ offset }, i) => {
    out.set(buffers[i]!, at + offset);
  });
  out.set(bytesOf(endOfStream), at + bodyBytes);
  return out;
}

const messageOfSpecs = new WeakMap<readonly ColumnSpec[], Uint8Array>();

/** The message that says what the columns are: all that a stream has before its first batch. */
export function schemaMessage(specs: readonly ColumnSpec[]): Uint8Array {
  let message = messageOfSpecs.get(specs);
  if (message === undefined) {
    const stream = tableToIPC(new Table(new Schema(fieldsOf(specs))), 'stream');
    message = stream.slice(0, prefixBytes + new DataView(stream.buffer, stream.byteOffset).getInt32(4, true));
    messageOfSpecs.set(specs, message);
  }
  return message;
}

function valueBuffers(column: Column): Uint8Array[] {
  const { length } = column;
  switch (column.kind) {
    case 'utf8':
    case 'binary': {
      const [start, end] = [column.offsets[0]!, column.offsets[length]!];
      const offsets = column.offsets.subarray(0, length + 1);
      return [bytesOf(start === 0 ? offsets : offsets.map((at) => at - start)), column.bytes.subarray(start, end)];
    }
    case 'dictionary':
      throw new Error('ipcStream: a dictionary');
    case 'bool':
      return [column.bits.subarray(0, bitmapBytes(length))];
    case 'decimal':
      return [bytesOf(column.words.subarray(0, 4 * length))];
    default:
      return [bytesOf(column.values.subarray(0, length))];
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function aligned(bytes: number): number {
  return (bytes + 7) & ~7;
}
