/** What commands print: named columns and rows of plain values. */

/** Decimals are text with every digit of their scale, dates `YYYY-MM-DD`, timestamps ISO 8601. */
export type Cell = string | number | bigint | boolean | null;

/**
 * A column of a result. All but `text` are never cut short; `number` and `count` are right-aligned; a `count` has thousands
 * separators, in text tables only.
 */
export interface ResultColumn {
  readonly name: string;
  readonly kind: 'text' | 'time' | 'number' | 'count';
}

export interface Result {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly Cell[])[];
}
