/** Gold against Silver and Gold. */
import { contractOf } from '../../schemas/catalog.ts';
import { marts } from '../../schemas/gold.ts';
import type { Profile } from '../compute/profile.ts';
import type { ActivityContext, Run } from '../context.ts';
import { type FactReader, factReader } from './facts.ts';
import { type AuditCheck, equalCheck, leftOutNote } from './report.ts';
import { type AuditScope, comparable, type Question, rowsIn } from './scope.ts';

/** A mart's columns that sum to the same as an upstream's in every audited day. */
interface Comparison {
  readonly mart: string;
  readonly upstream: string;
  /** Mart column that counts the upstream's rows. */
  readonly rows: string | null;
  /** Upstream column that is true of the rows that the mart holds, one for one. */
  readonly holds?: string;
  readonly sums: readonly (readonly [upstream: string, mart: string])[];
}

const comparisons: readonly Comparison[] = [
  {
    mart: 'gold.org_daily_usage_by_service',
    upstream: 'silver.usage_events',
    rows: 'event_count',
    sums: [
      ['cost_usd', 'daily_cost_usd'],
      ['carbon_kg', 'daily_carbon_kg'],
      ['genai_tokens', 'daily_genai_tokens'],
    ],
  },
  {
    mart: 'gold.daily_usage_rollup',
    upstream: 'gold.org_daily_usage_by_service',
    rows: 'organisations',
    sums: [
      ['daily_cost_usd', 'daily_cost_usd'],
      ['daily_requests', 'daily_requests'],
      ['daily_carbon_kg', 'daily_carbon_kg'],
      ['daily_genai_tokens', 'daily_genai_tokens'],
      ['event_count', 'event_count'],
    ],
  },
  {
    mart: 'gold.org_daily_cost_anomalies',
    upstream: 'gold.org_daily_usage_by_service',
    rows: null,
    sums: [['daily_cost_usd', 'actual_cost_usd']],
  },
  { mart: 'gold.org_monthly_revenue', upstream: 'silver.billing_monthly', rows: 'invoices', sums: [] },
  {
    mart: 'gold.monthly_revenue_rollup',
    upstream: 'gold.org_monthly_revenue',
    rows: null,
    sums: [
      ['revenue_usd', 'revenue_usd'],
      ['credits_usd', 'credits_usd'],
      ['invoices', 'invoices'],
    ],
  },
  {
    mart: 'gold.daily_support_rollup',
    upstream: 'gold.org_daily_support_metrics',
    rows: null,
    sums: [
      ['total_tickets', 'total_tickets'],
      ['critical_tickets', 'critical_tickets'],
      ['sla_breached_count', 'sla_breached_count'],
    ],
  },
  {
    mart: 'gold.daily_cost_anomalies',
    upstream: 'gold.org_daily_cost_anomalies',
    rows: null,
    holds: 'is_anomaly',
    sums: [],
  },
];

/** Sums by day, ticket counts, and unique keys of every mart. */
export async function auditGold(context: ActivityContext, run: Run, scope: AuditScope): Promise<AuditCheck[]> {
  const checks: AuditCheck[] = [];
  const read = factReader(context, run, scope, questions());
  for (const comparison of comparisons) checks.push(...(await compare(read, scope, comparison)));
  const [support, tickets] = ['gold.org_daily_support_metrics', 'silver.support_tickets'] as const;
  if (scope.snapshots.has(support)) {
    const behind = await scope.behind(support, tickets);
    const { only, leftOut } = comparable(scope, support, [], null, behind);
    const facts = await read(support, only);
    const rows = behind.size > 0 ? 0 : rowsIn(scope.snapshots.get(tickets));
    checks.push(
      equalCheck(
        `${support}: Silver tickets = total_tickets`,
        ['Silver', rows],
        ['mart', total(facts, (f) => f.sums.total_tickets ?? 0n)],
        rows,
        leftOutNote(leftOut, 'day', tickets),
      ),
    );
  }
  for (const { name, key } of marts) {
    if (!scope.snapshots.has(name)) continue;
    const facts = [...(await read(name, scope.touched(name))).values()];
    const rows = facts.reduce((n, f) => n + f.rows, 0);
    const distinct = facts.reduce((n, f) => n + f.distinctKeys, 0);
    checks.push(equalCheck(`${name}: (${key.join(', ')}) is unique`, ['rows', rows], ['distinct', distinct], rows));
  }
  return checks;
}

/** All that the checks want to know of each table, so that its files are read once. */
function questions(): ReadonlyMap<string, Question> {
  const all = new Map<string, Question>(marts.map(({ name, key }) => [name, { key, sums: [], texts: [] }]));
  const ask = (table: string, columns: readonly string[]): void => {
    const { key, sums } = all.get(table) ?? { key: [], sums: [] };
    all.set(table, { key, sums: [...new Set([...sums, ...columns])], texts: [] });
  };
  for (const { mart, upstream, rows, holds, sums } of comparisons) {
    ask(upstream, [...sums.map(([from]) => from), ...(holds === undefined ? [] : [holds])]);
    ask(mart, [...sums.map(([, to]) => to), ...(rows === null ? [] : [rows])]);
  }
  ask('gold.org_daily_support_metrics', ['total_tickets']);
  return all;
}

async function compare(read: FactReader, scope: AuditScope, comparison: Comparison): Promise<AuditCheck[]> {
  const { mart, upstream, rows, holds, sums } = comparison;
  if (!scope.snapshots.has(upstream) || !scope.snapshots.has(mart)) return [];
  const a = scope.touched(upstream);
  const b = scope.touched(mart);
  const touched = a === null || b === null ? null : new Set([...a, ...b]);
  const { only, leftOut } = comparable(scope, mart, [upstream], touched, await scope.behind(mart, upstream));
  const note = leftOutNote(leftOut, contractOf(mart).partition === 'month' ? 'month' : 'day', upstream);
  const before = await read(upstream, only);
  const after = await read(mart, only);
  const compared = total(before, (p) => BigInt(p.rows));
  const checks = sums.map(([from, to]) =>
    equalCheck(
      `${mart}: sum of ${to} = sum of ${upstream}.${from}`,
      [upstream, total(before, (p) => p.sums[from] ?? 0n)],
      [mart, total(after, (p) => p.sums[to] ?? 0n)],
      Number(compared),
      note,
    ),
  );
  if (rows !== null) {
    checks.push(
      equalCheck(
        `${mart}: rows of ${upstream} = sum of ${rows}`,
        [upstream, compared],
        [mart, total(after, (p) => p.sums[rows] ?? 0n)],
        Number(compared),
        note,
      ),
    );
  }
  if (holds !== undefined) {
    checks.push(
      equalCheck(
        `${mart}: rows of ${upstream} with ${holds} = rows`,
        [upstream, total(before, (p) => p.sums[holds] ?? 0n)],
        [mart, total(after, (p) => BigInt(p.rows))],
        Number(compared),
        note,
      ),
    );
  }
  return checks;
}

function total(profiles: ReadonlyMap<string, Profile>, pick: (profile: Profile) => bigint): bigint {
  return [...profiles.values()].reduce((n, p) => n + pick(p), 0n);
}
