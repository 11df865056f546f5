/** Rows of an answer as series over the days or months of a period. */
import type { Row } from '../../../api.ts';
import { dayText, monthText } from '../format.ts';
import type { Series } from './option.ts';
import { colourOf } from './palette.ts';

export interface Pivot {
  /** Keys of the places along the axis, such as days. */
  readonly keys: readonly string[];
  readonly labels: readonly string[];
  readonly series: readonly Series[];
}

/** A stacked series for each value of `by`, places for each value of `along`; `names` are all values there can be, for their colours. */
export function pivot(
  rows: readonly Row[],
  along: 'day' | 'month',
  by: string,
  measure: string,
  names: readonly string[],
): Pivot {
  const keys = [...new Set(rows.map((row) => String(row[along])))].sort();
  const at = new Map(keys.map((key, i) => [key, i]));
  const values = new Map<string, (number | null)[]>();
  for (const row of rows) {
    const name = String(row[by]);
    const series = values.get(name) ?? keys.map(() => null);
    values.set(name, series);
    const value = row[measure] ?? null;
    if (value !== null) series[at.get(String(row[along]))!] = Number(value);
  }
  const order = [...values.keys()].sort((a, b) => names.indexOf(a) - names.indexOf(b) || (a < b ? -1 : 1));
  return {
    keys,
    labels: keys.map(along === 'day' ? dayText : monthText),
    series: order.map((name) => ({
      name,
      kind: 'bar',
      stack: 'all',
      values: values.get(name)!,
      colour: colourOf(names.length === 0 ? order : names, name),
    })),
  };
}

/** One series for each measure; places are the rows, in their order. */
export function columnsOver(
  rows: readonly Row[],
  along: string,
  measures: readonly (Omit<Series, 'values'> & { readonly measure: string })[],
): Pivot {
  const keys = rows.map((row) => String(row[along]));
  const label = along === 'day' ? dayText : along === 'month' ? monthText : (key: string) => key;
  return {
    keys,
    labels: keys.map(label),
    series: measures.map(({ measure, ...series }) => ({
      ...series,
      values: rows.map((row) => (row[measure] == null ? null : Number(row[measure]))),
    })),
  };
}
