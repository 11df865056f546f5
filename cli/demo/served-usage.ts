/** What Cassandra holds of the daily usage mart. */
import { formatDecimal, parseDecimal } from '../../engine/columnar/decimal-text.ts';
import { mapBounded } from '../../engine/delta/map-bounded.ts';
import { fromCassandra } from '../../serving/cell-value.ts';
import type { Session } from '../../serving/session.ts';

/** A primary key of `org_daily_usage_by_service`. */
export interface UsageKey {
  readonly org: string;
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly service: string;
}

/** Its text, for maps. */
export function keyText({ org, day, service }: UsageKey): string {
  return JSON.stringify([org, day, service]);
}

/** The key of such a text. */
export function keyOf(text: string): UsageKey {
  const [org, day, service] = JSON.parse(text) as [string, string, string];
  return { org, day, service };
}

/** What all rows of the mart add up to. */
export interface ServedTotals {
  readonly events: number;
  /** US dollars, every digit. */
  readonly costUsd: string;
  /** Events by key. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Digits of US dollars after the point. */
const scale = 6;
const digits = 38;

/** Reads every row: for a mart of some ten thousand rows. */
export async function servedTotals(session: Session): Promise<ServedTotals> {
  const rows = await session.execute(
    'SELECT org_id, usage_date, service_name, event_count, daily_cost_usd FROM org_daily_usage_by_service',
  );
  const counts = new Map<string, number>();
  let events = 0;
  let cost = 0n;
  for (const row of rows) {
    const count = Number(row.event_count);
    events += count;
    cost += usd(row.daily_cost_usd);
    counts.set(keyText({ org: row.org_id, day: String(row.usage_date), service: row.service_name }), count);
  }
  return { events, costUsd: formatDecimal(cost, scale), counts };
}

/** Events of the key in Cassandra; 0 without such a row. */
export async function servedEvents(session: Session, { org, day, service }: UsageKey): Promise<number> {
  const [row] = await session.execute(
    'SELECT event_count FROM org_daily_usage_by_service WHERE org_id = ? AND usage_date = ? AND service_name = ?',
    [org, day, service],
  );
  return Number(row?.event_count ?? 0);
}

/** What a day costs, over all organisations and the one that costs most. */
export interface DayCost {
  readonly day: string;
  readonly events: number;
  readonly costUsd: number;
  readonly organisations: number;
  readonly top: { readonly org: string; readonly costUsd: number } | null;
}

const queriesAtATime = 16;

/** Asks for the day of each organisation by its Cassandra partition. */
export async function dayCost(session: Session, day: string, orgs: readonly string[]): Promise<DayCost> {
  const costs = await mapBounded(orgs, queriesAtATime, async (org) => {
    const rows = await session.execute(
      'SELECT event_count, daily_cost_usd FROM org_daily_usage_by_service WHERE org_id = ? AND usage_date = ?',
      [org, day],
    );
    return {
      org,
      events: rows.reduce((n, row) => n + Number(row.event_count), 0),
      costUsd: Number(rows.reduce((n, row) => n + usd(row.daily_cost_usd), 0n)) / 10 ** scale,
    };
  });
  const known = costs.filter(({ events }) => events > 0).sort((a, b) => b.costUsd - a.costUsd);
  const sum = (of: 'events' | 'costUsd'): number => known.reduce((n, cost) => n + cost[of], 0);
  return {
    day,
    events: sum('events'),
    costUsd: sum('costUsd'),
    organisations: known.length,
    top: known[0] ?? null,
  };
}

function usd(value: unknown): bigint {
  return parseDecimal(String(fromCassandra(value)), digits, scale) ?? 0n;
}
