import { type ColumnBuilder, RESCUE, TYPED, type Typing } from './builder-column.ts';
import { finishedValidity, grownBitmap, setNull, setValid } from './builder-validity.ts';
import type { Int64Column } from './column.ts';
import { type JsonlScan, NOT_PLAIN, plainStringEnd } from './jsonl-scan.ts';
import { FixedTime } from './parse-fixed-time.ts';
import { skipSpace, trimSpace } from './parse-text.ts';
import { NO_TIME, parseTimestamp, ZONED } from './parse-time.ts';

/** UTC microseconds, from ISO 8601 date-times; one without a zone is taken as UTC and its raw text rescued. */
export class TimestampBuilder implements ColumnBuilder {
  private words = new Int32Array(0);
  private validity = new Uint8Array(0);
  private readonly calendar = new FixedTime();

  reserve(rows: number): void {
    const words = new Int32Array(rows * 2);
    words.set(this.words);
    this.words = words;
    this.validity = grownBitmap(this.validity, rows);
  }

  text(row: number, bytes: Uint8Array, start: number, end: number): Typing {
    const first = skipSpace(bytes, start, end);
    if (first === end) return TYPED;
    const status = parseTimestamp(bytes, first, trimSpace(bytes, first, end), this.words, row * 2);
    if (status === NO_TIME) return RESCUE;
    setValid(this.validity, row);
    return status === ZONED ? TYPED : RESCUE;
  }

  /** Takes the JSON string whose opening quote is at `quote`. */
  scan(row: number, bytes: Uint8Array, view: DataView, quote: number): JsonlScan {
    // `YYYY-MM-DDThh:mm:ssZ`: when these 20 characters are an instant, none of them is a quote.
    if (bytes[quote + 21] === 0x22 && this.calendar.parse(view, quote + 1, this.words, row * 2)) {
      setValid(this.validity, row);
      return quote + 22;
    }
    const end = plainStringEnd(view, quote + 1);
    if (end === -1) return NOT_PLAIN;
    return this.text(row, bytes, quote + 1, end) === TYPED ? end + 1 : ~(end + 1);
  }

  number(): Typing {
    return RESCUE;
  }

  bool(): Typing {
    return RESCUE;
  }

  clear(row: number): void {
    this.words.fill(0, row * 2, row * 2 + 2);
    setNull(this.validity, row);
  }

  finish(rows: number): Int64Column {
    const values = new BigInt64Array(this.words.buffer, 0, rows);
    return { kind: 'timestamp', length: rows, validity: finishedValidity(this.validity, rows), values };
  }
}
