/** The alerts that were raised: `ops.alerts`, which has each once. */

import { dayNumber, dayText } from '../../engine/columnar/cell.ts';
import { alerts } from '../../schemas/ops.ts';
import { append } from '../append.ts';
import type { ActivityContext } from '../context.ts';
import { type Alert, alertId, type Crossing } from './alert.ts';
import { AppendedRows, type PlainRow } from './appended-rows.ts';

/** Alerts that are kept to be shown. */
const recentAlerts = 10;

/** What this worker knows of `ops.alerts`. One call at a time. */
export class AlertLog {
  readonly #context: Pick<ActivityContext, 'lake' | 'clock'>;
  readonly #rows: AppendedRows;
  readonly #raised = new Set<string>();
  #recent: readonly Alert[] = [];

  constructor(context: Pick<ActivityContext, 'lake' | 'clock'>) {
    this.#context = context;
    this.#rows = new AppendedRows(context.lake, alerts.name, (row) => this.#take(alertOf(row)));
  }

  /** The alerts raised last, the newest at the end. */
  get recent(): readonly Alert[] {
    return this.#recent;
  }

  /**
   * Raises those that were never raised, in one commit, and returns how many. Of two workers that look at once one is first; the
   * other sees it and adds what is left.
   */
  async raise(crossings: readonly Crossing[], runId: string): Promise<number> {
    for (;;) {
      const base = await this.#rows.follow();
      const fresh = crossings.filter((crossing) => !this.#raised.has(alertId(crossing)));
      if (fresh.length === 0) return 0;
      const raisedUs = this.#context.clock() * 1000;
      const rows = fresh.map((crossing) => rowOf({ ...crossing, raisedUs }, runId));
      if (!(await append(this.#context, alerts, rows, base, { kind: 'table' }))) continue;
      await this.#rows.follow();
      return fresh.length;
    }
  }

  #take(alert: Alert): void {
    this.#raised.add(alertId(alert));
    const oldest = this.#recent[0];
    if (this.#recent.length === recentAlerts && oldest !== undefined && alert.raisedUs < oldest.raisedUs) return;
    this.#recent = [...this.#recent, alert].sort((a, b) => a.raisedUs - b.raisedUs).slice(-recentAlerts);
  }
}

/** The alert that a row of `ops.alerts` states. */
export function alertOf(row: PlainRow): Alert {
  return {
    orgId: String(row.org_id),
    date: dayText(Number(row.usage_date)),
    percent: Number(row.threshold_percent),
    budgetUsd: row.budget_usd as bigint,
    totalUsd: row.total_usd as bigint,
    bronzeVersion: Number(row.bronze_version),
    raisedUs: Number(row.raised_at),
  };
}

function rowOf(alert: Alert, runId: string): PlainRow {
  return {
    alert_id: alertId(alert),
    org_id: alert.orgId,
    usage_date: dayNumber(alert.date),
    threshold_percent: alert.percent,
    budget_usd: alert.budgetUsd,
    total_usd: alert.totalUsd,
    bronze_version: alert.bronzeVersion,
    raised_at: alert.raisedUs,
    run_id: runId,
  };
}
