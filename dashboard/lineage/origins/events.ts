/** Marts made of Silver events: usage by service, GenAI. */
import type { Int32Column } from '../../../engine/columnar/column.ts';
import { multiplyDecimals } from '../../../engine/columnar/decimal.ts';
import { orgDailyGenaiUsage, orgDailyUsageByService } from '../../../schemas/gold.ts';
import { genaiPricePer1kTokensUsd } from '../../../schemas/pricing.ts';
import { silverUsageEvents } from '../../../schemas/silver.ts';
import { constantDecimal, orUnknown, statedBits } from '../../../transforms/gold/measures.ts';
import { textMask } from '../../../transforms/masks.ts';
import {
  carried,
  countOf,
  decimalIn,
  type Measure,
  made,
  oneOf,
  quotient,
  sumOf,
  whereStated,
  whereText,
} from '../measure.ts';
import type { Origin, Source } from '../origin.ts';
import { sameAs } from '../picked-rows.ts';
import type { Row } from '../row.ts';
import { organisationOn, orgs } from './organisation.ts';

const events = silverUsageEvents.name;

/** Events of an organisation and service, of one day. */
export const eventSource: Source = {
  table: events,
  tested: ['org_id', 'service'],
  picks: ({ org_id, service }, row) =>
    sameAs([org_id!, orUnknown(service!)], [row.column('org_id'), row.column('service_name')]),
  listed: [
    'event_id',
    'event_ts',
    'org_id',
    'service',
    'resource_id',
    'metric',
    'value',
    'unit',
    'cost_usd',
    'carbon_kg',
    'genai_tokens',
    'schema_version',
    'cost_outlier',
    'is_late',
    'flags',
    'event_date',
  ],
  order: ['event_ts', 'event_id'],
};

const measured = ['requests', 'cpu_hours', 'storage_gb_hours'] as const;

function missingOn(day: string): NonNullable<Origin['missing']> {
  return (row) => ({ orgs: orgs(row.column('org_id')), fromDay: row.day(day), toDay: row.day(day) });
}

/** How a day's usage comes of the events of `table`. */
export function usageMeasures(table: string): Readonly<Record<string, Measure>> {
  return {
    daily_cost_usd: sumOf(table, 'cost_usd'),
    ...Object.fromEntries(
      measured.map((metric) => [`daily_${metric}`, sumOf(table, 'value', whereText('metric', metric), 'rows')]),
    ),
    daily_genai_tokens: sumOf(table, 'genai_tokens'),
    daily_carbon_kg: sumOf(table, 'carbon_kg'),
    daily_carbon_cost_usd: sumOf(table, 'cost_usd', whereStated('carbon_kg')),
    daily_genai_stated_cost_usd: sumOf(table, 'cost_usd', whereStated('genai_tokens')),
    cost_per_request: quotient('daily_cost_usd', 'daily_requests'),
    carbon_per_dollar: quotient('daily_carbon_kg', 'daily_carbon_cost_usd'),
    stated_measures: made('1, 2, 4 for the metrics with a value', ({ rows }) => {
      const { columns, length } = rows(table);
      const masks = measured.map((metric) => textMask(columns.metric!, [metric]));
      return statedBits(columns.value!, oneOf(length), masks);
    }),
    event_count: countOf(table),
  };
}

const usage: Origin = {
  sources: [eventSource, organisationOn((row: Row) => row.column('usage_date') as Int32Column)],
  measures: {
    ...usageMeasures(events),
    ...Object.fromEntries(
      ['org_name', 'hq_region', 'plan_tier'].map((name) => [name, carried('silver.dim_orgs', name)]),
    ),
  },
  missing: missingOn('usage_date'),
};

const genai: Origin = {
  sources: [eventSource],
  measures: {
    genai_tokens: sumOf(events, 'genai_tokens'),
    genai_daily_cost: sumOf(events, 'cost_usd'),
    genai_stated_cost: sumOf(events, 'cost_usd', whereStated('genai_tokens')),
    genai_estimated_cost: made(`genai_tokens × ${genaiPricePer1kTokensUsd} / 1000`, (_, value) =>
      multiplyDecimals(
        decimalIn(value('genai_tokens')),
        { ...constantDecimal(genaiPricePer1kTokensUsd, 6, 1), scale: 9 },
        { precision: 38, scale: 6 },
      ),
    ),
    genai_requests_count: sumOf(events, 'value', whereText('metric', 'requests'), 'rows'),
    cost_per_1k_tokens: quotient('genai_stated_cost', 'genai_tokens', 1000),
    event_count: countOf(events),
  },
  missing: missingOn('event_date'),
};

export const eventOrigins: Readonly<Record<string, Origin>> = {
  [orgDailyUsageByService.name]: usage,
  [orgDailyGenaiUsage.name]: genai,
};
