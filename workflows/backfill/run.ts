/** One request of a backfill, from its plan to its publication. */
import { CancellationScope, condition, executeChild, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { BackfillOutcome } from '../../activities/backfill/log.ts';
import type { BackfillPlan } from '../../activities/backfill/plan.ts';
import { lake } from '../activity-options.ts';
import { backfillPart } from '../backfill-part.ts';
import { martNames } from '../gold.ts';
import { attempt, type Problem } from '../problems.ts';
import { asChild } from '../search-attributes.ts';
import { serving } from '../serving.ts';
import { type Part, partsAgain, partsOf } from './parts.ts';
import { joined, type Queued } from './request.ts';
import { countDays, type DayState, type RunningRequest } from './state.ts';

/** What a request takes from the backfill that runs it. */
export interface RunSettings {
  /** Parts side by side, now. */
  readonly concurrency: () => number;
  readonly isPaused: () => boolean;
  /** Told of every step. */
  readonly show: (running: RunningRequest) => void;
}

/** Runs a request. Whatever fails is in `outcome`; throws when it is cancelled, and `outcome` says how far it came. */
export class RequestRun {
  readonly #queued: Queued;
  readonly #settings: RunSettings;
  readonly #startedMs = Date.now();
  readonly #days: Record<string, DayState> = {};
  readonly #failed: Record<string, string> = {};
  #plan: BackfillPlan | null = null;
  #stage = 'planning';
  #rows = 0;
  #partsMs = 0;
  #isEnded = false;

  constructor(queued: Queued, settings: RunSettings) {
    this.#queued = queued;
    this.#settings = settings;
  }

  async run(): Promise<void> {
    const problems: Problem[] = [];
    await attempt('backfill', problems, () => this.#run());
    for (const { message } of problems) this.#failed.backfill = message;
    this.#isEnded = true;
  }

  async #run(): Promise<void> {
    const request = joined(this.#queued);
    this.#show();
    // What all days are made of comes first: it may change what is dirty.
    let plan = await lake.planBackfill(request);
    const { versions } = plan;
    this.#plan = plan;
    if (hasWork(plan, plan.first)) {
      await this.#tables('whole', 'tables of Silver that are built whole', plan.first, plan.recompute);
      plan = await lake.planBackfill(request);
      this.#plan = { ...plan, versions };
    }
    for (const { date } of plan.days) this.#days[date] = 'waiting';
    this.#stage = 'days';
    this.#partsMs = Date.now();
    const { newestFirst } = this.#queued;
    await this.#parts(partsOf(Object.keys(this.#days), newestFirst), plan, '');
    const again = Object.keys(this.#days).filter((day) => this.#days[day] === 'failed');
    if (again.length > 0) {
      this.#stage = 'days that failed, once more';
      await this.#parts(partsAgain(again, newestFirst), plan, '/again');
    }
    if (plan.days.length > 0 || hasWork(plan, plan.last))
      await this.#tables('wide', 'marts that are made of many days', plan.last, plan.recompute);
    await this.#publish();
  }

  /** How the request ended, or how far it came. */
  get outcome(): BackfillOutcome {
    const { done } = countDays(this.#days);
    return {
      state: !this.#isEnded ? 'cancelled' : Object.keys(this.#failed).length === 0 ? 'done' : 'incomplete',
      daysPlanned: Object.keys(this.#days).length,
      daysDone: done,
      rows: this.#rows,
      failed: { ...this.#failed },
      versions: this.#plan?.versions ?? {},
    };
  }

  get running(): RunningRequest {
    const { requests, from, to } = this.#queued;
    const { done, failed } = countDays(this.#days);
    const left = Object.keys(this.#days).length - done - failed;
    return {
      ids: requests.map(({ id }) => id),
      from,
      to,
      mode: requests[0]!.mode,
      reason: requests[0]!.reason,
      by: requests[0]!.by,
      stage: this.#stage,
      rows: this.#rows,
      startedMs: this.#startedMs,
      etaMs: done === 0 ? null : Math.round(((Date.now() - this.#partsMs) / (done + failed)) * left),
      days: { ...this.#days },
      failed: { ...this.#failed },
    };
  }

  #show(): void {
    this.#settings.show(this.running);
  }

  /** Parts side by side, as many as are allowed when each is begun. */
  async #parts(parts: readonly Part[], plan: BackfillPlan, suffix: string): Promise<void> {
    const { concurrency, isPaused } = this.#settings;
    const begun: Promise<void>[] = [];
    let underWay = 0;
    try {
      for (const part of parts) {
        await condition(() => underWay < concurrency() && !isPaused());
        underWay++;
        const built = this.#part(part, plan, suffix).finally(() => {
          underWay--;
        });
        built.catch(() => undefined);
        begun.push(built);
      }
    } finally {
      await Promise.allSettled(begun);
    }
    await Promise.all(begun);
  }

  async #part({ from, to, days }: Part, plan: BackfillPlan, suffix: string): Promise<void> {
    const set = (state: DayState): void => {
      for (const day of days) this.#days[day] = state;
      this.#show();
    };
    set('running');
    const name = from === to ? from : `${from} – ${to}`;
    const problems = await this.#build(`${name}${suffix}`, { from, to }, plan.daily, plan.recompute);
    for (const day of days) delete this.#failed[day];
    if (problems.length > 0) for (const day of days) this.#failed[day] = problems.map((p) => p.message).join('; ');
    set(problems.length > 0 ? 'failed' : 'done');
  }

  async #tables(name: string, stage: string, tables: readonly string[], recompute: number | null): Promise<void> {
    if (tables.length === 0) return;
    this.#stage = stage;
    this.#show();
    const { from, to } = this.#queued;
    for (const { what, message } of await this.#build(name, { from, to }, tables, recompute))
      this.#failed[what] = message;
  }

  /** Builds tables over a range in a child; what failed. */
  async #build(
    name: string,
    range: { readonly from: string; readonly to: string },
    tables: readonly string[],
    recompute: number | null,
  ): Promise<readonly Problem[]> {
    const { requests } = this.#queued;
    const { id, reason } = requests[0]!;
    const problems: Problem[] = [];
    const result = await attempt(name, problems, () =>
      executeChild(backfillPart, {
        workflowId: `${workflowInfo().workflowId}/${id}/${name}`,
        args: [
          {
            ...range,
            tables,
            recompute,
            reason: `backfill ${id}${reason === null ? '' : `: ${reason}`}`.slice(0, 500),
          },
        ],
        ...asChild('backfillPart', 'backfill'),
        staticSummary: `${name}: ${tables.join(', ')}`,
      }),
    );
    this.#rows += result?.tables.reduce((rows, { read }) => rows + read, 0) ?? 0;
    return problems;
  }

  async #publish(): Promise<void> {
    const { publish, requests } = this.#queued;
    if (!publish) return;
    this.#stage = 'publishing';
    this.#show();
    const problems: Problem[] = [];
    await attempt('serving', problems, () =>
      executeChild(serving, {
        workflowId: `${workflowInfo().workflowId}/${requests[0]!.id}/serving`,
        args: [{ marts: martNames }],
        ...asChild('serving', 'backfill'),
      }),
    );
    for (const { message } of problems) this.#failed.serving = message;
  }
}

/** Whether some of the tables have something to do by the plan. */
function hasWork(plan: BackfillPlan, tables: readonly string[]): boolean {
  return plan.others.some(({ table }) => tables.includes(table));
}

/** Runs work that can be cancelled alone, by what `begun` is given; that it was is no failure. */
export async function inScope(work: () => Promise<void>, begun: (cancel: () => void) => void): Promise<void> {
  const outer = CancellationScope.current();
  try {
    await CancellationScope.cancellable(() => {
      const scope = CancellationScope.current();
      begun(() => scope.cancel());
      return work();
    });
  } catch (error) {
    if (!isCancellation(error) || outer.consideredCancelled) throw error;
  }
}
