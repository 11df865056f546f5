/** One request of a backfill, from its plan to its publication. */
import { CancellationScope, condition, executeChild, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { BackfillOutcome } from '../../activities/backfill/log.ts';
import type { BackfillPlan } from '../../activities/backfill/plan.ts';
import { lake } from '../activity-options.ts';
import { backfillPart } from '../backfill-part.ts';
import { martNames } from '../gold.ts';
import { runServing } from '../layer-child.ts';
import { attempt, type Problem } from '../problems.ts';
import { asChild } from '../search-attributes.ts';
import { partsAgain, partsOf } from './parts.ts';
import type { Queued } from './request.ts';
import { countDays, type DayState, type RunningRequest } from './state.ts';

/** What is kept of why a day failed. */
const longestFailure = 300;

/** Days that one child builds. */
interface Part {
  readonly days: readonly string[];
  readonly recompute: number | null;
}

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
  #versions: BackfillOutcome['versions'] = {};
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
    this.#show();
    let plans = await this.#planned();
    this.#versions = plans[0].versions;
    // What all days are made of comes first: it may change what is dirty.
    if (await this.#tables('whole', 'tables of Silver that are built whole', plans, ({ first }) => first))
      plans = await this.#planned();
    // A day that several ask for is recomputed for the last of them; for each number days are cut into parts of their own.
    const numbers = numbersOf(plans);
    for (const day of [...numbers.keys()].sort()) this.#days[day] = 'waiting';
    this.#stage = 'days';
    this.#partsMs = Date.now();
    const cut = (days: readonly string[], into: (days: readonly string[]) => string[][]): Part[] => {
      const parts = [...new Set(numbers.values())].flatMap((recompute) =>
        into(days.filter((day) => numbers.get(day) === recompute)).map((part) => ({ days: part, recompute })),
      );
      return this.#queued.newestFirst ? parts.reverse() : parts;
    };
    const { daily } = plans[0];
    await this.#parts(cut(Object.keys(this.#days), partsOf), daily, '');
    const again = Object.keys(this.#days).filter((day) => this.#days[day] === 'failed');
    if (again.length > 0) {
      this.#stage = 'days that failed, once more';
      await this.#parts(cut(again, partsAgain), daily, '/again');
    }
    await this.#tables('wide', 'marts that are made of many days', plans, ({ last }) => last);
    await this.#publish();
  }

  /** What each of the requests would do. */
  async #planned(): Promise<readonly [BackfillPlan, ...BackfillPlan[]]> {
    const plans: BackfillPlan[] = [];
    for (const request of this.#queued.requests) {
      const summary = `Plan ${request.from} – ${request.to}`;
      plans.push(await lake.planBackfill.executeWithOptions({ summary }, [request]));
    }
    return plans as [BackfillPlan, ...BackfillPlan[]];
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
      versions: this.#versions,
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
  async #parts(parts: readonly Part[], tables: readonly string[], suffix: string): Promise<void> {
    const { concurrency, isPaused } = this.#settings;
    const begun: Promise<void>[] = [];
    let underWay = 0;
    try {
      for (const part of parts) {
        await condition(() => underWay < concurrency() && !isPaused());
        underWay++;
        const built = this.#part(part, tables, suffix).finally(() => {
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

  async #part({ days, recompute }: Part, tables: readonly string[], suffix: string): Promise<void> {
    const set = (state: DayState): void => {
      for (const day of days) this.#days[day] = state;
      this.#show();
    };
    set('running');
    const [first, last] = [days[0]!, days.at(-1)!];
    const name = first === last ? first : `${first} – ${last}`;
    const problems = await this.#build(`${name}${suffix}`, { dates: days, tables, recompute });
    const why = problems.map(({ message }) => message).join('; ');
    for (const day of days) {
      if (problems.length > 0) this.#failed[day] = why.slice(0, longestFailure);
      else delete this.#failed[day];
    }
    set(problems.length > 0 ? 'failed' : 'done');
  }

  /** Builds the tables of a stage for each of the plans that has something to do in them; whether any has. */
  async #tables(
    name: 'whole' | 'wide',
    stage: string,
    plans: readonly BackfillPlan[],
    tablesOf: (plan: BackfillPlan) => readonly string[],
  ): Promise<boolean> {
    const isDue = (plan: BackfillPlan): boolean =>
      (name === 'wide' && plan.days.length > 0) || plan.others.some(({ table }) => tablesOf(plan).includes(table));
    const due = plans.filter((plan) => tablesOf(plan).length > 0 && isDue(plan));
    if (due.length === 0) return false;
    this.#stage = stage;
    this.#show();
    for (const [n, plan] of due.entries()) {
      await condition(() => !this.#settings.isPaused());
      const request = { ...plan.range, tables: tablesOf(plan), recompute: plan.recompute };
      for (const { message } of await this.#build(`${name}-${n + 1}`, request))
        this.#failed[stage] = message.slice(0, longestFailure);
    }
    return true;
  }

  /** Builds tables over days in a child; what failed. */
  async #build(
    name: string,
    request: { readonly tables: readonly string[]; readonly [field: string]: unknown },
  ): Promise<readonly Problem[]> {
    const { id, reason } = this.#queued.requests[0]!;
    const problems: Problem[] = [];
    const result = await attempt(name, problems, () =>
      executeChild(backfillPart, {
        ...asChild('backfillPart', 'backfill'),
        staticSummary: `${name}: ${request.tables.join(', ')}`,
        workflowId: `${workflowInfo().workflowId}/${id}/${name}`,
        args: [{ ...request, reason: `backfill ${id}${reason === null ? '' : `: ${reason}`}`.slice(0, 500) }],
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
    await condition(() => !this.#settings.isPaused());
    const problems: Problem[] = [];
    await runServing(problems, 'backfill', { marts: martNames }, `${workflowInfo().workflowId}/${requests[0]!.id}`);
    for (const { message } of problems) this.#failed.serving = message;
  }
}

/** Day → the greatest number that a plan recomputes it for; null: it is only dirty. */
function numbersOf(plans: readonly BackfillPlan[]): ReadonlyMap<string, number | null> {
  const numbers = new Map<string, number | null>();
  for (const { days, recompute } of plans) {
    for (const { date } of days) {
      const known = numbers.get(date) ?? null;
      numbers.set(date, known === null || recompute === null ? recompute : Math.max(known, recompute));
    }
  }
  return numbers;
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
