/** The raw fields of a usage event: what the decoder reads, and what makes two lines the same event. */
import type { ColumnSpec } from '../../engine/columnar/column.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { rescued } from '../../schemas/provenance.ts';

/** Fields of `bronze.usage_events` that are not in the line: derived from it, or about how it came. */
const derived = new Set(['event_date', rescued.name]);

/** Columns to decode from a line, in contract order. */
export const eventColumns: readonly ColumnSpec[] = bronzeUsageEvents.fields
  .filter((f) => !f.technical && !derived.has(f.name))
  .map(({ name, type, nullable }) => ({ name, type, nullable }));

/**
 * Columns whose values decide whether a repeated `event_id` is a duplicate or a conflict: every other raw field after typing,
 * and what was rescued; not where or when the line came.
 */
export const contentColumns: readonly string[] = [
  ...eventColumns.map((c) => c.name).filter((name) => name !== 'event_id'),
  rescued.name,
];
