/** The named queries: which statements they run, over which time, and how their rows are summed. */

export interface Ratio {
  readonly name: string;
  readonly numerator: string;
  readonly denominator: string;
  readonly factor: number;
}

export interface QuerySpec {
  readonly name: string;
  readonly doc: string;
  /** Mart of one organisation (`cql/queries/<name>.cql`) and over all (`cql/queries/<name>_all.cql`). */
  readonly mart: string;
  readonly rollup: string;
  /** Time asked for when no dates are given: so many days or months that end with the reference day's. */
  readonly window: { readonly unit: 'day' | 'month'; readonly length: number };
  /** Whether `from` and `to` may be given instead. */
  readonly range: boolean;
  /** Columns that identify a row of the answer, in order; the rows are in order of them. */
  readonly by: readonly string[];
  /** Columns summed over the rows that agree in `by`. Counts are integers, the rest decimals. */
  readonly sums: readonly string[];
  /** Of these, columns that the rollup does not have; the answer over all organisations lacks them. */
  readonly organisationOnly: readonly string[];
  /** Recomputed from the sums: a ratio over ranges and organisations is a ratio of sums. */
  readonly ratios: readonly Ratio[];
  /** Ranked by this sum, greatest first, ties by name; only the first `n` rows are given. */
  readonly rankedBy: string | null;
}

function query(spec: Omit<QuerySpec, 'organisationOnly' | 'rankedBy' | 'range'> & Partial<QuerySpec>): QuerySpec {
  return { organisationOnly: [], rankedBy: null, range: true, ...spec };
}

const usage = { mart: 'org_daily_usage_by_service', rollup: 'daily_usage_rollup' } as const;

export const queryCatalog: readonly QuerySpec[] = [
  query({
    name: 'daily_cost',
    doc: 'Cost and requests by day and service',
    ...usage,
    window: { unit: 'day', length: 30 },
    by: ['usage_date', 'service_name'],
    sums: ['daily_cost_usd', 'daily_requests'],
    ratios: [{ name: 'cost_per_request', numerator: 'daily_cost_usd', denominator: 'daily_requests', factor: 1 }],
  }),
  query({
    name: 'top_services',
    doc: 'The n services that cost most in the 14 days that end with the reference day',
    ...usage,
    window: { unit: 'day', length: 14 },
    range: false,
    by: ['service_name'],
    sums: ['cost_usd'],
    ratios: [],
    rankedBy: 'cost_usd',
  }),
  query({
    name: 'critical_tickets',
    doc: 'Critical tickets and the rate of breached service levels by day, last 30 days',
    mart: 'org_daily_support_metrics',
    rollup: 'daily_support_rollup',
    window: { unit: 'day', length: 30 },
    by: ['ticket_date'],
    sums: ['total_tickets', 'critical_tickets', 'sla_breached_count'],
    ratios: [{ name: 'sla_breach_rate', numerator: 'sla_breached_count', denominator: 'total_tickets', factor: 1 }],
  }),
  query({
    name: 'monthly_revenue',
    doc: 'Invoiced revenue by month, credits and taxes applied, US dollars, last 12 months',
    mart: 'org_monthly_revenue',
    rollup: 'monthly_revenue_rollup',
    window: { unit: 'month', length: 12 },
    by: ['month'],
    sums: ['invoices', 'subtotal_usd', 'credits_usd', 'taxes_usd', 'revenue_usd'],
    ratios: [],
  }),
  query({
    name: 'genai_tokens',
    doc: 'GenAI tokens and their cost by day',
    mart: 'org_daily_genai_usage',
    rollup: 'daily_usage_rollup',
    window: { unit: 'day', length: 30 },
    by: ['event_date'],
    sums: ['genai_tokens', 'genai_daily_cost', 'genai_stated_cost', 'genai_estimated_cost'],
    organisationOnly: ['genai_estimated_cost'],
    ratios: [{ name: 'cost_per_1k_tokens', numerator: 'genai_stated_cost', denominator: 'genai_tokens', factor: 1000 }],
  }),
  query({
    name: 'carbon',
    doc: 'Carbon by service and day, and per dollar of the events that state it',
    ...usage,
    window: { unit: 'day', length: 30 },
    by: ['usage_date', 'service_name'],
    sums: ['daily_carbon_kg', 'daily_carbon_cost_usd'],
    ratios: [
      { name: 'carbon_per_dollar', numerator: 'daily_carbon_kg', denominator: 'daily_carbon_cost_usd', factor: 1 },
    ],
  }),
];

/** The query of that name. Throws with the list of names when there is none. */
export function querySpec(name: string): QuerySpec {
  const spec = queryCatalog.find((q) => q.name === name);
  if (spec !== undefined) return spec;
  throw new QueryError(`no query ${JSON.stringify(name)}; queries: ${queryCatalog.map((q) => q.name).join(', ')}`);
}

/** The query cannot be asked like that: an unknown name or a bad parameter. Asking again does not help. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
}
