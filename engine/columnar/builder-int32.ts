import { type ColumnBuilder, RESCUE, TYPED, type Typing } from './builder-column.ts';
import { finishedValidity, grownBitmap, setNull, setValid } from './builder-validity.ts';
import type { Int32Column } from './column.ts';
import { type JsonlScan, NOT_PLAIN, numberEnd } from './jsonl-scan.ts';
import { EXACT, parseDecimal } from './parse-decimal.ts';
import { skipSpace, trimSpace } from './parse-text.ts';

/** 32-bit integers, from numbers and numeric text without a fraction (`12.0` is the integer 12). */
export class Int32Builder implements ColumnBuilder {
  private values = new Int32Array(0);
  private validity = new Uint8Array(0);
  private readonly words = new Int32Array(4);

  reserve(rows: number): void {
    const values = new Int32Array(rows);
    values.set(this.values);
    this.values = values;
    this.validity = grownBitmap(this.validity, rows);
  }

  text(row: number, bytes: Uint8Array, start: number, end: number): Typing {
    const first = skipSpace(bytes, start, end);
    return first === end ? TYPED : this.number(row, bytes, first, trimSpace(bytes, first, end));
  }

  number(row: number, bytes: Uint8Array, start: number, end: number): Typing {
    const words = this.words;
    if (parseDecimal(bytes, start, end, 10, 0, words, 0) !== EXACT || words[1] !== words[0]! >> 31) return RESCUE;
    this.values[row] = words[0]!;
    setValid(this.validity, row);
    return TYPED;
  }

  /** Takes the JSON number at `start`. */
  scan(row: number, bytes: Uint8Array, start: number): JsonlScan {
    const first = bytes[start]! - 0x30;
    const after = bytes[start + 1]!;
    // One digit and what may follow a value: `.`, `e` and digits may not.
    if (first >= 0 && first <= 9 && (after === 0x2c || after === 0x7d)) {
      this.values[row] = first;
      setValid(this.validity, row);
      return start + 1;
    }
    const end = numberEnd(bytes, start);
    if (end === -1) return NOT_PLAIN;
    return this.number(row, bytes, start, end) === TYPED ? end : ~end;
  }

  bool(): Typing {
    return RESCUE;
  }

  clear(row: number): void {
    this.values[row] = 0;
    setNull(this.validity, row);
  }

  finish(rows: number): Int32Column {
    const values = this.values.subarray(0, rows);
    return { kind: 'int32', length: rows, validity: finishedValidity(this.validity, rows), values };
  }
}
