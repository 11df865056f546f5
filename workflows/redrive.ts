import { ApplicationFailure } from '@temporalio/workflow';
import type { TableResult } from '../activities/context.ts';
import type { HeldRows } from '../activities/redrive/held.ts';
import type { MartPublication } from '../activities/serving.ts';
import { enterLedger, lake } from './activity-options.ts';
import { masterNames } from './bronze-batch.ts';
import { concluded } from './conclude.ts';
import { day, parseInput, text, texts, word } from './input.ts';
import { runLayer, runServing } from './layer-child.ts';
import { logicalDate } from './logical-date.ts';
import { attempt, failOn, type Problem } from './problems.ts';
import type { ProgressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';

export interface RedriveResult {
  /** Of `bronze.usage_events`: `read` are the rows tried and those replaced, `unchanged` what stays in quarantine under its rule. */
  readonly tables: readonly TableResult[];
  /** Committed events that a restated one replaced. */
  readonly replaced: number;
  /** What was selected in quarantine, by layer and rule, before and after. */
  readonly before: readonly HeldRows[];
  readonly after: readonly HeldRows[];
  readonly publications: readonly MartPublication[];
}

/**
 * Tries quarantined events again after a rule or an input was mended. Those that Bronze rejected and that pass now are written once
 * and leave quarantine; then whatever is dirty of Silver and Gold is built, which judges again what Silver rejected, and published.
 * `accept` "conflicts": an event that was restated with other content replaces the committed one, whose content goes to
 * quarantine as `event_id_superseded`. `from` and `to` are days of the event or of its detection.
 * Input (all optional): `{"source": "usage_events", "rules": ["unparseable"], "files": ["usage_events_stream/a.jsonl"], "from":
 * "2025-07-01", "to": "2025-07-31", "accept": "conflicts", "reason": "ticket 42", "date": "2025-08-14"}`.
 */
export function redrive(input?: unknown): Promise<RedriveResult> {
  return concluded('redrive', (board) => tryAgain(board, input));
}

async function tryAgain(board: ProgressBoard, input: unknown): Promise<RedriveResult> {
  const { source, rules, files, from, to, accept, reason, date } = parseInput(input, {
    source: word('usage_events', ...masterNames),
    rules: texts('unparseable'),
    files: texts('usage_events_stream/a.jsonl'),
    from: day,
    to: day,
    accept: word('conflicts'),
    reason: text('ticket 42'),
    date: day,
  });
  if (source !== null && source !== 'usage_events') throw ofMaster(source);
  if (from !== null && to !== null && from > to) {
    throw ApplicationFailure.nonRetryable(`from: "${from}" is after to: "${to}"`, 'BadInput');
  }
  const labelled = logicalDate(date);
  tagRun('redrive', ['bronze.usage_events', 'quarantine.usage_events'], labelled);
  const problems: Problem[] = [];
  const selection = { rules, files, from, to };
  board.stage('trying quarantined events again');
  const before = await lake.heldEvents.executeWithOptions({ summary: 'Count what is in quarantine' }, [selection]);
  const redriven = await attempt('bronze.usage_events', problems, () =>
    lake.redriveEvents.executeWithOptions({ summary: 'Try quarantined events again' }, [
      { ...selection, acceptConflicts: accept === 'conflicts', reason },
    ]),
  );
  if (problems.some(({ type }) => type === 'BadInput')) failOn(problems, null);
  const { replaced = 0, ...table } = redriven ?? {};
  if (redriven !== null) board.add([table as TableResult]);
  await enterLedger(['bronze.usage_events']);
  for (const layer of ['silver', 'gold'] as const) {
    board.stage(layer);
    await runLayer(board, problems, layer, layer, 'redrive', { date: labelled });
  }
  board.stage('serving');
  const served = await runServing(problems, 'redrive', { date: labelled });
  const after = await lake.heldEvents.executeWithOptions({ summary: 'Count what is left' }, [selection]);
  const publications = served?.publications ?? [];
  const result = { tables: board.tables, replaced, before, after, publications };
  failOn(problems, result);
  return result;
}

/** A master is one snapshot: its rows are mended in the file. */
function ofMaster(source: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `source: rows of ${source} cannot be tried again one by one: correct ${source}.csv and run bronzeBatch with ` +
      `{"masters": ["${source}"], "correctsFrom": "2025-07-01T00:00:00Z"}, the instant from which the corrected rows hold`,
    'BadInput',
  );
}
