/** Watches what organisations spend: the totals as they are served, from the lake alone. */
import { orgDailyUsageByService } from '../../schemas/gold.ts';
import { servedMart } from '../../serving/cql-type.ts';
import { planPartitions } from '../../serving/diff.ts';
import { followingReader } from '../../serving/following-reader.ts';
import type { MartReader } from '../../serving/served-rows.ts';
import { newestServed, type ServedSnapshot } from '../../serving/served-snapshot.ts';
import type { ActivityContext } from '../context.ts';
import type { Crossing } from './alert.ts';
import type { AlertLog } from './alert-log.ts';
import { type Budgets, budgetOf, isReached, thresholds } from './budgets.ts';
import { dayTotals } from './day-totals.ts';

const mart = servedMart(orgDailyUsageByService);

/** Looks at the days that changed since its last look, at first at all of them. One call at a time. */
export class BudgetWatch {
  readonly #lake: ActivityContext['lake'];
  readonly #budgets: Budgets;
  readonly #log: AlertLog;
  readonly #reader: MartReader;
  #seen: ServedSnapshot | null = null;

  constructor({ lake }: Pick<ActivityContext, 'lake'>, budgets: Budgets, log: AlertLog) {
    this.#lake = lake;
    this.#budgets = budgets;
    this.#log = log;
    this.#reader = followingReader(lake);
  }

  /** Raises an alert for every budget that is reached and was not before; returns how many it raised. */
  async look(runId: string): Promise<number> {
    const next = await newestServed(this.#lake, mart);
    const reached: Crossing[] = [];
    for (const { next: part } of planPartitions(mart, { next, base: this.#seen, unclosed: [], rebuild: false })) {
      const date = part?.value ?? null;
      if (part === undefined || date === null) continue;
      for (const { orgId, costUsd, bronzeVersion } of dayTotals(await this.#reader(mart, [part]))) {
        const budgetUsd = budgetOf(this.#budgets, orgId);
        if (budgetUsd === null) continue;
        for (const percent of thresholds) {
          if (isReached(costUsd, budgetUsd, percent)) {
            reached.push({ orgId, date, percent, budgetUsd, totalUsd: costUsd, bronzeVersion });
          }
        }
      }
    }
    const raised = await this.#log.raise(reached, runId);
    // Not before they are raised: a look that failed is done again.
    this.#seen = next;
    return raised;
  }
}
