import { type ColumnBuilder, RESCUE, TYPED, type Typing } from './builder-column.ts';
import { finishedValidity, grownBitmap, setNull, setValid } from './builder-validity.ts';
import type { DecimalColumn } from './column.ts';
import { digitCount, digitsValue, type JsonlScan, NOT_PLAIN, numberEnd } from './jsonl-scan.ts';
import { EXACT, exactDigits, parseDecimal, powers, ROUNDED, writeUnscaled } from './parse-decimal.ts';
import { skipSpace, trimSpace } from './parse-text.ts';

/** Exact decimals, from numbers and numeric text; a rounded value is kept and its raw text rescued. */
export class DecimalBuilder implements ColumnBuilder {
  private words = new Int32Array(0);
  private validity = new Uint8Array(0);
  private readonly precision: number;
  private readonly scale: number;
  /** Unscaled digits that fit both the precision and an exact float64. */
  private readonly plainDigits: number;

  constructor(precision: number, scale: number) {
    this.precision = precision;
    this.scale = scale;
    this.plainDigits = Math.min(precision, exactDigits);
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
  scan(row: number, bytes: Uint8Array, view: DataView, start: number): JsonlScan {
    const negative = bytes[start] === 0x2d;
    const first = negative ? start + 1 : start;
    let word = view.getInt32(first, true);
    let whole = digitCount(word);
    if (whole === 0) return NOT_PLAIN;
    let mantissa = digitsValue(word, whole);
    if (whole === 4) {
      word = view.getInt32(first + 4, true);
      const more = digitCount(word);
      if (more === 4) return this.scanAny(row, bytes, start);
      if (more !== 0) mantissa = mantissa * powers[more]! + digitsValue(word, more);
      whole += more;
    }
    let p = first + whole;
    let fraction = 0;
    if (bytes[p] === 0x2e) {
      word = view.getInt32(++p, true);
      fraction = digitCount(word);
      if (fraction === 0) return NOT_PLAIN;
      mantissa = mantissa * powers[fraction]! + digitsValue(word, fraction);
      if (fraction === 4) {
        word = view.getInt32(p + 4, true);
        const more = digitCount(word);
        if (more === 4) return this.scanAny(row, bytes, start);
        if (more !== 0) mantissa = mantissa * powers[more]! + digitsValue(word, more);
        fraction += more;
      }
      p += fraction;
    }
    const shift = this.scale - fraction;
    // An exponent, and digits to round, are for the parser.
    if (shift < 0 || whole + this.scale > this.plainDigits || (bytes[p]! | 32) === 0x65) {
      return this.scanAny(row, bytes, start);
    }
    if (whole > 1 && bytes[first] === 0x30) return NOT_PLAIN;
    writeUnscaled(mantissa * powers[shift]!, negative, this.words, row * 4);
    setValid(this.validity, row);
    return p;
  }

  /** `scan` for any JSON number. */
  private scanAny(row: number, bytes: Uint8Array, start: number): JsonlScan {
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
      words: this.words.subarray(0, rows * 4),
    };
  }
}
