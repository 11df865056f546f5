import { type ColumnBuilder, RESCUE, TYPED, type Typing } from './builder-column.ts';
import { finishedValidity, grownBitmap, setNull, setValid } from './builder-validity.ts';
import type { DecimalColumn } from './column.ts';
import { type JsonlScan, NOT_PLAIN, numberEnd } from './jsonl-scan.ts';
import { EXACT, parseDecimal, ROUNDED } from './parse-decimal.ts';
import { skipSpace, trimSpace } from './parse-text.ts';

/** Exact decimals, from numbers and numeric text; a rounded value is kept and its raw text rescued. */
export class DecimalBuilder implements ColumnBuilder {
  private words = new Int32Array(0);
  private validity = new Uint8Array(0);
  private readonly precision: number;
  private readonly scale: number;

  constructor(precision: number, scale: number) {
    this.precision = precision;
    this.scale = scale;
  }

  reserve(rows: number): void {
    const words = new Int32Array(rows * 4);
    words.set(this.words);
    this.words = words;
    this.validity = grownBitmap(this.validity, rows);
  }

  text(row: number, bytes: Uint8Array, start: number, end: number): Typing {
    const first = skipSpace(bytes, start, end);
    return first === end ? TYPED : this.number(row, bytes, first, trimSpace(bytes, first, end));
  }

  number(row: number, bytes: Uint8Array, start: number, end: number): Typing {
    const status = parseDecimal(bytes, start, end, this.precision, this.scale, this.words, row * 4);
    if (status === EXACT) {
      setValid(this.validity, row);
      return TYPED;
    }
    if (status === ROUNDED) setValid(this.validity, row);
    return RESCUE;
  }

  /** Takes the JSON number at `start`. */
  scan(row: number, bytes: Uint8Array, start: number): JsonlScan {
    const end = numberEnd(bytes, start);
    if (end === -1) return NOT_PLAIN;
    return this.number(row, bytes, start, end) === TYPED ? end : ~end;
  }

  bool(): Typing {
    return RESCUE;
  }

  clear(row: number): void {
    this.words.fill(0, row * 4, row * 4 + 4);
    setNull(this.validity, row);
  }

  finish(rows: number): DecimalColumn {
    return {
      kind: 'decimal',
      precision: this.precision,
      scale: this.scale,
      length: rows,
      validity: finishedValidity(this.validity, rows),
      words: this.words.slice(0, rows * 4),
    };
  }
}
