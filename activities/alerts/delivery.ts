/** Which alerts are to be delivered, and by whom: from what the lake says of earlier attempts. */
import type { Alert } from './alert.ts';

/** `claimed` before an attempt, one of the others after it. */
export type DeliveryState = 'claimed' | 'delivered' | 'refused' | 'failed';

/** A row of `ops.alert_deliveries`. */
export interface Delivery {
  readonly alertId: string;
  /** From 1. */
  readonly attempt: number;
  readonly state: DeliveryState;
  /** Microseconds since 1970. */
  readonly atUs: number;
  readonly workerId: string;
  readonly httpStatus: number | null;
  readonly reason: string | null;
}

/** An alert that nobody has delivered, with the newest row of its last attempt; null before the first. */
export interface Undelivered {
  readonly alert: Alert;
  readonly last: Delivery | null;
}

/** An attempt to make now. */
export interface Due {
  readonly alert: Alert;
  readonly attempt: number;
}

export interface DeliveryPlan {
  readonly due: readonly Due[];
  /** Until something is due that nobody has to be asked for: another worker's claim runs out. Infinity when there is none. */
  readonly waitMs: number;
}

/**
 * How long a claim without an outcome keeps others away. A worker that dies between sending and recording leaves one: whether its
 * notification arrived nobody knows then, and the next attempt has the same idempotency key.
 */
export const claimMs = 120_000;

/**
 * The next attempts of a worker that has none under way: at most `most`, those with the fewest attempts first, the oldest alerts
 * first among them. `nowMs`: milliseconds since 1970; workers' clocks have to agree to a fraction of `claimMs`.
 */
export function planDeliveries(
  undelivered: Iterable<Undelivered>,
  workerId: string,
  nowMs: number,
  most: number,
): DeliveryPlan {
  const free: Due[] = [];
  let waitMs = Number.POSITIVE_INFINITY;
  for (const { alert, last } of undelivered) {
    const heldMs = last?.state === 'claimed' && last.workerId !== workerId ? last.atUs / 1000 + claimMs - nowMs : 0;
    if (heldMs > 0) waitMs = Math.min(waitMs, heldMs);
    else free.push({ alert, attempt: (last?.attempt ?? 0) + 1 });
  }
  free.sort((a, b) => a.attempt - b.attempt || a.alert.raisedUs - b.alert.raisedUs);
  return { due: free.slice(0, most), waitMs };
}

/** Whether nobody sends the alert again. */
export function isFinal({ state }: Delivery): boolean {
  return state === 'delivered' || state === 'refused';
}

/** Whether a row says more of its alert than another: of a later attempt, or how the same one ended. */
export function isLater(row: Delivery, other: Delivery): boolean {
  return row.attempt !== other.attempt ? row.attempt > other.attempt : other.state === 'claimed';
}
