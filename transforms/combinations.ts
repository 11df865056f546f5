/**
 * Conditions on texts and nulls alone, judged once for each combination of what the columns can hold instead of row by row.
 */
import type { Column } from '../engine/columnar/column.ts';
import type { Predicate } from '../schemas/rule.ts';
import type { Mask } from './masks.ts';

/** Most combinations that are judged. */
const most = 4096;

/** What a column can hold as far as conditions tell: each text of a dictionary, or any value; then null, where it has one. */
interface States {
  readonly column: Column;
  /** Number of the state of null: that of the states which are values. */
  readonly values: number;
  readonly count: number;
}

/**
 * The rows in which the condition holds, as `maskOf` gives them; undefined when it asks for anything but texts of
 * dictionary columns and nulls, or when there are too many combinations.
 */
export function combinedMask(predicate: Predicate, column: (name: string) => Column): Mask | undefined {
  const fields = new Map<string, States>();
  if (!collect(predicate, column, fields)) return undefined;
  const states = [...fields.values()];
  const size = states.reduce((product, { count }) => product * count, 1);
  if (size > most || states.length === 0) return undefined;
  const table = new Uint8Array(size);
  const names = [...fields.keys()];
  for (let combination = 0; combination < size; combination++) {
    const state = new Map<string, number>();
    let rest = combination;
    for (let at = states.length - 1; at >= 0; at--) {
      const { count } = states[at]!;
      state.set(names[at]!, rest % count);
      rest = Math.floor(rest / count);
    }
    if (holds(predicate, fields, state)) table[combination] = 1;
  }
  if (!table.includes(1)) return null;
  const { length } = states[0]!.column;
  const [only] = states.length === 1 ? states : [];
  const mask =
    only?.column.kind === 'dictionary' && only.column.validity === null
      ? lookedUp(table, only.column.codes, length)
      : lookedUp(table, combinationsOf(states, length), length);
  return mask.includes(1) ? mask : null;
}

/** The columns that the condition asks about; false when it asks for more than texts and nulls. */
function collect(predicate: Predicate, column: (name: string) => Column, fields: Map<string, States>): boolean {
  if ('all' in predicate) return predicate.all.every((p) => collect(p, column, fields));
  if ('any' in predicate) return predicate.any.every((p) => collect(p, column, fields));
  if ('not' in predicate) return collect(predicate.not, column, fields);
  if (predicate.is !== 'null' && predicate.is !== 'in') return false;
  if (fields.has(predicate.field)) return true;
  const asked = column(predicate.field);
  // Texts are looked for in dictionaries alone: the plain evaluation says what is wrong with another column.
  if (asked.kind !== 'dictionary' && predicate.is === 'in') return false;
  const values = asked.kind === 'dictionary' ? asked.values.length : 1;
  fields.set(predicate.field, { column: asked, values, count: values + (asked.validity === null ? 0 : 1) });
  return true;
}

function holds(predicate: Predicate, fields: ReadonlyMap<string, States>, state: ReadonlyMap<string, number>): boolean {
  // Like `maskOf`: nothing to hold, nothing holds.
  if ('all' in predicate) return predicate.all.length > 0 && predicate.all.every((p) => holds(p, fields, state));
  if ('any' in predicate) return predicate.any.some((p) => holds(p, fields, state));
  if ('not' in predicate) return !holds(predicate.not, fields, state);
  if (predicate.is !== 'null' && predicate.is !== 'in') throw new Error(`combinations: ${predicate.is}`);
  const { column, values } = fields.get(predicate.field)!;
  const at = state.get(predicate.field)!;
  if (predicate.is === 'null') return at === values;
  return column.kind === 'dictionary' && at < values && predicate.values.includes(column.values[at]!);
}

/** The number of the combination in every row, the last column's state counting least. */
function combinationsOf(states: readonly States[], length: number): Int32Array {
  const combinations = new Int32Array(length);
  for (const { column, values, count } of states) {
    if (column.kind !== 'dictionary') addNulls(combinations, column.validity, values, count);
    else if (column.validity === null) addCodes(combinations, column.codes, count);
    else addNullableCodes(combinations, column.codes, column.validity, values, count);
  }
  return combinations;
}

function addCodes(combinations: Int32Array, codes: Int32Array, count: number): void {
  for (let i = 0, end = combinations.length; i < end; i++) combinations[i] = combinations[i]! * count + codes[i]!;
}

function addNullableCodes(
  combinations: Int32Array,
  codes: Int32Array,
  validity: Uint8Array,
  ofNull: number,
  count: number,
): void {
  for (let i = 0, end = combinations.length; i < end; i++) {
    const state = ((validity[i >> 3]! >> (i & 7)) & 1) === 1 ? codes[i]! : ofNull;
    combinations[i] = combinations[i]! * count + state;
  }
}

function addNulls(combinations: Int32Array, validity: Uint8Array | null, ofNull: number, count: number): void {
  if (validity === null) return;
  for (let i = 0, end = combinations.length; i < end; i++) {
    const state = ((validity[i >> 3]! >> (i & 7)) & 1) === 1 ? 0 : ofNull;
    combinations[i] = combinations[i]! * count + state;
  }
}

function lookedUp(table: Uint8Array, combinations: Int32Array, length: number): Uint8Array {
  const mask = new Uint8Array(length);
  for (let i = 0; i < length; i++) mask[i] = table[combinations[i]!]!;
  return mask;
}
