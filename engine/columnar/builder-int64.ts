import { type ColumnBuilder, RESCUE, TYPED, type Typing } from './builder-column.ts';
import { finishedValidity, grownBitmap, setNull, setValid } from './builder-validity.ts';
import type { Int64Column } from './column.ts';
import { EXACT, parseDecimal } from './parse-decimal.ts';
import { skipSpace, trimSpace } from './parse-text.ts';

/** 64-bit integers, from numbers and numeric text without a fraction. */
export class Int64Builder implements ColumnBuilder {
  private words = new Int32Array(0);
  private validity = new Uint8Array(0);
  private readonly wide = new Int32Array(4);

  reserve(rows: number): void {
    const words = new Int32Array(rows * 2);
    words.set(this.words);
    this.words = words;
    this.validity = grownBitmap(this.validity, rows);
  }

  text(row: number, bytes: Uint8Array, start: number, end: number): Typing {
    const first = skipSpace(bytes, start, end);
    return first === end ? TYPED : this.number(row, bytes, first, trimSpace(bytes, first, end));
  }

  number(row: number, bytes: Uint8Array, start: number, end: number): Typing {
    const wide = this.wide;
    if (parseDecimal(bytes, start, end, 19, 0, wide, 0) !== EXACT || wide[2] !== wide[1]! >> 31) return RESCUE;
    this.words[row * 2] = wide[0]!;
    this.words[row * 2 + 1] = wide[1]!;
    setValid(this.validity, row);
    return TYPED;
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
    return { kind: 'int64', length: rows, validity: finishedValidity(this.validity, rows), values };
  }
}
