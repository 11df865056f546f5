/** What Bronze kept of values that did not fit their type, read back for the rules. */
import type { Column } from '../engine/columnar/column.ts';
import { isValid } from '../engine/columnar/column.ts';
import { valueAt } from '../engine/columnar/column-of.ts';

/** What rescued raw text reads as. `beyond_int32`: a whole number that 32 bits do not hold; `number`: any other number. */
export type Reading = 'beyond_int32' | 'number' | 'other';

/** Rows in which raw text of one field was rescued, ascending, and what the text of each reads as. */
export interface RescuedField {
  readonly rows: number[];
  readonly readings: Reading[];
}

/** Rescued raw text by field, and the rows in which a key stood more than once. */
export interface Rescued {
  readonly fields: ReadonlyMap<string, RescuedField>;
  readonly repeated: readonly number[];
}

const nothing: Rescued = { fields: new Map(), repeated: [] };

/** The decoder's grammar of numeric text: of white space, ASCII's alone may stand around it. */
const numeric = /^[\t-\r ]*[+-]?(?=\.?[0-9])[0-9]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?[\t-\r ]*$/;
const maxInt32 = 2 ** 31 - 1;

/**
 * Reads a `rescued` column. Only members named in `known` are kept: an unknown field is no fault of the row. Costs about
 * a microsecond a row that rescued something, and nothing for the others.
 *
 * A key was repeated where the text ends with the member `_repeated` as the decoder writes it: last, an array of names
 * without white space. A field of the line that happens to be named `_repeated` is an unknown field like any other, unless
 * it is the last one rescued and looks exactly like that.
 */
export function readRescued(column: Column, known: ReadonlySet<string>): Rescued {
  if (column.length === 0) return nothing;
  const fields = new Map<string, RescuedField>();
  const repeated: number[] = [];
  for (let row = 0; row < column.length; row++) {
    if (!isValid(column, row)) continue;
    const text = valueAt(column, row) as string;
    const members = JSON.parse(text) as Record<string, unknown>;
    for (const [name, value] of Object.entries(members)) {
      if (known.has(name)) {
        const field = fields.get(name) ?? { rows: [], readings: [] };
        fields.set(name, field);
        field.rows.push(row);
        field.readings.push(readingOf(value));
      } else if (name === '_repeated' && areRepeatedNames(value, text)) repeated.push(row);
    }
  }
  return { fields, repeated };
}

function readingOf(value: unknown): Reading {
  if (typeof value !== 'number' && (typeof value !== 'string' || !numeric.test(value))) return 'other';
  const number = Number(value);
  // Beyond float64 it is infinite here, and whole: no exponent of so much is that of a fraction.
  const whole = Number.isInteger(number) || !Number.isFinite(number);
  return whole && Math.abs(number) > maxInt32 ? 'beyond_int32' : 'number';
}

function areRepeatedNames(value: unknown, text: string): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((name) => typeof name === 'string') &&
    text.endsWith(`"_repeated":${JSON.stringify(value)}}`)
  );
}

/** The raw text of a field of row `i` as JSON, at most 200 characters; `missing or empty` when nothing was rescued. */
export function rescuedText(column: Column, i: number, field: string): string {
  const text = valueAt(column, i);
  if (text === null) return 'missing or empty';
  const members = JSON.parse(text as string) as Record<string, unknown>;
  return Object.hasOwn(members, field) ? JSON.stringify(members[field]).slice(0, 200) : 'missing or empty';
}
