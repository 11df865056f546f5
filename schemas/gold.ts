/** Gold: the marts. Each is served from Cassandra under the same name and column names. */
import {
  bool,
  carbonSum,
  convertedSum,
  date,
  decimal,
  dictionary,
  type Field,
  field,
  float64,
  int32,
  int64,
  moneySum,
  qtySum,
  ratio,
  required,
  type ServingKey,
  type TableContract,
  type Upstream,
  utf8,
} from './contract.ts';
import { genaiPriceVersion } from './pricing.ts';

/** Days of history an anomaly score looks back on. */
export const anomalyWindowDays = 28;

function mart(
  name: string,
  doc: string,
  key: readonly string[],
  partition: string,
  fields: readonly Field[],
  upstream: readonly Upstream[],
  serving: ServingKey,
  rulesVersion = 1,
): TableContract {
  return { name: `gold.${name}`, layer: 'gold', doc, key, partition, fields, upstream, rulesVersion, serving };
}

function byOrganisation(day: string, ...rest: readonly string[]): ServingKey {
  return {
    partition: ['org_id'],
    clustering: [{ column: day, order: 'DESC' }, ...rest.map((column) => ({ column, order: 'ASC' as const }))],
    speed: null,
  };
}

const org = required('org_id', utf8, 'Organisation');
const orgName = field('org_name', dictionary, 'Its name at the end of the day');
const region = field('hq_region', dictionary, 'Region of its head office at the end of the day');
const plan = field('plan_tier', dictionary, 'Its plan at the end of the day');
const service = required('service_name', dictionary, 'Service; `unknown` when the event names none');
const events = required('event_count', int64, 'Silver events in the row');

const usage: readonly Field[] = [
  required('daily_cost_usd', moneySum, 'Cost, US dollars'),
  field('daily_requests', qtySum, 'Requests; 0 without such events, null when all their values are null'),
  field('daily_cpu_hours', qtySum, 'CPU hours; 0 without such events, null when all their values are null'),
  field(
    'daily_storage_gb_hours',
    qtySum,
    'GB hours stored; 0 without such events, null when all their values are null',
  ),
  field('daily_genai_tokens', qtySum, 'GenAI tokens; null when no event states them'),
  field('daily_carbon_kg', carbonSum, 'Carbon, kg CO2e; null when no event states it'),
  field('daily_carbon_cost_usd', moneySum, 'Cost of the events that state carbon; null when none does'),
  field('daily_genai_stated_cost_usd', moneySum, 'Cost of the events that state tokens; null when none does'),
  field('cost_per_request', ratio, 'daily_cost_usd / daily_requests'),
  field('carbon_per_dollar', ratio, 'daily_carbon_kg / daily_carbon_cost_usd'),
];

const usageKey = [org, required('usage_date', date, 'UTC day'), service] as const;
/** With it zeros and nulls add up: a 0 of no event and a 0 that events state are not the same once a null is added. */
const stated = field(
  'stated_measures',
  int32,
  'Sum of 1 (requests), 2 (CPU hours) and 4 (GB hours stored) for those that at least one event gives a value of',
);

/** The speed layer's increments to `orgDailyUsageByService`: the events of one Bronze version, not of all. */
export const orgDailyUsageByServiceSpeed: TableContract = {
  name: 'gold.org_daily_usage_by_service_speed',
  layer: 'gold',
  doc: 'What each micro-batch adds to org_daily_usage_by_service, until the batch layer has consumed it',
  key: ['org_id', 'usage_date', 'service_name', 'bronze_version'],
  partition: 'usage_date',
  fields: [
    ...usageKey,
    required('bronze_version', int64, 'Version of bronze.usage_events that brought the events'),
    orgName,
    region,
    plan,
    ...usage,
    stated,
    events,
  ],
  upstream: [],
  rulesVersion: 1,
  serving: null,
};

export const orgDailyUsageByService = mart(
  'org_daily_usage_by_service',
  'Cost and usage by organisation, day and service',
  ['org_id', 'usage_date', 'service_name'],
  'usage_date',
  [...usageKey, orgName, region, plan, ...usage, stated, events],
  [
    { table: 'silver.usage_events', map: { kind: 'same' } },
    { table: 'silver.dim_orgs', map: { kind: 'dimension', key: 'org_id' } },
  ],
  { ...byOrganisation('usage_date', 'service_name'), speed: orgDailyUsageByServiceSpeed.name },
  2,
);

const support: readonly Field[] = [
  required('total_tickets', int64, 'Tickets opened that day'),
  required('critical_tickets', int64, 'Of these, severity critical'),
  required('sla_breached_count', int64, 'Of these, service level breached'),
  field('sla_breach_rate', ratio, 'sla_breached_count / total_tickets'),
  field('avg_csat', ratio, 'Mean of the valid scores (1 to 5); null without one'),
  required('open_tickets', int64, 'Not resolved in the snapshot'),
  required('resolved_tickets', int64, 'Of that day’s tickets, those that are resolved'),
  field('mean_hours_to_resolve', ratio, 'Mean hours from opened to resolved, of the tickets that state both days'),
  required('rated_tickets', int64, 'Tickets with a valid score'),
  required('csat_total', decimal(38, 2), 'Sum of the valid scores'),
  required('hours_to_resolve_total', decimal(38, 6), 'Sum of those hours'),
];

