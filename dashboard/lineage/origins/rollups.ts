/** Rollups over all organisations: made of the organisations' rows. */
import type { Int32Column } from '../../../engine/columnar/column.ts';
import {
  dailySupportRollup,
  dailyUsageRollup,
  monthlyRevenueRollup,
  orgDailySupportMetrics,
  orgDailyUsageByService,
  orgMonthlyRevenue,
} from '../../../schemas/gold.ts';
import { orUnknown, ratioOf } from '../../../transforms/gold/measures.ts';
import { countOf, decimalIn, type Measure, made, quotient, sumOf, whereStated } from '../measure.ts';
import type { Origin } from '../origin.ts';
import { sameAs } from '../picked-rows.ts';
import { lastDays, organisations, orgs, regionAndPlan } from './organisation.ts';

const [usage, support, revenue] = [orgDailyUsageByService.name, orgDailySupportMetrics.name, orgMonthlyRevenue.name];

const usageRollup: Origin = {
  sources: [
    {
      table: usage,
      tested: ['service_name', 'hq_region', 'plan_tier'],
      picks: ({ service_name, hq_region, plan_tier }, row) =>
        sameAs(
          [service_name!, orUnknown(hq_region!), orUnknown(plan_tier!)],
          [row.column('service_name'), row.column('hq_region'), row.column('plan_tier')],
        ),
      listed: [
        'org_id',
        'usage_date',
        'service_name',
        'org_name',
        'daily_cost_usd',
        'daily_requests',
        'daily_cpu_hours',
        'daily_storage_gb_hours',
        'daily_genai_tokens',
        'daily_carbon_kg',
        'daily_carbon_cost_usd',
        'daily_genai_stated_cost_usd',
        'event_count',
      ],
      order: ['org_id'],
    },
  ],
  measures: {
    ...sums(usage, [
      'daily_cost_usd',
      'daily_requests',
      'daily_cpu_hours',
      'daily_storage_gb_hours',
      'daily_genai_tokens',
      'daily_carbon_kg',
      'daily_carbon_cost_usd',
      'daily_genai_stated_cost_usd',
    ]),
    cost_per_request: quotient('daily_cost_usd', 'daily_requests'),
    carbon_per_dollar: quotient('daily_carbon_kg', 'daily_carbon_cost_usd'),
    organisations: { ...countOf(usage), overRows: null },
    event_count: sumOf(usage, 'event_count'),
  },
  missing: (row, rows) => ({
    orgs: orgs(rows(usage).org_id!),
    fromDay: row.day('usage_date'),
    toDay: row.day('usage_date'),
  }),
};

const supportSums = [
  'total_tickets',
  'critical_tickets',
  'sla_breached_count',
  'open_tickets',
  'resolved_tickets',
  'rated_tickets',
  'csat_total',
  'hours_to_resolve_total',
];
/** Hours count in rows that have a mean. */
const timed = whereStated('mean_hours_to_resolve');
const [timedHours, timedTickets] = [
  sumOf(support, 'hours_to_resolve_total', timed),
  sumOf(support, 'resolved_tickets', timed),
];

const supportRollup: Origin = {
  sources: [
    {
      table: support,
      beside: organisations,
      tested: ['org_id', 'ticket_date'],
      picks: (columns, row, surroundings) => {
        const days = columns.ticket_date as Int32Column;
        const { hq_region, plan_tier } = regionAndPlan(columns, days, surroundings);
        return sameAs(
          [days, hq_region!, plan_tier!],
          [row.column('ticket_date'), row.column('hq_region'), row.column('plan_tier')],
        );
      },
      listed: ['org_id', 'ticket_date', ...supportSums, 'mean_hours_to_resolve'],
      derived: (columns, _, surroundings) => regionAndPlan(columns, columns.ticket_date as Int32Column, surroundings),
      order: ['org_id'],
    },
  ],
  measures: {
    ...sums(support, supportSums),
    sla_breach_rate: quotient('sla_breached_count', 'total_tickets'),
    avg_csat: quotient('csat_total', 'rated_tickets'),
    mean_hours_to_resolve: made('hours / resolved tickets of the rows that have a mean', (inputs, value) =>
      ratioOf(decimalIn(timedHours.of(inputs, value)), decimalIn(timedTickets.of(inputs, value))),
    ),
  },
};

const revenueSums = [
  'subtotal_usd',
  'credits_usd',
  'taxes_usd',
  'revenue_usd',
  'revenue_rate_as_stated_usd',
  'revenue_already_usd',
  'invoices',
];

const revenueRollup: Origin = {
  sources: [
    {
      table: revenue,
      beside: organisations,
      tested: ['org_id', 'month'],
      picks: (columns, row, surroundings) => {
        const { hq_region, plan_tier } = regionAndPlan(columns, lastDays(columns.month!), surroundings);
        return sameAs(
          [columns.month!, hq_region!, plan_tier!],
          [row.column('month'), row.column('hq_region'), row.column('plan_tier')],
        );
      },
      listed: ['org_id', 'month', 'currency', ...revenueSums, 'flags'],
      derived: (columns, _, surroundings) => regionAndPlan(columns, lastDays(columns.month!), surroundings),
      order: ['org_id'],
    },
  ],
  measures: sums(revenue, revenueSums),
};

function sums(table: string, columns: readonly string[]): Record<string, Measure> {
  return Object.fromEntries(columns.map((column) => [column, sumOf(table, column)]));
}

export const rollupOrigins: Readonly<Record<string, Origin>> = {
  [dailyUsageRollup.name]: usageRollup,
  [dailySupportRollup.name]: supportRollup,
  [monthlyRevenueRollup.name]: revenueRollup,
};
