/** The backfill: ranges of days that are asked for by signal, one request after another. */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { BackfillOutcome } from '../activities/backfill/log.ts';
import type { BackfillPlan } from '../activities/backfill/plan.ts';
import type { BackfillRequest } from '../activities/backfill/request.ts';
import { lake, part as soon } from './activity-options.ts';
import { type Asked, enqueued, exampleRequest, parseRequest, type Queued, requestFields } from './backfill/request.ts';
import { inScope, RequestRun } from './backfill/run.ts';
import {
  type BackfillProgress,
  type EndedRequest,
  type PlannedRequest,
  pageOf,
  type RefusedRequest,
  type RunningRequest,
} from './backfill/state.ts';
import { parseInput, wholeFrom, yesOrNo } from './input.ts';
import { logicalDate } from './logical-date.ts';
import { attempt, type Problem } from './problems.ts';
import { tagRun } from './search-attributes.ts';

/** What a run hands over to the run that continues it. */
interface Carried {
  readonly queue: readonly Queued[];
  readonly ended: readonly EndedRequest[];
  readonly lastAskedMs: number;
}

const carried = {
  parse: (v: unknown): Carried | null => (typeof v === 'object' && v !== null && 'queue' in v ? (v as Carried) : null),
  example: 'what the run before hands over; nobody else sets it',
};

export const requestSignal = defineSignal<[unknown]>('request');
export const cancelSignal = defineSignal<[unknown]>('cancel');
export const pauseSignal = defineSignal('pause');
export const resumeSignal = defineSignal('resume');
export const concurrencySignal = defineSignal<[unknown]>('concurrency');
export const requestUpdate = defineUpdate<{ readonly id: string }, [unknown]>('request');
export const planUpdate = defineUpdate<BackfillPlan, [unknown]>('plan');
export const progressQuery = defineQuery<BackfillProgress>('progress');

const usualConcurrency = 2;
const anyConcurrency = wholeFrom(1, 16);
/** Of each kind, how many a page shows. */
const kept = { ended: 20, plans: 3, refused: 5 };

/**
 * Waits for requests and does them one after another, until it is cancelled. A request in the input is the first. Dates are cut into parts
 * that children build side by side; a day that fails does not hold up the others, and is tried again at the end.
 * Input (all optional): `{"from": "2025-07-01", "to": "2025-07-31", "mode": "missing", "concurrency": 2, "paused": false}` and the other fields
 * of a request.
 */
