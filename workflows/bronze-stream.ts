import type { DrainResult } from '../activities/bronze-events.ts';
import { enterLedger, lake } from './activity-options.ts';
import { concluded } from './conclude.ts';
import { continuousStream } from './continuous-stream.ts';
import { day, numbersOf, parseInput, wholeMs, word, yesOrNo } from './input.ts';
import { logicalDate } from './logical-date.ts';
import { failOn, type Problem } from './problems.ts';
import type { ProgressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';
import { noTotals, type StreamResult, totalNames } from './stream-result.ts';

/**
 * The usage events to Bronze in micro-batches. `availableNow`: every complete line that has landed, then it ends; where a
 * continuous stream runs on the task queue, by draining that one. `continuous`: as they land, until it is told to stop.
 * Input (all optional): `{"mode": "continuous", "triggerMs": 0, "paused": false, "date": "2025-08-14"}`; a continuous stream hands
 * its `totals` to the run that continues it.
 */
export function bronzeStream(input?: unknown): Promise<StreamResult> {
  return concluded('bronzeStream', (board) => readEvents(board, input));
}

async function readEvents(board: ProgressBoard, input: unknown): Promise<StreamResult> {
  const { mode, triggerMs, paused, totals, date } = parseInput(input, {
    mode: word('availableNow', 'continuous'),
    triggerMs: wholeMs,
    paused: yesOrNo,
    totals: numbersOf(totalNames),
    date: day,
  });
  tagRun('bronzeStream', ['bronze.usage_events'], logicalDate(date), mode ?? 'availableNow');
  if (mode !== 'continuous') return availableNow(board);
  const state = { triggerMs: triggerMs ?? 0, paused: paused ?? false, totals: totals ?? noTotals };
  return continuousStream(board, state, date);
}

async function availableNow(board: ProgressBoard): Promise<StreamResult> {
  board.stage('draining the event stream');
  const drained: DrainResult = await lake.drainStream.executeWithOptions(
    { summary: 'Read every event that has landed' },
    [{ stream: false }],
  );
  const { batches, lateness, waitingBytes, unreadable, unreadableFiles, replaced, replacedFiles, ...table } = drained;
  board.add([table]);
  await enterLedger(['bronze.usage_events']);
  const result = { tables: board.tables, batches, lateness, waitingBytes, replaced, replacedFiles };
  const problems: Problem[] = unreadable.map(({ file, error }) => ({
    what: file,
    type: 'FileUnreadable',
    message: error,
  }));
  if (unreadableFiles > unreadable.length) {
    problems.push({
      what: `${unreadableFiles - unreadable.length} more files`,
      type: 'FileUnreadable',
      message: 'not read',
    });
  }
  failOn(problems, result);
  return result;
}
