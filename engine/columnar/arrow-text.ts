/**
 * Arrow's layouts of text and bytes as offsets of 32 bits into one buffer.
 */
import { type Data, DataType } from 'apache-arrow';
import type { BytesColumn } from './column.ts';
import { MAX_BYTES } from './text.ts';

type Layout = Pick<BytesColumn, 'offsets' | 'bytes'>;

/** A chunk of text or bytes; views and 64-bit offsets are rewritten. Throws for more than 2 GiB. */
export function textLayout(data: Data, validity: Uint8Array | null): Layout {
  const views = DataType.isUtf8View(data.type) || DataType.isBinaryView(data.type);
  return views ? fromViews(data, validity) : fromOffsets(data);
}

function fromOffsets(data: Data): Layout {
  const bytes = (data.values as Uint8Array | undefined) ?? new Uint8Array(0);
  const offsets = data.valueOffsets as Int32Array | BigInt64Array | undefined;
  if (offsets === undefined || offsets.length === 0) return { offsets: new Int32Array(data.length + 1), bytes };
  if (offsets instanceof Int32Array) return { offsets: offsets.subarray(0, data.length + 1), bytes };
  const end = Number(offsets[data.length]);
  if (end > MAX_BYTES) throw new RangeError(`columnOfData: text up to byte ${end}, at most ${MAX_BYTES} fit`);
  return { offsets: Int32Array.from(offsets.subarray(0, data.length + 1) as never, Number), bytes };
}

/** Views are 16 bytes: length, then the bytes themselves up to 12, or a prefix, a buffer's number and an offset into it. */
function fromViews(data: Data, validity: Uint8Array | null): Layout {
  const inline = data.values as Uint8Array;
  const view = new DataView(inline.buffer, inline.byteOffset, inline.byteLength);
  const offsets = new Int32Array(data.length + 1);
  const sizeAt = (i: number) =>
    validity === null || ((validity[i >> 3]! >> (i & 7)) & 1) === 1 ? view.getInt32(i * 16, true) : 0;
  let total = 0;
  for (let i = 0; i < data.length; i++) {
    total += sizeAt(i);
    offsets[i + 1] = total;
  }
  if (total > MAX_BYTES) throw new RangeError(`columnOfData: ${total} bytes of text, at most ${MAX_BYTES} fit`);
  const bytes = new Uint8Array(total);
  for (let i = 0; i < data.length; i++) {
    const size = sizeAt(i);
    const far = size > 12;
    const source = far ? data.variadicBuffers[view.getInt32(i * 16 + 8, true)]! : inline;
    const start = far ? view.getInt32(i * 16 + 12, true) : i * 16 + 4;
    if (size > 0) bytes.set(source.subarray(start, start + size), offsets[i]!);
  }
  return { offsets, bytes };
}