export async function backfill(input?: unknown): Promise<void> {
  const given = parseInput(input, { ...requestFields, concurrency: anyConcurrency, paused: yesOrNo, carried });
  const { concurrency: side, paused: isHeld, carried: before, ...first } = given;
  let concurrency = side ?? usualConcurrency;
  let paused = isHeld ?? false;
  let lastAskedMs = before?.lastAskedMs ?? 0;
  let queue: readonly Queued[] = before?.queue ?? [];
  let ended: readonly EndedRequest[] = before?.ended ?? [];
  let running: RunningRequest | null = null;
  let plans: readonly PlannedRequest[] = [];
  let refused: readonly RefusedRequest[] = [];
  let cancelRunning: () => void = () => undefined;
  const toPlan: { readonly asked: Asked; readonly request: BackfillRequest }[] = [];
  const dropped: Queued[] = [];

  const progress = (): BackfillProgress => ({
    state: paused ? 'paused' : running === null ? 'idle' : 'running',
    concurrency,
    running,
    waiting: queue.map(({ requests, from, to }) => ({
      ids: requests.map((r) => r.id),
      from,
      to,
      mode: requests[0]!.mode,
    })),
    ended,
    plans,
    refused,
  });
  const changed = (): void => setCurrentDetails(pageOf(progress()));
  const requestOf = (asked: Asked): BackfillRequest => {
    // No two have the same number: it tells what was recomputed for which.
    lastAskedMs = Math.max(lastAskedMs + 1, Date.now());
    const id = `backfill-${new Date(lastAskedMs).toISOString().replaceAll(/[-:.]/g, '')}`;
    const { from, to, tables, mode, reason, by } = asked;
    return { id, from, to, tables, mode, reason, by, askedMs: lastAskedMs };
  };
  const refuse = (input: unknown, why: string): void => {
    refused = [{ input: JSON.stringify(input) ?? 'nothing', why }, ...refused].slice(0, kept.refused);
    changed();
  };
  /** Takes up a request; its id. Throws when it is refused. */
  const take = (value: unknown): string => {
    const asked = parseRequest(value);
    const request = requestOf(asked);
    if (asked.dryRun) toPlan.push({ asked, request });
    else queue = enqueued(queue, request, asked);
    changed();
    return request.id;
  };
  /** The same where nobody waits for an answer: the page says why a request was refused. */
  const takeQuietly = (value: unknown): void => {
    try {
      take(value);
    } catch (error) {
      refuse(value, (error as Error).message);
    }
  };
  const cancel = (value: unknown): void => {
    const isMeant = (ids: readonly string[]): boolean => value === 'all' || ids.includes(String(value));
    dropped.push(...queue.filter(({ requests }) => isMeant(requests.map((r) => r.id))));
    queue = queue.filter((waiting) => !dropped.includes(waiting));
    if (running !== null && isMeant(running.ids)) cancelRunning();
    changed();
  };
  const pauseOrResume = (value: boolean) => (): void => {
    paused = value;
    changed();
  };

  setHandler(progressQuery, progress, {
    description:
      'What is being done, for each day; what waits; what has ended; plans of dry runs; what was refused. Takes no argument.',
  });
  setHandler(requestSignal, takeQuietly, {
    description: `Asks for a range of days. Only \`from\` is needed. Example: \`${exampleRequest}\`. A request that is not valid is shown on the page with the reason.`,
  });
  setHandler(requestUpdate, (value) => ({ id: take(value) }), {
    description: `The same as the signal, and returns the id of the request: \`{"id": "backfill-20250814T093000000Z"}\`. Example: \`${exampleRequest}\`.`,
    validator: (value) => void parseRequest(value),
  });
  setHandler(planUpdate, (value) => soon.planBackfill(requestOf(parseRequest(value))), {
    description: `Returns what a request would do, and why, without touching anything: days, reasons, rows, time. Example: \`{"from": "2025-07-01", "to": "2025-07-31"}\`.`,
    validator: (value) => void parseRequest(value),
  });
  setHandler(cancelSignal, cancel, {
    description:
      'Cancels a request by its id, or all that wait or run: `"all"`. Days that are done stay. Example: `"backfill-20250814T093000000Z"`.',
  });
  setHandler(pauseSignal, pauseOrResume(true), {
    description: 'Begins no further part until `resume`; parts that are under way end. Takes no argument.',
  });
  setHandler(resumeSignal, pauseOrResume(false), { description: 'Goes on after `pause`. Takes no argument.' });
  setHandler(
    concurrencySignal,
    (value) => {
      concurrency = anyConcurrency.parse(value) ?? concurrency;
      changed();
    },
    { description: 'Parts to build side by side, 1 to 16, from now on. Example: `4`. Anything else is ignored.' },
  );
  tagRun('backfill', [], logicalDate(null));
  if (first.from !== null) take(first);
  changed();

  const dryRun = async (asked: Asked, request: BackfillRequest): Promise<void> => {
    const problems: Problem[] = [];
    const plan = await attempt('plan', problems, () => soon.planBackfill(request));
    const { id, from, to, mode } = request;
    if (plan !== null) plans = [{ id, from, to, mode, plan }, ...plans].slice(0, kept.plans);
    for (const { message } of problems) refuse(asked, message);
    changed();
  };
  const record = async ({ requests }: Queued, outcome: BackfillOutcome | null): Promise<void> => {
    for (const request of requests) await lake.recordBackfill(request, outcome);
  };
  const end = async (queued: Queued, run: RequestRun): Promise<void> => {
    const { outcome } = run;
    const { ids, from, to, mode, startedMs } = run.running;
    const { state, daysPlanned, daysDone, rows, failed } = outcome;
    const entry = { ids, from, to, mode, state, daysPlanned, daysDone, rows, failed, ms: Date.now() - startedMs };
    await CancellationScope.nonCancellable(() => record(queued, outcome));
    running = null;
    ended = [entry, ...ended].slice(0, kept.ended);
    changed();
  };

  const settings = { concurrency: () => concurrency, isPaused: () => paused };
  const doNext = async (next: Queued): Promise<void> => {
    const run = new RequestRun(next, {
      ...settings,
      show: (now) => {
        running = now;
        changed();
      },
    });
    running = run.running;
    try {
      await inScope(
        async () => {
          await record(next, null);
          await run.run();
        },
        (stop) => {
          cancelRunning = stop;
        },
      );
    } finally {
      await end(next, run);
    }
  };
  const drop = (waiting: Queued): Promise<void> =>
    end(waiting, new RequestRun(waiting, { ...settings, show: changed }));
  try {
    for (;;) {
      await condition(() => toPlan.length + dropped.length > 0 || (queue.length > 0 && !paused) || isTimeToContinue());
      const plan = toPlan.shift();
      const unwanted = dropped.shift();
      if (plan !== undefined) await dryRun(plan.asked, plan.request);
      if (unwanted !== undefined) await drop(unwanted);
      if (plan !== undefined || unwanted !== undefined) continue;
      if (isTimeToContinue())
        await continueAsNew<typeof backfill>({ concurrency, paused, carried: { queue, ended, lastAskedMs } });
      const [next, ...rest] = queue;
      queue = rest;
      await doNext(next!);
    }
  } catch (error) {
    if (isCancellation(error)) for (const waiting of queue) await drop(waiting);
    throw error;
  }

  function isTimeToContinue(): boolean {
    return workflowInfo().continueAsNewSuggested && allHandlersFinished();
  }
}
