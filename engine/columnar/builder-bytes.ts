import { type ColumnBuilder, RESCUE, TYPED, type Typing } from './builder-column.ts';
import { finishedValidity, grownBitmap, setNull, setValid } from './builder-validity.ts';
import type { BytesColumn } from './column.ts';
import { firstStop, type JsonlScan, NOT_PLAIN, plainStringEnd, stopBits } from './jsonl-scan.ts';
import { isBlank } from './parse-text.ts';

/** Offsets are 32-bit: what one column can hold. */
const maxBytes = 0x7fffffff;

/** Bytes of a text that is copied word by word. */
const shortText = 64;

/** Text as UTF-8 bytes, unchanged. */
export class BytesBuilder implements ColumnBuilder {
  private offsets = new Int32Array(1);
  private validity = new Uint8Array(0);
  private capacity = 4096;
  private bytes = new Uint8Array(this.capacity);
  private view = new DataView(this.bytes.buffer);
  private used = 0;
  /** Rows ended. */
  private rows = 0;

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

  /** Takes the JSON string whose opening quote is at `quote`. */
  scan(row: number, bytes: Uint8Array, view: DataView, quote: number): JsonlScan {
    // A blank starts with white space or with a character beyond ASCII.
    const first = bytes[quote + 1]!;
    if (first <= 32 || first >= 0x80) return this.scanAny(row, bytes, view, quote);
    const from = this.used;
    if (from + shortText > this.capacity) this.ensure(shortText);
    const to = this.view;
    for (let at = 0; at < shortText; at += 4) {
      const word = view.getInt32(quote + 1 + at, true);
      // What the last word brings beyond the string is overwritten by the next value.
      to.setInt32(from + at, word, true);
      const bits = stopBits(word);
      if (bits === 0) continue;
      const length = at + firstStop(bits);
      if (bytes[quote + 1 + length] !== 0x22) return NOT_PLAIN;
      this.used = from + length;
      if (length !== 0) setValid(this.validity, row);
      return quote + length + 2;
    }
    return this.scanAny(row, bytes, view, quote);
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

  /** Ends the row, whether it was given a value or not. Rows end in order, each once. */
  endRow(row: number): void {
    this.offsets[row + 1] = this.used;
    this.rows = row + 1;
  }

  finish(rows: number): BytesColumn {
    return {
      kind: 'utf8',
      length: rows,
      validity: finishedValidity(this.validity, rows),
      offsets: this.offsets.subarray(0, rows + 1),
      bytes: this.bytes.subarray(0, this.offsets[rows]),
    };
  }

  /** `scan` for text that may be blank, or is long. */
  private scanAny(row: number, bytes: Uint8Array, view: DataView, quote: number): JsonlScan {
    const end = plainStringEnd(view, quote + 1);
    if (end === -1) return NOT_PLAIN;
    this.text(row, bytes, quote + 1, end);
    return end + 1;
  }

  private ensure(more: number): void {
    const needed = this.used + more;
    if (needed <= this.capacity) return;
    if (needed > maxBytes) throw new Error(`text column: ${needed} bytes in one batch, at most ${maxBytes} fit`);
    // What the rows there is room for will take if they are like those so far, and a little more.
    const forecast = this.rows === 0 ? 0 : Math.ceil((needed / this.rows) * (this.offsets.length + 1) * 1.02);
    const atLeast = forecast > needed * 1.02 ? forecast : this.capacity * 2;
    const grown = new Uint8Array(Math.min(maxBytes, Math.max(needed, atLeast)));
    grown.set(this.bytes);
    this.bytes = grown;
    this.capacity = grown.length;
    this.view = new DataView(grown.buffer);
  }
}
