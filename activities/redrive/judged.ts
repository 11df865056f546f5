/** What becomes of the lines of a chunk: pure, once they were decoded and the committed rows of their events were found. */
import type { Table } from 'apache-arrow';
import { constantColumn, dictionaryColumn, utf8Column, valueAt } from '../../engine/columnar/column-of.ts';
import { columnOf, columnsOf, specsOf, tableOf } from '../../engine/columnar/table.ts';
import { takeTable } from '../../engine/columnar/take.ts';
import { utf8 } from '../../schemas/contract.ts';
import { bronzeRules } from '../../schemas/rules.ts';
import type { EventRow } from '../../transforms/bronze/event-row.ts';
import type { Outcome, SettledLines } from '../../transforms/bronze/retried.ts';
import type { RetriedLines } from '../compute/retry-lines.ts';

/** Why a row is in quarantine. */
interface Why {
  readonly rule: string;
  readonly reason: string;
}

export interface JudgedChunk {
  /** Lines that leave the quarantine. */
  readonly out: readonly number[];
  /** Those of them whose event was there already. */
  readonly duplicates: number;
  /** Lines that another rule holds now, and their rows as the quarantine gets them. */
  readonly moved: readonly number[];
  readonly movedRows: Table;
}

/** Judges rows of a quarantine table, one a line: what passes the rules by what was settled, the rest by its reject. */
export function judgeChunk(rows: Table, retried: RetriedLines, settled: SettledLines, runId: string): JudgedChunk {
  const why = new Map<number, Why>();
  for (const { line, reject } of retried.rejects) why.set(line, { rule: reject.ruleId, reason: reject.reason });
  const out: number[] = [];
  let duplicates = 0;
  retried.events.forEach(({ line, event }, i) => {
    const outcome = settled.outcomes[i]!;
    if (outcome === 'written' || outcome === 'duplicate') out.push(line);
    else why.set(line, whyOf(outcome, event));
    if (outcome === 'duplicate') duplicates++;
  });
  const rules = columnOf(rows, 'rule_id');
  const moved = [...why].filter(([line, { rule }]) => valueAt(rules, line) !== rule);
  return { out, duplicates, moved: moved.map(([line]) => line), movedRows: held(rows, moved, runId) };
}

function whyOf(outcome: Outcome, event: EventRow): Why {
  const id = String(event.event_id).slice(0, 200);
  return outcome === 'conflict'
    ? { rule: bronzeRules.eventIdConflict.id, reason: `event_id ${id} was seen before with other content` }
    : { rule: bronzeRules.eventIdSuperseded.id, reason: `another statement of event_id ${id} was accepted` };
}

/** The rows under their new rules; since when they are there stays. */
function held(rows: Table, moved: readonly (readonly [number, Why])[], runId: string): Table {
  const taken = takeTable(
    rows,
    Int32Array.from(moved, ([line]) => line),
  );
  return tableOf(
    {
      ...columnsOf(taken),
      rule_id: dictionaryColumn(moved.map(([, { rule }]) => rule)),
      reason: utf8Column(moved.map(([, { reason }]) => reason)),
      run_id: constantColumn(utf8, runId, moved.length),
    },
    specsOf(taken),
  );
}
