/** Claims and outcomes of notifications: `ops.alert_deliveries`. */
import type { Snapshot } from '../../engine/delta/types.ts';
import { alertDeliveries, alerts } from '../../schemas/ops.ts';
import { append } from '../append.ts';
import type { ActivityContext } from '../context.ts';
import { type Alert, alertId } from './alert.ts';
import { alertOf } from './alert-log.ts';
import { AppendedRows, type PlainRow } from './appended-rows.ts';
import { type Delivery, type DeliveryState, isFinal, isLater, type Undelivered } from './delivery.ts';

/** What this worker knows of deliveries. One call at a time. */
export class DeliveryLog {
  readonly #context: Pick<ActivityContext, 'lake' | 'clock'>;
  readonly #alertRows: AppendedRows;
  readonly #deliveryRows: AppendedRows;
  /** Alerts without a final outcome. */
  readonly #open = new Map<string, Alert>();
  readonly #last = new Map<string, Delivery>();
  readonly #final = new Set<string>();
  #base: Snapshot | null = null;

  constructor(context: Pick<ActivityContext, 'lake' | 'clock'>) {
    this.#context = context;
    this.#alertRows = new AppendedRows(context.lake, alerts.name, (row) => this.#takeAlert(alertOf(row)));
    this.#deliveryRows = new AppendedRows(context.lake, alertDeliveries.name, (row) =>
      this.#takeDelivery(deliveryOf(row)),
    );
  }

  /** Alerts without a final outcome, as far as `follow` has read. */
  get undelivered(): readonly Undelivered[] {
    return Array.from(this.#open, ([id, alert]) => ({ alert, last: this.#last.get(id) ?? null }));
  }

  /** Reads what is new. */
  async follow(): Promise<void> {
    // What is claimed after this makes `claim` fail.
    this.#base = await this.#deliveryRows.follow();
    await this.#alertRows.follow();
  }

  /** Claims attempts in one commit. False when anything was claimed or recorded since `follow`: then nothing is claimed. */
  async claim(claims: readonly Delivery[], runId: string): Promise<boolean> {
    const rows = claims.map((claim) => rowOf(claim, runId));
    return append(this.#context, alertDeliveries, rows, this.#base, { kind: 'table' });
  }

  /** Records outcomes, which stand whatever others do meanwhile. Safe to repeat. */
  async record(outcomes: readonly Delivery[], runId: string): Promise<void> {
    for (;;) {
      await this.follow();
      const rows = outcomes.filter((outcome) => this.#isNews(outcome)).map((outcome) => rowOf(outcome, runId));
      if (rows.length === 0) return;
      // Followed once more in either case: then they are known.
      await append(this.#context, alertDeliveries, rows, this.#base, { kind: 'nothing' });
    }
  }

  #isNews(row: Delivery): boolean {
    if (this.#final.has(row.alertId)) return false;
    const last = this.#last.get(row.alertId);
    // An answer that came after another worker had taken over still ends it.
    return last === undefined || isFinal(row) || isLater(row, last);
  }

  #takeAlert(alert: Alert): void {
    const id = alertId(alert);
    if (!this.#final.has(id)) this.#open.set(id, alert);
  }

  #takeDelivery(row: Delivery): void {
    const { alertId: id } = row;
    if (isFinal(row)) {
      this.#final.add(id);
      this.#open.delete(id);
      this.#last.delete(id);
    } else if (this.#isNews(row)) this.#last.set(id, row);
  }
}

function deliveryOf(row: PlainRow): Delivery {
  return {
    alertId: String(row.alert_id),
    attempt: Number(row.attempt),
    state: String(row.state) as DeliveryState,
    atUs: Number(row.at),
    workerId: String(row.worker_id),
    httpStatus: row.http_status === null ? null : Number(row.http_status),
    reason: row.reason === null ? null : String(row.reason),
  };
}

function rowOf({ alertId: id, attempt, state, atUs, workerId, httpStatus, reason }: Delivery, runId: string): PlainRow {
  return {
    alert_id: id,
    attempt,
    state,
    at: atUs,
    worker_id: workerId,
    run_id: runId,
    http_status: httpStatus,
    reason,
  };
}
