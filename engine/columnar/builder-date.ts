import { type ColumnBuilder, RESCUE, TYPED, type Typing } from './builder-column.ts';
import { finishedValidity, grownBitmap, setNull, setValid } from './builder-validity.ts';
import type { Int32Column } from './column.ts';
import { skipSpace, trimSpace } from './parse-text.ts';
import { NO_DATE, parseDate } from './parse-time.ts';

/** Days since 1970-01-01, from text `YYYY-MM-DD`. */
export class DateBuilder implements ColumnBuilder {
  private values = new Int32Array(0);
  private validity = new Uint8Array(0);

  reserve(rows: number): void {
    const values = new Int32Array(rows);
    values.set(this.values);
    this.values = values;
    this.validity = grownBitmap(this.validity, rows);
  }

  text(row: number, bytes: Uint8Array, start: number, end: number): Typing {
    const first = skipSpace(bytes, start, end);
    if (first === end) return TYPED;
    const days = parseDate(bytes, first, trimSpace(bytes, first, end));
    if (days === NO_DATE) return RESCUE;
    this.values[row] = days;
    setValid(this.validity, row);
    return TYPED;
  }

  number(): Typing {
    return RESCUE;
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
    return { kind: 'date', length: rows, validity: finishedValidity(this.validity, rows), values };
  }
}
