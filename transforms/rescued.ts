/** What Bronze kept of values that did not fit their type, read back for the rules. */
import type { Column } from '../engine/columnar/column.ts';
import { isValid } from '../engine/columnar/column.ts';
import { valueAt } from '../engine/columnar/column-of.ts';

/** Rows in which raw text of one field was rescued, ascending, and whether the text reads as a number. */
export interface RescuedField {
  readonly rows: number[];
  readonly numeric: boolean[];
}

/** Rescued raw text by field, and the rows in which a key stood more than once. */
export interface Rescued {
  readonly fields: ReadonlyMap<string, RescuedField>;
  readonly repeated: readonly number[];
}

const nothing: Rescued = { fields: new Map(), repeated: [] };

/** The decoder's grammar of numeric text. */
const numeric = /^\s*[+-]?(?=\.?[0-9])[0-9]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?\s*$/;

/**
 * Reads a `rescued` column. Only members named in `known` are kept: an unknown field is no fault of the row. Costs about
 * a microsecond a row that rescued something, and nothing for the others.
 */
export function readRescued(column: Column, known: ReadonlySet<string>): Rescued {
  if (column.length === 0) return nothing;
  const fields = new Map<string, RescuedField>();
  const repeated: number[] = [];
  for (let row = 0; row < column.length; row++) {
    if (!isValid(column, row)) continue;
    const members = JSON.parse(valueAt(column, row) as string) as Record<string, unknown>;
    for (const [name, value] of Object.entries(members)) {
      if (known.has(name)) {
        const field = fields.get(name) ?? { rows: [], numeric: [] };
        fields.set(name, field);
        field.rows.push(row);
        field.numeric.push(typeof value === 'number' || (typeof value === 'string' && numeric.test(value)));
      } else if (name === '_repeated') repeated.push(row);
    }
  }
  return { fields, repeated };
}

/** The raw text of a field of row `i` as JSON, at most 200 characters; `missing or empty` when nothing was rescued. */
export function rescuedText(column: Column, i: number, field: string): string {
  const text = valueAt(column, i);
  if (text === null) return 'missing or empty';
  const members = JSON.parse(text as string) as Record<string, unknown>;
  return Object.hasOwn(members, field) ? JSON.stringify(members[field]).slice(0, 200) : 'missing or empty';
}
