/** What becomes of the rows of a batch once their identities were looked up. */
import type { Column } from '../../engine/columnar/column.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { VERDICT } from '../../engine/columnar/dedupe.ts';
import { bronzeRules } from '../../schemas/rules.ts';
import { eventRejects } from '../event-rejects.ts';
import type { Reject } from '../reject.ts';

export interface JudgedRepeats {
  /** 1 for each row that is new; null when all are. */
  readonly fresh: Uint8Array | null;
  /** Rows that repeat a known row with the same content. */
  readonly duplicates: number;
  /** Rows that repeat a known `event_id` with other content. */
  readonly rejects: Reject[];
}

/**
 * Splits rows of `bronze.usage_events`, given by their columns, by verdict (a `VERDICT` a row): new rows stay, identical repeats
 * are counted, repeats with other content are rejected as `event_id_conflict`: the row committed first stays.
 */
export function judgeRepeats(columns: Readonly<Record<string, Column>>, verdicts: Uint8Array): JudgedRepeats {
  if (verdicts.every((verdict) => verdict === VERDICT.fresh)) return { fresh: null, duplicates: 0, rejects: [] };
  const fresh = new Uint8Array(verdicts.length);
  const conflicts: number[] = [];
  let duplicates = 0;
  for (let i = 0, end = verdicts.length; i < end; i++) {
    if (verdicts[i] === VERDICT.fresh) fresh[i] = 1;
    else if (verdicts[i] === VERDICT.repeat) duplicates++;
    else conflicts.push(i);
  }
  const rejects = eventRejects(columns, conflicts, 'bronze', (row) => ({
    ruleId: bronzeRules.eventIdConflict.id,
    reason: `event_id ${String(valueAt(columns.event_id!, row)).slice(0, 200)} was seen before with other content`,
  }));
  return { fresh, duplicates, rejects };
}
