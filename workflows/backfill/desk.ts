/** Where requests for a backfill come in, and where it says what became of them: its signals, updates and query. */
import { defineQuery, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import type { BackfillPlan } from '../../activities/backfill/plan.ts';
import type { BackfillRequest } from '../../activities/backfill/request.ts';
import { part as soon } from '../activity-options.ts';
import { wholeFrom } from '../input.ts';
import type { ProgressBoard } from '../progress.ts';
import { type Asked, enqueued, exampleRequest, parseRequest, type Queued, without } from './request.ts';
import {
  type BackfillProgress,
  type EndedRequest,
  type PlannedRequest,
  pageOf,
  type RefusedRequest,
  type RunningRequest,
} from './state.ts';

export const requestSignal = defineSignal<[unknown]>('request');
export const cancelSignal = defineSignal<[unknown]>('cancel');
export const pauseSignal = defineSignal('pause');
export const resumeSignal = defineSignal('resume');
export const concurrencySignal = defineSignal<[unknown]>('concurrency');
export const requestUpdate = defineUpdate<{ readonly id: string }, [unknown]>('request');
export const planUpdate = defineUpdate<BackfillPlan, [unknown]>('plan');
export const progressQuery = defineQuery<BackfillProgress>('progress');

/** What a run hands over to the run that continues it. */
export interface Carried {
  readonly queue: readonly Queued[];
  readonly ended: readonly EndedRequest[];
  readonly lastAskedMs: number;
}

export const anyConcurrency = wholeFrom(1, 16);
const usualConcurrency = 2;
/** Of each kind, how many a page shows. */
const kept = { ended: 20, plans: 3, refused: 5, failures: 20 };

/** What is recorded of requests. */
interface Book {
  readonly accepted: (request: BackfillRequest) => Promise<void>;
  /** It was cancelled while it waited. */
  readonly dropped: (desk: Desk, waiting: Queued) => Promise<void>;
}

/** The requests of one backfill. */
export class Desk {
  /** Parts to build side by side. */
  concurrency: number;
  paused: boolean;
  /** Dry runs that nobody has planned yet. */
  readonly toPlan: { readonly asked: Asked; readonly request: BackfillRequest }[] = [];
  /** Notices that are being delivered. */
  telling = 0;
  /** Cancels the request that is being done. */
  cancelRunning: () => void = () => undefined;
  readonly #board: ProgressBoard;
  readonly #book: Book;
  #queue: readonly Queued[];
  #ended: readonly EndedRequest[];
  #running: RunningRequest | null = null;
  #plans: readonly PlannedRequest[] = [];
  #refused: readonly RefusedRequest[] = [];
  #lastAskedMs: number;

  constructor(
    board: ProgressBoard,
    concurrency: number | null,
    paused: boolean | null,
    carried: Carried | null,
    book: Book,
  ) {
    this.#board = board;
    this.#book = book;
    this.concurrency = concurrency ?? usualConcurrency;
    this.paused = paused ?? false;
    this.#queue = carried?.queue ?? [];
    this.#ended = carried?.ended ?? [];
    this.#lastAskedMs = carried?.lastAskedMs ?? 0;
  }

  /** Whether a request waits that may be begun. */
  get hasNext(): boolean {
    return this.#queue.length > 0 && !this.paused;
  }

  /** Takes the next request off the queue. */
  next(): Queued | undefined {
    const [next, ...rest] = this.#queue;
    this.#queue = rest;
    return next;
  }

  get carried(): Carried {
    return { queue: this.#queue, ended: this.#ended, lastAskedMs: this.#lastAskedMs };
  }

  /** Takes up a request, and gives its id when it is recorded. Throws when it is refused. */
  async take(value: unknown): Promise<string> {
    const asked = parseRequest(value);
    const request = this.#requestOf(asked);
    if (asked.dryRun) this.toPlan.push({ asked, request });
    else this.#queue = enqueued(this.#queue, request, asked);
    this.#changed();
    if (!asked.dryRun) await this.#book.accepted(request);
    return request.id;
  }

  /** Says on the page why something was not done. */
  refuse(input: unknown, why: string): void {
    this.#refused = [{ input: JSON.stringify(input) ?? 'nothing', why }, ...this.#refused].slice(0, kept.refused);
    this.#changed();
  }

  show(running: RunningRequest): void {
    this.#running = running;
    this.#changed();
  }

  hasPlanned({ id, from, to, mode }: BackfillRequest, plan: BackfillPlan): void {
    this.#plans = [{ id, from, to, mode, plan }, ...this.#plans].slice(0, kept.plans);
    this.#changed();
  }

  hasEnded({ failed: all, ...rest }: Omit<EndedRequest, 'failedCount'>): void {
    const failures = Object.entries(all);
    const failed = Object.fromEntries(failures.slice(0, kept.failures));
    const request: EndedRequest = { ...rest, failed, failedCount: failures.length };
    if (this.#running?.ids[0] === request.ids[0]) this.#running = null;
    this.#ended = [request, ...this.#ended].slice(0, kept.ended);
    this.#changed();
  }

  /** Sets the handlers; call it before the first `await`. */
  listen(): void {
    setHandler(progressQuery, () => this.#progress(), {
      description:
        'What is being done, for each day; what waits; what has ended; plans of dry runs; what was refused. Takes no argument.',
    });
    setHandler(requestSignal, (value) => this.#takeQuietly(value), {
      description: `Asks for a range of days. Only \`from\` is needed. Example: \`${exampleRequest}\`. A request that is not valid is shown on the page with the reason.`,
    });
    setHandler(requestUpdate, async (value) => ({ id: await this.take(value) }), {
      description: `The same as the signal, and returns the id of the request: \`{"id": "backfill-20250814T093000000Z"}\`. Example: \`${exampleRequest}\`.`,
      validator: (value) => void parseRequest(value),
    });
    setHandler(planUpdate, (value) => soon.planBackfill(this.#requestOf(parseRequest(value))), {
      description:
        'Returns what a request would do, and why, without touching anything: days, reasons, rows, time. Example: ' +
        '`{"from": "2025-07-01", "to": "2025-07-31"}`.',
      validator: (value) => void parseRequest(value),
    });
    setHandler(cancelSignal, (value) => this.#cancel(value), {
      description:
        'Cancels a request by its id, or all that wait or run: `"all"`. Days that are done stay; requests that run as one are cancelled together. Example: `"backfill-20250814T093000000Z"`.',
    });
    setHandler(pauseSignal, () => this.#pause(true), {
      description: 'Begins no further part until `resume`; parts that are under way end. Takes no argument.',
    });
    setHandler(resumeSignal, () => this.#pause(false), { description: 'Goes on after `pause`. Takes no argument.' });
    setHandler(concurrencySignal, (value) => this.#setConcurrency(value), {
      description: 'Parts to build side by side, 1 to 16, from now on. Example: `4`. Anything else is refused.',
    });
    this.#changed();
  }

  #requestOf({ from, to, tables, mode, reason, by }: Asked): BackfillRequest {
    // No two have the same number: it tells what was recomputed for which.
    this.#lastAskedMs = Math.max(this.#lastAskedMs + 1, Date.now());
    const id = `backfill-${new Date(this.#lastAskedMs).toISOString().replaceAll(/[-:.]/g, '')}`;
    return { id, from, to, tables, mode, reason, by, askedMs: this.#lastAskedMs };
  }

  /** As `take` where nobody waits for an answer. */
  async #takeQuietly(value: unknown): Promise<void> {
    try {
      await this.take(value);
    } catch (error) {
      this.refuse(value, (error as Error).message);
    }
  }

  async #cancel(value: unknown): Promise<void> {
    const isMeant = (id: string): boolean => value === 'all' || id === value;
    const { queue, taken } = without(this.#queue, isMeant);
    const isRunning = this.#running?.ids.some(isMeant) === true;
    if (taken.length === 0 && !isRunning && value !== 'all') this.refuse(value, 'no such request waits or runs');
    this.#queue = queue;
    if (isRunning) this.cancelRunning();
    this.#changed();
    for (const waiting of taken) await this.#book.dropped(this, waiting);
  }

  #pause(paused: boolean): void {
    this.paused = paused;
    this.#changed();
  }

  #setConcurrency(value: unknown): void {
    const parts = anyConcurrency.parse(value);
    if (parts === null) this.refuse(value, 'concurrency: it is not valid; an example is 4, from 1 to 16');
    this.concurrency = parts ?? this.concurrency;
    this.#changed();
  }

  #progress(): BackfillProgress {
    const idle = this.#running === null ? 'idle' : 'running';
    return {
      state: this.paused ? 'paused' : idle,
      concurrency: this.concurrency,
      running: this.#running,
      waiting: this.#queue.map(({ requests, from, to }) => ({
        ids: requests.map(({ id }) => id),
        from,
        to,
        mode: requests[0]!.mode,
      })),
      ended: this.#ended,
      plans: this.#plans,
      refused: this.#refused,
    };
  }

  #changed(): void {
    const progress = this.#progress();
    const { state, concurrency, running, ended } = progress;
    this.#board.stage(`${state}, ${concurrency} parts side by side`);
    const rows = ended.reduce((sum, request) => sum + request.rows, running?.rows ?? 0);
    this.#board.show([pageOf(progress)], rows);
  }
}
