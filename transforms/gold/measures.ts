/** What marts have in common: measures with their zeros and nulls, ratios, and the organisation at the end of a day. */

import { countRows, countValid, sumDecimal } from '../../engine/columnar/aggregate.ts';
import {
  type Column,
  type DecimalColumn,
  type DictionaryColumn,
  type Int32Column,
  type Int64Column,
  isValid,
} from '../../engine/columnar/column.ts';
import { constantColumn } from '../../engine/columnar/column-of.ts';
import { divideDecimals, parseDecimal } from '../../engine/columnar/decimal.ts';
import { encodeDictionary } from '../../engine/columnar/dictionary.ts';
import type { Grouping } from '../../engine/columnar/group.ts';
import type { Mask } from '../masks.ts';

/** Sums over the rows of `where`: 0 for a group without such a row, null where all its values are null. */
export function measure(values: Column, grouping: Grouping, where: Mask): DecimalColumn {
  const rows = where ?? new Uint8Array(values.length);
  const sums = sumDecimal(values, grouping, { where: rows });
  if (sums.validity === null) return sums;
  const counts = countRows(grouping, { where: rows });
  const validity = sums.validity.slice();
  const words = sums.words.slice();
  for (let g = 0; g < grouping.count; g++) {
    if (counts.values[g] !== 0n) continue;
    validity[g >> 3]! |= 1 << (g & 7);
    words.fill(0, 4 * g, 4 * g + 4);
  }
  return { ...sums, validity, words };
}

/** For each group a sum of 1, 2, 4… for those masks in whose rows it has a value. */
export function statedBits(values: Column, grouping: Grouping, masks: readonly Mask[]): Int32Column {
  const bits = new Int32Array(grouping.count);
  masks.forEach((where, at) => {
    if (where === null) return;
    const counts = countValid(values, grouping, { where }).values;
    for (let g = 0; g < bits.length; g++) if (counts[g] !== 0n) bits[g]! |= 1 << at;
  });
  return { kind: 'int32', length: bits.length, validity: null, values: bits };
}

/** Sums over the rows of `where` (all when absent), 0 for a group without a value. */
export function total(values: Column, grouping: Grouping, where?: Uint8Array): DecimalColumn {
  return zeroForNull(sumDecimal(values, grouping, where === undefined ? {} : { where }));
}

/** The decimals with 0 for null. */
export function zeroForNull(column: DecimalColumn): DecimalColumn {
  if (column.validity === null) return column;
  const words = column.words.slice();
  for (let i = 0; i < column.length; i++) if (!isValid(column, i)) words.fill(0, 4 * i, 4 * i + 4);
  return { ...column, validity: null, words };
}

/** A ratio under the contract of ratios; null where a side is null or the denominator 0. Rounded half to even. */
export function ratioOf(numerator: DecimalColumn, denominator: DecimalColumn): DecimalColumn {
  return divideDecimals(numerator, denominator, { precision: 38, scale: 12 });
}

/** Whole numbers as exact decimals, for ratios of counts. */
export function wholeDecimal(counts: Int64Column): DecimalColumn {
  const { length, values } = counts;
  const halves = new Int32Array(values.buffer, values.byteOffset, 2 * length);
  const words = new Int32Array(4 * length);
  for (let i = 0; i < length; i++) {
    const high = halves[2 * i + 1]!;
    words[4 * i] = halves[2 * i]!;
    words[4 * i + 1] = high;
    words[4 * i + 2] = high >> 31;
    words[4 * i + 3] = high >> 31;
  }
  return { kind: 'decimal', length, validity: counts.validity, precision: 38, scale: 0, words };
}

/** Text with `unknown` for null. */
export function orUnknown(column: Column): DictionaryColumn {
  const text = column.kind === 'utf8' ? encodeDictionary(column) : column;
  if (text.kind !== 'dictionary') throw new Error(`orUnknown: ${text.kind} is not text`);
  if (text.validity === null) return text;
  const known = text.values.indexOf('unknown');
  const unknown = known < 0 ? text.values.length : known;
  const codes = text.codes.slice();
  for (let i = 0; i < codes.length; i++) if (((text.validity[i >> 3]! >> (i & 7)) & 1) === 0) codes[i] = unknown;
  return { ...text, validity: null, codes, values: known < 0 ? [...text.values, 'unknown'] : text.values };
}

/**
 * Dates with 1970-01-01 for null. A row whose master states no day still counts in the marts, where no data is that old:
 * left out, it would be lost.
 */
export function orUndated(column: Column): Int32Column {
  if (column.kind !== 'date') throw new Error(`orUndated: ${column.kind} is not a date`);
  if (column.validity === null) return column;
  const values = column.values.slice(0, column.length);
  for (let i = 0; i < values.length; i++) if (!isValid(column, i)) values[i] = 0;
  return { ...column, validity: null, values };
}

/** The same decimal number in every row. */
export function constantDecimal(text: string, scale: number, length: number): DecimalColumn {
  return constantColumn(
    { kind: 'decimal', precision: 38, scale },
    parseDecimal(text, 38, scale),
    length,
  ) as DecimalColumn;
}
