/** How a column of a row comes of the rows below it. */
import { countRows, sumInt64 } from '../../engine/columnar/aggregate.ts';
import type { Column, DecimalColumn, Int64Column } from '../../engine/columnar/column.ts';
import { nullColumn } from '../../engine/columnar/column-of.ts';
import { typeOf } from '../../engine/columnar/concat-columns.ts';
import { multiplyDecimals } from '../../engine/columnar/decimal.ts';
import type { Grouping } from '../../engine/columnar/group.ts';
import { sumDecimal } from '../../engine/columnar/sum.ts';
import { sliceColumn } from '../../engine/columnar/take.ts';
import { validMask } from '../../engine/columnar/validity.ts';
import type { Snapshot } from '../../engine/delta/types.ts';
import { constantDecimal, measure, ratioOf, total, wholeDecimal } from '../../transforms/gold/measures.ts';
import { inverse, type Mask, nullMask, textMask, trueMask } from '../../transforms/masks.ts';
import type { Columns } from './picked-rows.ts';
import type { Row } from './row.ts';

/** What measures are made of. */
export interface Inputs {
  readonly row: Row;
  /** All rows of a source, with its derived columns. */
  readonly rows: (table: string) => { readonly columns: Columns; readonly length: number };
  /** The upstream table at the version its rows were read at; null when it does not exist. */
  readonly upstream: (table: string) => Snapshot | null;
  /** What the row's partition consumed besides; null when that is not recorded. */
  readonly consumed: (name: string) => number | null;
}

/** A quotient of two other columns of the row; the numerator is multiplied by a whole number first. */
export interface Ratio {
  readonly numerator: string;
  readonly denominator: string;
  readonly factor: number;
}

export interface Measure {
  /** In words. */
  readonly how: string;
  /** What it is over several rows: their sum, a quotient of two such sums, or nothing that the rows give. */
  readonly overRows: 'sum' | Ratio | null;
  /** The value, as a column of one row. `value` gives that of another column. */
  readonly of: (inputs: Inputs, value: (column: string) => Column) => Column;
}

/** Which rows count, also in words. */
export interface Where {
  readonly how: string;
  readonly mask: (columns: Columns, row: Row) => Mask;
}

export function whereText(column: string, value: string): Where {
  return { how: `${column} = ${value}`, mask: (columns) => textMask(columns[column]!, [value]) };
}

export function whereTrue(column: string): Where {
  return { how: column, mask: (columns) => trueMask(columns[column]!) };
}

export function whereStated(column: string): Where {
  return { how: `${column} is stated`, mask: (columns) => validMask(columns[column]!) };
}

export function whereNull(column: string): Where {
  return { how: `${column} is not stated`, mask: (columns) => nullMask(columns[column]!) };
}

/** The sum of a column over the rows that count. Of no value it is null, or 0, or (`rows`) 0 without such a row and else null. */
export function sumOf(
  table: string,
  column: string,
  where?: Where,
  ofNothing: 'null' | 'zero' | 'rows' = 'null',
): Measure {
  return {
    how: `sum of ${column}${inWords(where)}`,
    overRows: 'sum',
    of: (inputs) => {
      const { columns, length } = inputs.rows(table);
      const values = columns[column]!;
      const mask = maskOf(inputs, table, where);
      const all = oneOf(length);
      if (values.kind !== 'decimal') return sumInt64(values, all, { where: mask });
      if (ofNothing === 'rows') return measure(values, all, mask);
      return ofNothing === 'zero' ? total(values, all, mask) : sumDecimal(values, all, { where: mask });
    },
  };
}

/** How many rows count. */
export function countOf(table: string, where?: Where): Measure {
  return {
    how: `rows${inWords(where)}`,
    overRows: 'sum',
    of: (inputs) => countRows(oneOf(inputs.rows(table).length), { where: maskOf(inputs, table, where) }),
  };
}

/** A quotient of two columns of the row. */
export function quotient(numerator: string, denominator: string, factor = 1): Measure {
  const ratio = { numerator, denominator, factor };
  return {
    how: `${factor === 1 ? '' : `${factor} × `}${numerator} / ${denominator}`,
    overRows: ratio,
    of: (_, value) => quotientOf(ratio, value),
  };
}

/** The quotient under the contract of ratios. */
export function quotientOf({ numerator, denominator, factor }: Ratio, value: (column: string) => Column): Column {
  const above = decimalIn(value(numerator));
  const multiplied = multiplyDecimals(above, constantDecimal(String(factor), 0, above.length), {
    precision: 38,
    scale: above.scale,
  });
  return ratioOf(multiplied, decimalIn(value(denominator)));
}

/** What neither is a sum nor follows from sums alone. */
export function made(how: string, of: Measure['of']): Measure {
  return { how, overRows: null, of };
}

/** The same column, or another one, of the only row there is; null without a row. */
export function carried(table: string, column: string): Measure {
  return made(`${column} of ${table}`, ({ rows }) => {
    const { columns, length } = rows(table);
    const values = columns[column]!;
    return length === 0 ? nullColumn(typeOf(values), 1) : sliceColumn(values, 0, 1);
  });
}

/** All rows in one group, also when there are none. */
export function oneOf(length: number): Grouping {
  return { ids: new Int32Array(length), count: 1, first: new Int32Array(1) };
}

/** Rows of a source that count. */
export function maskOf({ rows, row }: Inputs, table: string, where?: Where): Uint8Array {
  const { columns, length } = rows(table);
  return where === undefined ? inverse(null, length) : (where.mask(columns, row) ?? new Uint8Array(length));
}

/** Whole numbers as decimals, decimals as they are. */
export function decimalIn(column: Column): DecimalColumn {
  return column.kind === 'decimal' ? column : wholeDecimal(column as Int64Column);
}

function inWords(where: Where | undefined): string {
  return where === undefined ? '' : ` where ${where.how}`;
}
