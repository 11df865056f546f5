/** The backfill: ranges of days that are asked for by signal, one request after another. */
import { allHandlersFinished, CancellationScope, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { BackfillOutcome } from '../activities/backfill/log.ts';
import type { BackfillRequest } from '../activities/backfill/request.ts';
import { record, part as soon } from './activity-options.ts';
import { anyConcurrency, type Carried, Desk } from './backfill/desk.ts';
import { type Asked, type Queued, requestFields } from './backfill/request.ts';
import { inScope, RequestRun } from './backfill/run.ts';
import { concluded } from './conclude.ts';
import { parseInput, yesOrNo } from './input.ts';
import { logicalDate } from './logical-date.ts';
import { notifyPart } from './notify.ts';
import { attempt, isCancelled, type Problem } from './problems.ts';
import type { ProgressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';

const carriedOver = {
  parse: (v: unknown): Carried | null => (typeof v === 'object' && v !== null && 'queue' in v ? (v as Carried) : null),
  example: 'what the run before hands over; nobody else sets it',
};

/**
 * Waits for requests and does them one after another, until it is cancelled. A request in the input is the first. Days are cut into parts
 * that children build side by side; a day that fails does not hold up the others, and is tried again at the end.
 * Input (all optional): `{"from": "2025-07-01", "to": "2025-07-31", "mode": "missing", "concurrency": 2, "paused": false}` and the other fields
 * of a request.
 */
export function backfill(input?: unknown): Promise<void> {
  return concluded('backfill', (board) => serve(board, input));
}

async function serve(board: ProgressBoard, input: unknown): Promise<void> {
  const { concurrency, paused, carried, ...first } = parseInput(input, {
    ...requestFields,
    concurrency: anyConcurrency,
    paused: yesOrNo,
    carried: carriedOver,
  });
  const desk = new Desk(board, concurrency, paused, carried, { accepted, dropped });
  desk.listen();
  tagRun('backfill', [], logicalDate(null));
  if (Object.values(first).some((value) => value !== null)) await desk.take(first);
  try {
    for (;;) {
      await condition(() => desk.toPlan.length > 0 || desk.hasNext || isTimeToContinue(desk));
      const plan = desk.toPlan.shift();
      if (plan !== undefined) await dryRun(desk, plan.asked, plan.request);
      else if (isTimeToContinue(desk))
        await continueAsNew<typeof backfill>({
          concurrency: desk.concurrency,
          paused: desk.paused,
          carried: desk.carried,
        });
      else await fulfil(desk, desk.next()!);
    }
  } catch (error) {
    if (isCancelled(error)) for (const waiting of desk.carried.queue) await dropped(desk, waiting);
    throw error;
  }
}

function isTimeToContinue(desk: Desk): boolean {
  return workflowInfo().continueAsNewSuggested && allHandlersFinished() && desk.telling === 0;
}

async function dryRun(desk: Desk, asked: Asked, request: BackfillRequest): Promise<void> {
  const problems: Problem[] = [];
  const plan = await attempt('plan', problems, () => soon.planBackfill(request));
  if (plan !== null) desk.hasPlanned(request, plan);
  for (const { message } of problems) desk.refuse(asked, message);
}

/** Does a request, in a scope that can be cancelled alone, and records how it ended. */
async function fulfil(desk: Desk, queued: Queued): Promise<void> {
  const run = runOf(desk, queued);
  desk.show(run.running);
  try {
    await inScope(
      () => run.run(),
      (cancel) => {
        desk.cancelRunning = cancel;
      },
    );
  } finally {
    await end(desk, queued, run);
  }
}

/** A request that waited and is not done any more. */
function dropped(desk: Desk, waiting: Queued): Promise<void> {
  return end(desk, waiting, runOf(desk, waiting));
}

function runOf(desk: Desk, queued: Queued): RequestRun {
  return new RequestRun(queued, {
    concurrency: () => desk.concurrency,
    isPaused: () => desk.paused,
    show: (running) => desk.show(running),
  });
}

/** Records and shows how a request ended, or how far it came; also while the backfill itself is cancelled. */
async function end(desk: Desk, queued: Queued, run: RequestRun): Promise<void> {
  const { outcome } = run;
  const { ids, from, to, mode, startedMs } = run.running;
  const { state, daysPlanned, daysDone, rows, failed } = outcome;
  const ms = Date.now() - startedMs;
  const problems: Problem[] = [];
  await attempt('record', problems, () => recorded(queued.requests, outcome));
  for (const { message } of problems) desk.refuse(ids, `not recorded: ${message}`);
  if (state === 'incomplete') tell(desk, ids[0]!, incompleteText(from, to, failed));
  desk.hasEnded({ ids, from, to, mode, state, daysPlanned, daysDone, rows, failed, ms });
}

function accepted(request: BackfillRequest): Promise<void> {
  return recorded([request], null);
}

/** Also while the backfill itself is cancelled. */
function recorded(requests: readonly BackfillRequest[], outcome: BackfillOutcome | null): Promise<void> {
  return CancellationScope.nonCancellable(async () => {
    for (const request of requests) await record.recordBackfill(request, outcome);
  });
}

/** Tells of a request; the others do not wait until somebody has heard. */
function tell(desk: Desk, id: string, message: string): void {
  desk.telling++;
  void CancellationScope.nonCancellable(() => notifyPart(id, message))
    .catch(() => undefined)
    .finally(() => {
      desk.telling--;
    });
}

function incompleteText(from: string, to: string, failed: BackfillOutcome['failed']): string {
  return [`backfill of ${from} – ${to} is incomplete`, ...Object.entries(failed).map((pair) => pair.join(': '))].join(
    '\n',
  );
}
