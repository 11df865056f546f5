/**
 * Parquet's hybrid of run lengths and bit packing, for levels and dictionary codes:
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
 */

/** Values packed together; a run of packed values is whole groups of them. */
const groupSize = 8;
/** Groups of a packed run: their number and a flag fit into the one byte that every writer uses for it. */
const mostGroups = 63;
/** Bytes of the longest number in front of a run. */
const headerBytes = 5;

/**
 * The first `length` values, each of at most `width` bits (1 … 24). `values` reaches to a multiple of eight; what is after
 * `length` may be anything of so many bits.
 */
export function encodeHybrid(values: Int32Array, length: number, width: number): Uint8Array {
  const groups = Math.ceil(length / groupSize);
  const out = new Uint8Array(groups * (width + headerBytes + 1) + headerBytes);
  let at = 0;
  let packedHeader = -1;
  let packedGroups = 0;
  for (let i = 0; i < length; ) {
    let end = i + 1;
    while (end < length && values[end] === values[i]) end++;
    if (end - i >= groupSize) {
      at = writeRun(out, at, end - i, values[i]!, width);
      packedHeader = -1;
      i = end;
      continue;
    }
    if (packedHeader === -1 || packedGroups === mostGroups) {
      packedHeader = at++;
      packedGroups = 0;
    }
    at = pack(values, i, width, out, at);
    out[packedHeader] = (++packedGroups << 1) | 1;
    i += groupSize;
  }
  return out.subarray(0, at);
}

/** `length` times the same value. */
export function encodeRun(length: number, value: number, width: number): Uint8Array {
  const out = new Uint8Array(headerBytes + 4);
  return out.subarray(0, writeRun(out, 0, length, value, width));
}

function writeRun(out: Uint8Array, start: number, length: number, value: number, width: number): number {
  let at = start;
  let header = length * 2;
  for (; header > 127; header >>>= 7) out[at++] = (header & 127) | 128;
  out[at++] = header;
  for (let shift = 0; shift < width; shift += 8) out[at++] = value >>> shift;
  return at;
}

function pack(values: Int32Array, start: number, width: number, out: Uint8Array, to: number): number {
  let at = to;
  let held = 0;
  let bits = 0;
  for (let i = start; i < start + groupSize; i++) {
    held |= values[i]! << bits;
    for (bits += width; bits >= 8; bits -= 8, held >>>= 8) out[at++] = held;
  }
  return at;
}
