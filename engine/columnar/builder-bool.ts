import { type ColumnBuilder, RESCUE, TYPED, type Typing } from './builder-column.ts';
import { finishedValidity, grownBitmap, setNull, setValid } from './builder-validity.ts';
import type { BoolColumn } from './column.ts';
import { parseBool, skipSpace, trimSpace } from './parse-text.ts';

/** Booleans; text `true` and `false` in any case. */
export class BoolBuilder implements ColumnBuilder {
  private bits = new Uint8Array(0);
  private validity = new Uint8Array(0);

  reserve(rows: number): void {
    this.bits = grownBitmap(this.bits, rows);
    this.validity = grownBitmap(this.validity, rows);
  }

  text(row: number, bytes: Uint8Array, start: number, end: number): Typing {
    const first = skipSpace(bytes, start, end);
    if (first === end) return TYPED;
    const value = parseBool(bytes, first, trimSpace(bytes, first, end));
    return value === -1 ? RESCUE : this.bool(row, value === 1);
  }

  number(): Typing {
    return RESCUE;
  }

  bool(row: number, value: boolean): Typing {
    if (value) setValid(this.bits, row);
    setValid(this.validity, row);
    return TYPED;
  }

  clear(row: number): void {
    setNull(this.bits, row);
    setNull(this.validity, row);
  }

  finish(rows: number): BoolColumn {
    const bits = this.bits.subarray(0, (rows + 7) >> 3);
    return { kind: 'bool', length: rows, validity: finishedValidity(this.validity, rows), bits };
  }
}
