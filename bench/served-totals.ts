/** What Cassandra says it holds of the daily usage mart. */
import { parseDecimal } from '../engine/columnar/decimal.ts';
import { fromCassandra } from '../serving/cell-value.ts';
import type { Session } from '../serving/session.ts';

/** Exact sums over the rows of a table; the cost in millionths of a US dollar. */
export async function servedTotals(
  session: Session,
  table: string,
): Promise<{ readonly rows: number; readonly events: number; readonly cost6: bigint }> {
  let [rows, events, cost6] = [0, 0, 0n];
  for await (const page of session.pages(`SELECT event_count, daily_cost_usd FROM ${table}`, [], 5000)) {
    rows += page.length;
    for (const { event_count, daily_cost_usd } of page) {
      events += Number(event_count);
      cost6 += parseDecimal(String(fromCassandra(daily_cost_usd)), 38, 6) ?? 0n;
    }
  }
  return { rows, events, cost6 };
}
