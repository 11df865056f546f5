import { type ColumnBuilder, RESCUE, TYPED, type Typing } from './builder-column.ts';
import { finishedValidity, grownBitmap, setNull, setValid } from './builder-validity.ts';
import type { BytesColumn } from './column.ts';
import { isBlank } from './parse-text.ts';

/** Offsets are 32-bit: what one column can hold. */
const maxBytes = 0x7fffffff;

/** Text as UTF-8 bytes, unchanged. */
export class BytesBuilder implements ColumnBuilder {
  private offsets = new Int32Array(1);
  private validity = new Uint8Array(0);
  private bytes = new Uint8Array(4096);
  private used = 0;

  reserve(rows: number): void {
    const offsets = new Int32Array(rows + 1);
    offsets.set(this.offsets);
    this.offsets = offsets;
    this.validity = grownBitmap(this.validity, rows);
  }

  text(row: number, bytes: Uint8Array, start: number, end: number): Typing {
    if (isBlank(bytes, start, end)) return TYPED;
    this.put(bytes, start, end);
    setValid(this.validity, row);
    return TYPED;
  }

  /** Appends bytes to the row that is being filled, without making it valid. */
  put(bytes: Uint8Array, start: number, end: number): void {
    this.ensure(end - start);
    if (end - start < 64) {
      const to = this.bytes;
      for (let p = start, q = this.used; p < end; p++, q++) to[q] = bytes[p]!;
    } else {
      this.bytes.set(bytes.subarray(start, end), this.used);
    }
    this.used += end - start;
  }

  /** Makes the row that is being filled a value: the bytes put since it began. */
  markValid(row: number): void {
    setValid(this.validity, row);
  }

  number(): Typing {
    return RESCUE;
  }

  bool(): Typing {
    return RESCUE;
  }

  clear(row: number): void {
    this.used = this.offsets[row]!;
    setNull(this.validity, row);
  }

  endRow(row: number): void {
    this.offsets[row + 1] = this.used;
  }

  finish(rows: number): BytesColumn {
    return {
      kind: 'utf8',
      length: rows,
      validity: finishedValidity(this.validity, rows),
      offsets: this.offsets.slice(0, rows + 1),
      bytes: this.bytes.slice(0, this.offsets[rows]),
    };
  }

  private ensure(more: number): void {
    const needed = this.used + more;
    if (needed <= this.bytes.length) return;
    if (needed > maxBytes) throw new Error(`text column: ${needed} bytes in one batch, at most ${maxBytes} fit`);
    const grown = new Uint8Array(Math.min(maxBytes, Math.max(needed, this.bytes.length * 2)));
    grown.set(this.bytes.subarray(0, this.used));
    this.bytes = grown;
  }
}