export const orgDailySupportMetrics = mart(
  'org_daily_support_metrics',
  'Support tickets by organisation and the day they were opened',
  ['org_id', 'ticket_date'],
  'ticket_date',
  [org, required('ticket_date', date, 'UTC day the tickets were opened; 1970-01-01 stands for not stated'), ...support],
  [{ table: 'silver.support_tickets', map: { kind: 'whole' } }],
  byOrganisation('ticket_date'),
);

export const orgDailyGenaiUsage = mart(
  'org_daily_genai_usage',
  'GenAI tokens and cost by organisation and day (service genai)',
  ['org_id', 'event_date', 'service_name'],
  'event_date',
  [
    org,
    required('event_date', date, 'UTC day'),
    service,
    field('genai_tokens', qtySum, 'Tokens; null when no event states them'),
    required('genai_daily_cost', moneySum, 'Cost of all genai events, US dollars'),
    field('genai_stated_cost', moneySum, 'Cost of the events that state tokens; null when none does'),
    field('genai_estimated_cost', moneySum, 'Tokens × the configured price per 1,000 tokens'),
    field('genai_requests_count', qtySum, 'Requests; 0 without such events, null when all their values are null'),
    field('cost_per_1k_tokens', ratio, '1000 × genai_stated_cost / genai_tokens'),
    events,
  ],
  [{ table: 'silver.usage_events', map: { kind: 'same' } }],
  byOrganisation('event_date', 'service_name'),
  genaiPriceVersion,
);

const revenue: readonly Field[] = [
  required('invoices', int64, 'Invoices in the row'),
  field('subtotal_usd', convertedSum, 'Subtotal, US dollars'),
  field('credits_usd', convertedSum, 'Credits, US dollars; a null credit is 0'),
  field('taxes_usd', convertedSum, 'Taxes, US dollars'),
  field('revenue_usd', convertedSum, '(subtotal − credits + taxes) × rate applied'),
  field('revenue_rate_as_stated_usd', convertedSum, 'Reading 2: the stated rate, also for US dollar invoices'),
  field('revenue_already_usd', convertedSum, 'Reading 3: the amounts are US dollars already'),
];

export const orgMonthlyRevenue = mart(
  'org_monthly_revenue',
  'Invoiced revenue by organisation and month, US dollars',
  ['org_id', 'month'],
  'month',
  [
    org,
    required('month', date, 'First day of the month; 1970-01-01 stands for not stated'),
    field('currency', dictionary, 'Currency of the invoices; null when they differ'),
    field('fx_stated', decimal(18, 9), 'Rate as stated; null when currencies or rates differ'),
    field('fx_applied', decimal(18, 9), 'Rate applied (1 for US dollars); null when currencies or rates differ'),
    ...revenue,
    field('flags', dictionary, 'Flags of the invoices, comma separated; null when none'),
  ],
  [{ table: 'silver.billing_monthly', map: { kind: 'whole' } }],
  byOrganisation('month'),
);

export const orgMonthlyReconciliation = mart(
  'org_monthly_reconciliation',
  'Metered cost against invoiced subtotal by organisation and month',
  ['org_id', 'month'],
  'month',
  [
    org,
    required('month', date, 'First day of the month; 1970-01-01 stands for not stated'),
    field('metered_cost_usd', moneySum, 'Cost of the month’s usage events; null without any'),
    field('invoiced_subtotal_usd', convertedSum, 'Subtotal of the month’s invoices; null without any'),
    field('difference_usd', convertedSum, 'metered − invoiced, a missing side counted as 0'),
    field('metered_to_invoiced', ratio, 'metered / invoiced'),
    field('flags', dictionary, 'not_metered, not_invoiced, partial_month (fewer metered days than the month has)'),
  ],
  [
    { table: 'gold.org_daily_usage_by_service', map: { kind: 'month' } },
    { table: 'gold.org_monthly_revenue', map: { kind: 'same' } },
  ],
  byOrganisation('month'),
);

const scores: readonly Field[] = [
  required('actual_cost_usd', moneySum, 'Cost of the day'),
  field('expected_cost_usd', float64, 'Mean of the baseline'),
  field('lower_cost_usd', float64, 'expected − 3 σ'),
  field('upper_cost_usd', float64, 'expected + 3 σ'),
  field('z_score', float64, '(actual − mean) / σ; null when σ is 0'),
  field('modified_z_score', float64, '0.6745 × (actual − median) / MAD; null when MAD is 0'),
  field(
    'percentile_rank',
    float64,
    'Share of the baseline strictly below the day plus half of that equal to it, 0 to 100',
  ),
  required('baseline_points', int32, 'Days with a row among the 28 before'),
  required('votes', int32, 'Tests that call the day anomalous, 0 to 3'),
  required('is_anomaly', bool, 'At least 2 votes'),
  required('has_history', bool, 'At least 14 baseline points; otherwise nothing is scored'),
];

