/** Rows of the served daily usage mart by their keys, as a plain client of Cassandra sees them. */
import { fromCassandra } from '../../serving/cell-value.ts';
import type { Session } from '../../serving/session.ts';

const table = 'org_daily_usage_by_service';

export interface UsageKey {
  readonly org: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly service: string;
}

/** Equal exactly when the keys are; sorts by day first. None of the three has a line break. */
export function usageKeyText({ org, day, service }: UsageKey): string {
  return `${day}\n${org}\n${service}`;
}

/** The key behind a text. */
export function usageKeyOf(text: string): UsageKey {
  const [day = '', org = '', service = ''] = text.split('\n');
  return { day, org, service };
}

/** `event_count` of every row, by the text of its key. */
export async function servedCounts(session: Session): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const query = `SELECT org_id, usage_date, service_name, event_count FROM ${table}`;
  for await (const page of session.pages(query, [], 5000)) {
    for (const row of page) {
      const [org, day, service] = [row.org_id, row.usage_date, row.service_name].map((v) => String(fromCassandra(v)));
      counts.set(usageKeyText({ org: org!, day: day!, service: service! }), Number(row.event_count));
    }
  }
  return counts;
}

/** `event_count` of one row by its primary key; 0 when there is no such row. */
export async function servedCount(session: Session, { org, day, service }: UsageKey): Promise<number> {
  const [row] = await session.execute(
    `SELECT event_count FROM ${table} WHERE org_id = ? AND usage_date = ? AND service_name = ?`,
    [org, day, service],
  );
  return Number(row?.event_count ?? 0);
}

/** Events in all rows. */
export function eventsIn(counts: ReadonlyMap<string, number>): number {
  let events = 0;
  for (const n of counts.values()) events += n;
  return events;
}
