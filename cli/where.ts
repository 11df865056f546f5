/** Conditions of the command line. */
import type { ColumnSpec } from '../engine/columnar/column.ts';
import { BadCondition, type Filter, filterOf, parseCondition } from '../engine/delta/condition.ts';
import { UsageError } from './usage-error.ts';

/** The conditions over the columns. Throws a `UsageError` that names where they were given. */
export function filtersOf(given: string, conditions: readonly string[], columns: readonly ColumnSpec[]): Filter[] {
  try {
    return conditions.map((text) => filterOf(parseCondition(text), columns));
  } catch (error) {
    throw error instanceof BadCondition ? new UsageError(`${given}: ${error.message}`) : error;
  }
}
