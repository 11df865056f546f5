/** Figures that can be looked behind: where their rows are, and the address part that asks for them. */
import { useSearchParams } from 'wouter-preact';
import type { Period, Source, Value } from '../../../api.ts';
import type { View } from './view.ts';

/** A mart that a page's figures are sums over: its tables, and its columns where they are named otherwise. */
interface Mart {
  readonly organisation: string;
  readonly all: string;
  readonly time: { readonly organisation: string; readonly all: string };
  readonly unit: 'day' | 'month';
  /** Measure → column; absent: the same name. */
  readonly columns: Readonly<Record<string, string>>;
  /** Conditions on the rollup besides the filters. */
  readonly only?: readonly string[];
}

const usageColumns = {
  cost_usd: 'daily_cost_usd',
  requests: 'daily_requests',
  cpu_hours: 'daily_cpu_hours',
  storage_gb_hours: 'daily_storage_gb_hours',
  genai_tokens: 'daily_genai_tokens',
  carbon_kg: 'daily_carbon_kg',
};

export const marts = {
  usage: {
    organisation: 'gold.org_daily_usage_by_service',
    all: 'gold.daily_usage_rollup',
    time: { organisation: 'usage_date', all: 'usage_date' },
    unit: 'day',
    columns: usageColumns,
  },
  support: {
    organisation: 'gold.org_daily_support_metrics',
    all: 'gold.daily_support_rollup',
    time: { organisation: 'ticket_date', all: 'ticket_date' },
    unit: 'day',
    columns: {},
  },
  revenue: {
    organisation: 'gold.org_monthly_revenue',
    all: 'gold.monthly_revenue_rollup',
    time: { organisation: 'month', all: 'month' },
    unit: 'month',
    columns: {},
  },
  genai: {
    organisation: 'gold.org_daily_genai_usage',
    all: 'gold.daily_usage_rollup',
    time: { organisation: 'event_date', all: 'usage_date' },
    unit: 'day',
    columns: {},
    only: ['service_name=genai'],
  },
} as const satisfies Record<string, Mart>;

const genaiColumns: Readonly<Record<'organisation' | 'all', Readonly<Record<string, string>>>> = {
  organisation: {
    cost_usd: 'genai_daily_cost',
    stated_cost_usd: 'genai_stated_cost',
    requests: 'genai_requests_count',
  },
  all: {
    genai_tokens: 'daily_genai_tokens',
    cost_usd: 'daily_cost_usd',
    stated_cost_usd: 'daily_genai_stated_cost_usd',
    requests: 'daily_requests',
  },
};

/** Values that the rows of a figure have, besides those of the filters. */
export interface Narrower {
  readonly day?: Value | undefined;
  readonly month?: Value | undefined;
  readonly service?: Value | undefined;
  readonly region?: Value | undefined;
  readonly plan?: Value | undefined;
}

/** A figure as it is shown. */
export interface Figure {
  readonly cube: keyof typeof marts;
  readonly measure: string;
  /** Exact. */
  readonly stated: Value;
  /** Where it comes from. */
  readonly source: Source;
  readonly period: Period;
  readonly live: boolean;
}

/** What asks for the rows of a figure. */
export function figureOf(
  { cube: name, measure, stated, source, period, live }: Figure,
  view: View,
  narrower: Narrower = {},
): string {
  const mart: Mart = marts[name];
  const scope = view.org === null ? 'all' : 'organisation';
  const time = mart.time[scope];
  const month = (day: string) => `${day.slice(0, 7)}-01`;
  const [first, last] = mart.unit === 'month' ? [month(period.from), month(period.to)] : [period.from, period.to];
  const exact = narrower.day ?? (mart.unit === 'month' ? narrower.month : null) ?? null;
  const where = exact !== null ? [`${time}=${exact}`] : [`${time}>=${first}`, `${time}<=${last}`];
  if (view.org !== null) where.push(`org_id=${view.org}`);
  else where.push(...(mart.only ?? []));
  const filters = {
    service_name: name === 'usage' ? (narrower.service ?? view.service) : null,
    hq_region: view.org === null ? (narrower.region ?? view.region) : null,
    plan_tier: view.org === null ? (narrower.plan ?? view.plan) : null,
  };
  for (const [column, value] of Object.entries(filters)) if (value != null) where.push(`${column}=${value}`);
  const columns = name === 'genai' ? genaiColumns[scope] : mart.columns;
  const ratio = ratioOf(name, measure, columns);
  const parameters = new URLSearchParams({ table: mart[scope], column: columns[measure] ?? measure, ...ratio?.asked });
  if (ratio?.where !== undefined) where.push(ratio.where);
  for (const condition of where) parameters.append('where', condition);
  if (stated !== null) parameters.set('stated', String(stated));
  if (source.version >= 0) parameters.set('version', String(source.version));
  if (live && source.speed_version != null) parameters.set('speed_version', String(source.speed_version));
  return `figure?${parameters}`;
}

/** Ratios that the marts have no column of which the rows give them: what is divided by what, of which rows. */
function ratioOf(
  name: keyof typeof marts,
  measure: string,
  columns: Mart['columns'],
): { readonly asked: Readonly<Record<string, string>>; readonly where?: string } | null {
  // Rows without a mean have no ticket that states both days.
  if (name === 'support' && measure === 'mean_hours_to_resolve') {
    return {
      asked: { column: 'hours_to_resolve_total', over: 'resolved_tickets' },
      where: 'mean_hours_to_resolve>=0',
    };
  }
  if (measure !== 'cost_per_1k_tokens') return null;
  const [cost, tokens] =
    name === 'genai'
      ? [columns.stated_cost_usd!, columns.genai_tokens ?? 'genai_tokens']
      : ['daily_genai_stated_cost_usd', 'daily_genai_tokens'];
  return { asked: { column: cost, over: tokens, times: '1000' } };
}

/** What asks what a row is made of. */
export function rowOf(table: string, version: number | null, key: Readonly<Record<string, Value>>): string {
  const parameters = new URLSearchParams({ table });
  for (const [column, value] of Object.entries(key)) parameters.append('key', `${column}=${value}`);
  if (version !== null) parameters.set('version', String(version));
  return `row?${parameters}`;
}

/** What is looked behind now, and what looks behind another figure (`null`: none). The back button goes back. */
export function useExplain(): readonly [string | null, (question: string | null) => void] {
  const [parameters, setParameters] = useSearchParams();
  return [
    parameters.get('explain'),
    (question) =>
      setParameters((before) => {
        const after = new URLSearchParams(before);
        if (question === null) after.delete('explain');
        else after.set('explain', question);
        return after;
      }),
  ];
}
