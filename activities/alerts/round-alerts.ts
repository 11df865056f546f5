/** Alerts beside the rounds of a stream: what a worker keeps from one round to the next only saves work. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActivityContext } from '../context.ts';
import { Recurring } from '../recurring.ts';
import { alertLine } from './alert.ts';
import { AlertLog } from './alert-log.ts';
import { BudgetWatch } from './budget-watch.ts';
import { Notifier } from './notifier.ts';

export interface AlertStatus {
  /** In this round. */
  readonly raised: number;
  /** The last ten alerts, whenever they were raised, the newest at the end. */
  readonly lines: readonly string[];
  /** Alerts whose receiver has not answered yet; 0 without a receiver. */
  readonly undelivered: number;
  /** Why totals could not be looked at, or what the receiver said to the last notification; null when all is well. */
  readonly problem: string | null;
}

/** The alerts of one round. */
export interface RoundAlerts {
  /** There may be something new. */
  look(): void;
  readonly status: AlertStatus;
  /** Looks at what it was told of, unless that fails, and ends. */
  close(): Promise<void>;
}

/** Begins the alerts of a round; `runId` is the stream's. */
export type AlertRounds = (runId: string) => RoundAlerts;

/** How long the end of a round waits for a receiver. A later answer is still recorded; the next round goes on after it. */
const graceMs = 1000;

const noAlerts: RoundAlerts = {
  look: () => undefined,
  status: { raised: 0, lines: [], undelivered: 0, problem: null },
  close: () => Promise.resolve(),
};

/** The alerts of one worker's stream: without budgets none, at no cost. */
export function alertRounds(context: ActivityContext): AlertRounds {
  const { alerts: settings } = context;
  if (settings === null) return () => noAlerts;
  const log = new AlertLog(context);
  const watch = new BudgetWatch(context, settings.budgets, log);
  const notifier = settings.receiver === null ? null : new Notifier(context, settings.receiver);
  return (runId) => new WatchedRound(runId, log, watch, notifier);
}

class WatchedRound implements RoundAlerts {
  readonly #log: AlertLog;
  readonly #notifier: Notifier | null;
  readonly #looking: Recurring;
  readonly #delivering: Recurring | null;
  #raised = 0;

  constructor(runId: string, log: AlertLog, watch: BudgetWatch, notifier: Notifier | null) {
    this.#log = log;
    this.#notifier = notifier;
    this.#delivering = notifier === null ? null : new Recurring(() => notifier.deliver(runId));
    this.#looking = new Recurring(async () => {
      const raised = await watch.look(runId);
      this.#raised += raised;
      if (raised > 0) void this.#delivering?.ask();
      return Number.POSITIVE_INFINITY;
    });
    void this.#delivering?.ask();
  }

  look(): void {
    void this.#looking.ask();
  }

  get status(): AlertStatus {
    return {
      raised: this.#raised,
      lines: this.#log.recent.map(alertLine),
      undelivered: this.#notifier?.undelivered ?? 0,
      problem: this.#looking.problem ?? this.#delivering?.problem ?? this.#notifier?.problem ?? null,
    };
  }

  async close(): Promise<void> {
    await this.#looking.close();
    if (this.#delivering !== null)
      await Promise.race([this.#delivering.close(), sleep(graceMs, undefined, { ref: false })]);
  }
}
