import { type ColumnBuilder, RESCUE, TYPED, type Typing } from './builder-column.ts';
import { finishedValidity, grownBitmap, setNull, setValid } from './builder-validity.ts';
import type { Float64Column } from './column.ts';
import { skipSpace, trimSpace } from './parse-text.ts';

/** The grammar of `parseDecimal`, so that every numeric column takes the same text for a number. */
const numeric = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** The nearest float64 of numbers and numeric text; beyond its range is null. */
export class Float64Builder implements ColumnBuilder {
  private values = new Float64Array(0);
  private validity = new Uint8Array(0);

  reserve(rows: number): void {
    const values = new Float64Array(rows);
    values.set(this.values);
    this.values = values;
    this.validity = grownBitmap(this.validity, rows);
  }

  text(row: number, bytes: Uint8Array, start: number, end: number): Typing {
    const first = skipSpace(bytes, start, end);
    return first === end ? TYPED : this.number(row, bytes, first, trimSpace(bytes, first, end));
  }

  number(row: number, bytes: Uint8Array, start: number, end: number): Typing {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
    const value = numeric.test(text) ? Number(text) : Number.NaN;
    if (!Number.isFinite(value)) return RESCUE;
    this.values[row] = value;
    setValid(this.validity, row);
    return TYPED;
  }

  bool(): Typing {
    return RESCUE;
  }

  clear(row: number): void {
    this.values[row] = 0;
    setNull(this.validity, row);
  }

  finish(rows: number): Float64Column {
    const values = this.values.subarray(0, rows);
    return { kind: 'float64', length: rows, validity: finishedValidity(this.validity, rows), values };
  }
}
