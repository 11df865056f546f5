/** What becomes of the rows of a batch once their identities were looked up. */
import type { Table } from 'apache-arrow';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { VERDICT } from '../../engine/columnar/dedupe.ts';
import { columnsOf } from '../../engine/columnar/table.ts';
import { selectedIndices, takeTable } from '../../engine/columnar/take.ts';
import { bronzeRules } from '../../schemas/rules.ts';
import { eventRejects } from '../event-rejects.ts';
import type { Reject } from '../reject.ts';

export interface KeptRows {
  /** The rows that are new, in order. */
  readonly table: Table;
  /** Rows that repeat a known row with the same content. */
  readonly duplicates: number;
  /** Rows that repeat a known `event_id` with other content. */
  readonly rejects: Reject[];
}

/**
 * Splits rows of `bronze.usage_events` by verdict (a `VERDICT` a row): new rows stay, identical repeats are counted, repeats
 * with other content are rejected as `event_id_conflict`: the row committed first stays.
 */
export function keepRows(table: Table, verdicts: Uint8Array): KeptRows {
  const kept = new Uint8Array(verdicts.length);
  const conflicts: number[] = [];
  let duplicates = 0;
  for (let i = 0; i < verdicts.length; i++) {
    if (verdicts[i] === VERDICT.fresh) kept[i] = 1;
    else if (verdicts[i] === VERDICT.repeat) duplicates++;
    else conflicts.push(i);
  }
  if (duplicates === 0 && conflicts.length === 0) return { table, duplicates, rejects: [] };
  const columns = conflicts.length === 0 ? {} : columnsOf(table);
  return {
    table: takeTable(table, selectedIndices(kept)),
    duplicates,
    rejects: eventRejects(columns, conflicts, 'bronze', (row) => ({
      ruleId: bronzeRules.eventIdConflict.id,
      reason: `event_id ${String(valueAt(columns.event_id!, row)).slice(0, 200)} was seen before with other content`,
    })),
  };
}
