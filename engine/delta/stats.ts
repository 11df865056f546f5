/**
 * Statistics of a data file, as the Delta log carries them: number of rows, nulls, least and greatest values.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics
 */
import type { Column } from '../columnar/column.ts';
import { countNulls } from '../columnar/validity.ts';
import { boundsOf } from './bounds.ts';
import type { FileStats } from './types.ts';

/** Columns that get statistics: the first ones, as the protocol's default `delta.dataSkippingNumIndexedCols`. */
const indexedColumns = 32;

/**
 * The statistics of a file's columns (partition columns left out), in the order of the file. Booleans, bytes, and columns
 * without a value have a null count only.
 */
export function statsOf(columns: Readonly<Record<string, Column>>, rows: number): FileStats {
  const minValues: Record<string, unknown> = {};
  const maxValues: Record<string, unknown> = {};
  const nullCount: Record<string, number> = {};
  for (const [name, column] of Object.entries(columns).slice(0, indexedColumns)) {
    nullCount[name] = countNulls(column);
    const { min, max } = boundsOf(column);
    if (min !== null) minValues[name] = min;
    if (max !== null) maxValues[name] = max;
  }
  return { numRecords: rows, minValues, maxValues, nullCount };
}
