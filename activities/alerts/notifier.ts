/** Delivers alerts: each is claimed in the lake before it is sent, and what became of it is recorded there. */
import { randomUUID } from 'node:crypto';
import { Mutex } from '../../engine/delta/mutex.ts';
import type { ActivityContext } from '../context.ts';
import type { Answer, Receiver } from '../notification.ts';
import { alertId } from './alert.ts';
import { claimMs, type Delivery, type Due, planDeliveries } from './delivery.ts';
import { DeliveryLog } from './delivery-log.ts';
import { notify } from './notification.ts';

/** Notifications under way at a time; one while the receiver does not take any. */
const inFlight = 8;
const firstPauseMs = 1000;
const longestPauseMs = 60_000;
/** What a receiver may ask for. */
const longestRetryAfterMs = 3_600_000;

/** The deliveries of one worker. */
export class Notifier {
  readonly #context: Pick<ActivityContext, 'lake' | 'clock'>;
  readonly #receiver: Receiver;
  readonly #log: DeliveryLog;
  readonly #workerId = randomUUID();
  readonly #passes = new Mutex();
  /** Outcomes that the lake does not know yet. */
  #unrecorded: readonly Delivery[] = [];
  #failures = 0;
  #pausedUntilMs = 0;
  #problem: string | null = null;

  constructor(context: Pick<ActivityContext, 'lake' | 'clock'>, receiver: Receiver) {
    this.#context = context;
    this.#receiver = receiver;
    this.#log = new DeliveryLog(context);
  }

  /** Alerts without an outcome. */
  get undelivered(): number {
    return this.#log.undelivered.length;
  }

  /** Why the last notifications were not delivered; null when they were. */
  get problem(): string | null {
    return this.#problem;
  }

  /**
   * Sends what is due, a few at once, and returns the milliseconds until there is more to do; Infinity: not before there are new
   * alerts. One pass at a time, whoever asks. Throws when the lake cannot be read or written: the next pass records first what this
   * one could not.
   */
  deliver(runId: string): Promise<number> {
    return this.#passes.run(() => this.#deliver(runId));
  }

  async #deliver(runId: string): Promise<number> {
    const { clock } = this.#context;
    await this.#record(runId);
    await this.#log.follow();
    const pauseMs = this.#pausedUntilMs - clock();
    if (pauseMs > 0) return pauseMs;
    const most = this.#failures === 0 ? inFlight : 1;
    const { due, waitMs } = planDeliveries(this.#log.undelivered, this.#workerId, clock(), most);
    if (due.length === 0) return waitMs;
    const claimedMs = clock();
    const claims = due.map((attempt) => this.#row(attempt, { state: 'claimed', httpStatus: null, reason: null }));
    // Another worker was first, or this process stood still so long that another may be next.
    if (!(await this.#log.claim(claims, runId)) || clock() - claimedMs > claimMs / 2) return 0;
    const answers = await Promise.all(due.map(({ alert }) => notify(this.#receiver, alert, clock())));
    this.#unrecorded = due.map((attempt, i) => this.#row(attempt, outcomeOf(answers[i]!)));
    this.#judge(due, answers);
    await this.#record(runId);
    return Math.max(0, this.#pausedUntilMs - clock());
  }

  async #record(runId: string): Promise<void> {
    if (this.#unrecorded.length === 0) return;
    await this.#log.record(this.#unrecorded, runId);
    this.#unrecorded = [];
  }

  /** Pauses when the receiver took nothing: twice as long each time, and at least as long as it asks. */
  #judge(due: readonly Due[], answers: readonly Answer[]): void {
    const notDelivered = answers.findIndex(({ kind }) => kind !== 'delivered');
    const bad = answers[notDelivered];
    this.#problem = bad === undefined ? null : problemOf(due[notDelivered]!, bad);
    const failed = answers.filter((answer) => answer.kind === 'failed');
    this.#failures = failed.length < answers.length ? 0 : this.#failures + 1;
    if (failed.length === 0) return;
    const backoffMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.max(0, this.#failures - 1));
    const askedMs = Math.max(...failed.map(({ retryAfterMs }) => retryAfterMs ?? 0));
    this.#pausedUntilMs = this.#context.clock() + Math.max(backoffMs, Math.min(askedMs, longestRetryAfterMs));
  }

  #row({ alert, attempt }: Due, outcome: Pick<Delivery, 'state' | 'httpStatus' | 'reason'>): Delivery {
    const atUs = this.#context.clock() * 1000;
    return { alertId: alertId(alert), attempt, atUs, workerId: this.#workerId, ...outcome };
  }
}

function outcomeOf(answer: Answer): Pick<Delivery, 'state' | 'httpStatus' | 'reason'> {
  const { kind: state, status: httpStatus } = answer;
  if (answer.kind === 'failed') return { state, httpStatus, reason: answer.reason };
  return { state, httpStatus, reason: answer.kind === 'refused' ? `answered with ${httpStatus}` : null };
}

function problemOf({ alert, attempt }: Due, answer: Answer): string {
  if (answer.kind === 'failed') return `CPA_NOTIFY_URL ${answer.reason} (attempt ${attempt})`;
  return `CPA_NOTIFY_URL refused ${alert.percent} % of ${alert.date} with ${answer.status}: it is not sent again`;
}