export const orgDailyCostAnomalies = mart(
  'org_daily_cost_anomalies',
  'Cost anomalies by organisation, day and service against the 28 days before',
  ['org_id', 'usage_date', 'service_name'],
  'usage_date',
  [org, required('usage_date', date, 'UTC day'), service, ...scores],
  [{ table: 'gold.org_daily_usage_by_service', map: { kind: 'window', days: anomalyWindowDays } }],
  byOrganisation('usage_date', 'service_name'),
);

export const orgMonthlyEngagement = mart(
  'org_monthly_engagement',
  'NPS, marketing and active users by organisation and month',
  ['org_id', 'month'],
  'month',
  [
    org,
    required('month', date, 'First day of the month; 1970-01-01 stands for not stated'),
    required('nps_responses', int64, 'Surveys with a valid score'),
    field('avg_nps_score', ratio, 'Mean of the valid scores; null without one'),
    required('touches', int64, 'Marketing touches'),
    required('clicks', int64, 'Of these, clicked'),
    required('conversions', int64, 'Of these, converted'),
    field('active_users', int64, 'Users flagged active; only for the month of the users snapshot'),
  ],
  [
    { table: 'silver.nps_surveys', map: { kind: 'whole' } },
    { table: 'silver.marketing_touches', map: { kind: 'whole' } },
    { table: 'silver.dim_users', map: { kind: 'whole' } },
  ],
  byOrganisation('month'),
);

const rollupRegion = required(
  'hq_region',
  dictionary,
  'Region of the organisations’ head offices; `unknown` when not known',
);
const rollupPlan = required('plan_tier', dictionary, 'Plan of the organisations; `unknown` when not known');

function rollup(day: string, ...rest: readonly string[]): ServingKey {
  return { partition: [day], clustering: rest.map((column) => ({ column, order: 'ASC' as const })), speed: null };
}

export const dailyUsageRollup = mart(
  'daily_usage_rollup',
  'Cost and usage over all organisations by day, service, region and plan',
  ['usage_date', 'service_name', 'hq_region', 'plan_tier'],
  'usage_date',
  [
    required('usage_date', date, 'UTC day'),
    service,
    rollupRegion,
    rollupPlan,
    ...usage,
    required('organisations', int64, 'Organisations in the row'),
    events,
  ],
  [{ table: 'gold.org_daily_usage_by_service', map: { kind: 'same' } }],
  rollup('usage_date', 'service_name', 'hq_region', 'plan_tier'),
);

export const dailySupportRollup = mart(
  'daily_support_rollup',
  'Support tickets over all organisations by the day opened, region and plan',
  ['ticket_date', 'hq_region', 'plan_tier'],
  'ticket_date',
  [
    required('ticket_date', date, 'UTC day the tickets were opened; 1970-01-01 stands for not stated'),
    rollupRegion,
    rollupPlan,
    ...support,
  ],
  [
    { table: 'gold.org_daily_support_metrics', map: { kind: 'same' } },
    { table: 'silver.dim_orgs', map: { kind: 'whole' } },
  ],
  rollup('ticket_date', 'hq_region', 'plan_tier'),
);

export const monthlyRevenueRollup = mart(
  'monthly_revenue_rollup',
  'Invoiced revenue over all organisations by month, region and plan, US dollars',
  ['month', 'hq_region', 'plan_tier'],
  'month',
  [
    required('month', date, 'First day of the month; 1970-01-01 stands for not stated'),
    rollupRegion,
    rollupPlan,
    ...revenue,
  ],
  [
    { table: 'gold.org_monthly_revenue', map: { kind: 'same' } },
    { table: 'silver.dim_orgs', map: { kind: 'whole' } },
  ],
  rollup('month', 'hq_region', 'plan_tier'),
);

export const dailyCostAnomalies = mart(
  'daily_cost_anomalies',
  'The rows of org_daily_cost_anomalies that are anomalies, over all organisations by day',
  ['usage_date', 'org_id', 'service_name'],
  'usage_date',
  [required('usage_date', date, 'UTC day'), org, service, orgName, region, plan, ...scores],
  [
    { table: 'gold.org_daily_cost_anomalies', map: { kind: 'same' } },
    { table: 'gold.org_daily_usage_by_service', map: { kind: 'same' } },
  ],
  rollup('usage_date', 'org_id', 'service_name'),
);

/** Every mart, each after the marts it is made of. */
export const marts: readonly TableContract[] = [
  orgDailyUsageByService,
  orgDailySupportMetrics,
  orgDailyGenaiUsage,
  orgMonthlyRevenue,
  orgMonthlyReconciliation,
  orgDailyCostAnomalies,
  orgMonthlyEngagement,
  dailyUsageRollup,
  dailySupportRollup,
  monthlyRevenueRollup,
  dailyCostAnomalies,
];
