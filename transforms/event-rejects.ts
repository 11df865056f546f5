/** Rejected rows of a usage event table as rejects, with what the quarantine keeps of them. */
import type { Column } from '../engine/columnar/column.ts';
import { valueAt } from '../engine/columnar/column-of.ts';
import type { Reject } from './reject.ts';

/** The rule that rejects a row, and what was wrong with the row. */
export type Why = (row: number) => Pick<Reject, 'ruleId' | 'reason'>;

/** Rows of `bronze.usage_events` (its columns, by name) as rejects of `layer`, in the order given. */
export function eventRejects(
  columns: Readonly<Record<string, Column>>,
  rows: ArrayLike<number>,
  layer: Reject['layer'],
  why: Why,
): Reject[] {
  return Array.from(rows, (row) => {
    const value = (name: string): unknown => valueAt(columns[name]!, row);
    return {
      sourceFile: value('source_file') as string,
      sourceGeneration: value('source_generation') as number,
      sourceRow: Number(value('source_row')),
      sourceOffset: Number(value('source_offset')),
      byteLength: value('source_length') as number,
      layer,
      ...why(row),
      eventId: value('event_id') as string,
      eventDate: value('event_date') as number,
      orgId: value('org_id') as string | null,
      moneyHeld: value('cost_usd_increment') as bigint | null,
    };
  });
}
