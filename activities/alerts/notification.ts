/** The notification of an alert. */
import { type Answer, post, type Receiver } from '../notification.ts';
import { type Alert, alertId, exactUsd } from './alert.ts';

/** Sends the notification once. Never throws; what it says of a failure names no address. */
export function notify(receiver: Receiver, alert: Alert, nowMs: number, timeoutMs?: number): Promise<Answer> {
  return post(receiver, { id: alertId(alert), body: bodyOf(alert) }, nowMs, timeoutMs);
}

/** The body: amounts as exact decimal text. */
export function bodyOf(alert: Alert): string {
  return JSON.stringify({
    alert_id: alertId(alert),
    org_id: alert.orgId,
    usage_date: alert.date,
    threshold_percent: alert.percent,
    budget_usd: exactUsd(alert.budgetUsd),
    total_usd: exactUsd(alert.totalUsd),
    raised_at: new Date(alert.raisedUs / 1000).toISOString(),
  });
}
