/** Whether a row is what the rows below it give. */
import { cellAt, jsonCell } from '../../engine/columnar/cell.ts';
import type { Column } from '../../engine/columnar/column.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { formatDecimal } from '../../engine/columnar/decimal.ts';
import type { ProofLine } from './explanation.ts';
import type { Inputs, Measure } from './measure.ts';

/** A line for every measure, in their order. */
export function proofOf(measures: Readonly<Record<string, Measure>>, inputs: Inputs): ProofLine[] {
  const known = new Map<string, Column>();
  const value = (column: string): Column => {
    const found = known.get(column) ?? measures[column]!.of(inputs, value);
    known.set(column, found);
    return found;
  };
  return Object.entries(measures).map(([column, { how }]) =>
    proofLine(column, how, inputs.row.column(column), value(column)),
  );
}

/** What is stated against what was found, each a column of one row. */
export function proofLine(column: string, how: string, stated: Column, found: Column): ProofLine {
  const cells = { stated: jsonCell(cellAt(stated, 0)), summed: jsonCell(cellAt(found, 0)) };
  const [a, b] = [exactIn(stated), exactIn(found)];
  if (a === null || b === null) {
    const [x, y] = [valueAt(stated, 0), valueAt(found, 0)];
    const isFloat = typeof x === 'number' && typeof y === 'number' && stated.kind === 'float64';
    return { column, how, ...cells, difference: isFloat ? String(x - y) : null, equal: cells.stated === cells.summed };
  }
  const scale = Math.max(a.scale, b.scale);
  const difference = a.unscaled * 10n ** BigInt(scale - a.scale) - b.unscaled * 10n ** BigInt(scale - b.scale);
  return { column, how, ...cells, difference: formatDecimal(difference, scale), equal: difference === 0n };
}

/** An exact number; null for null and for what is none. */
function exactIn(column: Column): { readonly unscaled: bigint; readonly scale: number } | null {
  const value = valueAt(column, 0);
  if (value === null) return null;
  if (column.kind === 'decimal') return { unscaled: value as bigint, scale: column.scale };
  if (column.kind === 'int32' || column.kind === 'int64')
    return { unscaled: BigInt(value as number | bigint), scale: 0 };
  return null;
}
