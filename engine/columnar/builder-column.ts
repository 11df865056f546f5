/** Columns that are being filled row by row by a decoder. */
import type { Column } from './column.ts';

/** The value says what the column holds: nothing to keep beside it. */
export const TYPED = 0;
/** The column holds null, or not all of what the text said: the raw text must be kept. */
export const RESCUE = 1;
/** What a column made of a value. */
export type Typing = typeof TYPED | typeof RESCUE;

/**
 * A column under construction. Slots are null until given a value; a slot is given at most one value, unless it is
 * cleared in between. Rows come in order and must be below what was reserved.
 */
export interface ColumnBuilder {
  /** Makes room for so many rows. */
  reserve(rows: number): void;
  /** Takes UTF-8 text: typed by the column's grammar, blank is null. */
  text(row: number, bytes: Uint8Array, start: number, end: number): Typing;
  /** Takes the text of a JSON number. */
  number(row: number, bytes: Uint8Array, start: number, end: number): Typing;
  /** Takes a JSON boolean. */
  bool(row: number, value: boolean): Typing;
  /** Makes the slot null again, as if this row had not been seen. */
  clear(row: number): void;
  /** The column of the first `rows` rows, over the arrays that were filled. Call once, last. */
  finish(rows: number): Column;
}
