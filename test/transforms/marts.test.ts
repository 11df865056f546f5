import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from 'apache-arrow';
import type { TableContract } from '../../schemas/contract.ts';
import * as gold from '../../schemas/gold.ts';
import { conformedMasters, silverUsageEvents } from '../../schemas/silver.ts';
import { dailySupportRollup } from '../../transforms/gold/daily-support-rollup.ts';
import { dailyUsageRollup } from '../../transforms/gold/daily-usage-rollup.ts';
import { monthlyRevenueRollup } from '../../transforms/gold/monthly-revenue-rollup.ts';
import { orgDailyGenaiUsage } from '../../transforms/gold/org-daily-genai-usage.ts';
import { orgDailySupportMetrics } from '../../transforms/gold/org-daily-support-metrics.ts';
import { orgDailyUsageByService } from '../../transforms/gold/org-daily-usage-by-service.ts';
import { orgMonthlyEngagement } from '../../transforms/gold/org-monthly-engagement.ts';
import { orgMonthlyReconciliation } from '../../transforms/gold/org-monthly-reconciliation.ts';
import { orgMonthlyRevenue } from '../../transforms/gold/org-monthly-revenue.ts';
import { dayOf, type Row, rowsOf, tableFrom } from './rows.ts';
import { orgs } from './usage.ts';

const master = (name: string): TableContract => conformedMasters.find((c) => c.name === `silver.${name}`)!;

function events(rows: readonly Row[]): Table {
  const event = { event_id: 'e', org_id: 'o1', event_date: '2025-07-03', service: 'compute', cost_outlier: false };
  const timed = rows.map((row) => ({ ...event, event_ts: '2025-07-03T10:00:00Z', ...row }));
  return tableFrom(silverUsageEvents.fields, timed);
}

function checkContract(table: Table, contract: TableContract): void {
  assert.deepEqual(
    table.schema.fields.map((f) => [f.name, f.nullable]),
    contract.fields.map((f) => [f.name, f.nullable]),
  );
}

test('daily usage: exact sums by metric; no event is 0, only null values are null; the organisation at the end of the day', () => {
  const table = orgDailyUsageByService({
    orgs,
    events: events([
      { cost_usd: '0.1', metric: 'requests', value: '3', carbon_kg: '0.5' },
      { cost_usd: '0.2', metric: 'requests', value: null },
      { cost_usd: '0.3', metric: 'cpu_hours', value: null },
      { cost_usd: '-0.01', metric: 'magic', value: '7', genai_tokens: '100' },
      { cost_usd: '1', service: null, org_id: 'o9', metric: null },
    ]),
  });
  checkContract(table, gold.orgDailyUsageByService);
  assert.deepEqual(rowsOf(table), [
    {
      org_id: 'o1',
      usage_date: '2025-07-03',
      service_name: 'compute',
      org_name: 'One',
      hq_region: 'us-east',
      plan_tier: 'pro',
      daily_cost_usd: '0.59',
      daily_requests: '3',
      daily_cpu_hours: null,
      daily_storage_gb_hours: '0',
      daily_genai_tokens: '100',
      daily_carbon_kg: '0.5',
      daily_carbon_cost_usd: '0.1',
      daily_genai_stated_cost_usd: '-0.01',
      cost_per_request: '0.196666666667',
      carbon_per_dollar: '5',
      event_count: 4,
    },
    {
      org_id: 'o9',
      usage_date: '2025-07-03',
      service_name: 'unknown',
      org_name: null,
      hq_region: null,
      plan_tier: null,
      daily_cost_usd: '1',
      daily_requests: '0',
      daily_cpu_hours: '0',
      daily_storage_gb_hours: '0',
      daily_genai_tokens: null,
      daily_carbon_kg: null,
      daily_carbon_cost_usd: null,
      daily_genai_stated_cost_usd: null,
      cost_per_request: null,
      carbon_per_dollar: null,
      event_count: 1,
    },
  ]);
});

test('genai: only that service; the estimate is tokens × the configured price', () => {
  const table = orgDailyGenaiUsage({
    events: events([
      { cost_usd: '5', metric: 'requests', value: '2', service: 'genai', genai_tokens: '1500' },
      { cost_usd: '1', metric: 'cpu_hours', value: '2', service: 'genai' },
      { cost_usd: '9', metric: 'requests', value: '2' },
      { cost_usd: '1', metric: 'requests', service: 'genai', org_id: 'o2' },
    ]),
  });
  checkContract(table, gold.orgDailyGenaiUsage);
  const [first, second] = rowsOf(table);
  assert.deepEqual(first, {
    org_id: 'o1',
    event_date: '2025-07-03',
    service_name: 'genai',
    genai_tokens: '1500',
    genai_daily_cost: '6',
    genai_stated_cost: '5',
    genai_estimated_cost: '0.03',
    genai_requests_count: '2',
    cost_per_1k_tokens: '3.333333333333',
    event_count: 2,
  });
  assert.deepEqual(
    [second!.genai_tokens, second!.genai_stated_cost, second!.genai_estimated_cost, second!.genai_requests_count],
    [null, null, null, null],
  );
  assert.equal(orgDailyGenaiUsage({ events: events([]) }).numRows, 0);
});

test('support: state as in the snapshot, scores outside 1–5 left out, scores of open tickets counted', () => {
  const ticket = { ticket_id: 't', org_id: 'o1', created_at: '2025-07-03', severity: 'low', sla_breached: false };
  const tickets = tableFrom(
    master('support_tickets').fields,
    [
      { csat: '4', resolved_at: '2025-07-05', severity: 'critical' },
      { csat: '5', sla_breached: true },
      { csat: '5.01', resolved_at: '2025-07-04' },
      { org_id: null, created_at: null, sla_breached: null, resolved_at: '2025-07-04' },
      { org_id: 'o2' },
    ].map((row) => ({ ...ticket, ...row })),
  );
  const table = orgDailySupportMetrics({ tickets });
  checkContract(table, gold.orgDailySupportMetrics);
  const [one, two, unknown] = rowsOf(table);
  assert.deepEqual(one, {
    org_id: 'o1',
    ticket_date: '2025-07-03',
    total_tickets: 3,
    critical_tickets: 1,
    sla_breached_count: 1,
    sla_breach_rate: '0.333333333333',
    avg_csat: '4.5',
    open_tickets: 1,
    resolved_tickets: 2,
    mean_hours_to_resolve: '36',
    rated_tickets: 2,
    csat_total: '9',
    hours_to_resolve_total: '72',
  });
  assert.deepEqual([two!.avg_csat, two!.mean_hours_to_resolve, two!.csat_total], [null, null, '0']);
  assert.deepEqual(
    [unknown!.org_id, unknown!.ticket_date, unknown!.total_tickets, unknown!.mean_hours_to_resolve],
    ['unknown', '1970-01-01', 1, null],
  );
  const rollup = dailySupportRollup({ support: table, orgs });
  checkContract(rollup, gold.dailySupportRollup);
  assert.deepEqual(
    rowsOf(rollup, ['ticket_date', 'hq_region', 'plan_tier', 'total_tickets', 'mean_hours_to_resolve', 'avg_csat']),
    [
      {
        ticket_date: '1970-01-01',
        hq_region: 'unknown',
        plan_tier: 'unknown',
        total_tickets: 1,
        mean_hours_to_resolve: null,
        avg_csat: null,
      },
      {
        ticket_date: '2025-07-03',
        hq_region: 'eu-west',
        plan_tier: 'free',
        total_tickets: 1,
        mean_hours_to_resolve: null,
        avg_csat: null,
      },
      {
        ticket_date: '2025-07-03',
        hq_region: 'us-east',
        plan_tier: 'pro',
        total_tickets: 3,
        mean_hours_to_resolve: '36',
        avg_csat: '4.5',
      },
    ],
  );
});

const invoice = {
  invoice_id: 'i',
  org_id: 'o1',
  month: '2025-07-01',
  subtotal: '100',
  taxes: '21',
  currency: 'EUR',
  exchange_rate_to_usd: '1.1',
};
const invoices = (rows: readonly Row[]) =>
  tableFrom(
    master('billing_monthly').fields,
    rows.map((row) => ({ ...invoice, ...row })),
  );

test('revenue: (subtotal − credits + taxes) × rate, the rate 1 for US dollars, the other readings beside it', () => {
  const table = orgMonthlyRevenue({
    billing: invoices([
      { credits: '10' },
      { org_id: 'o2', currency: 'USD', exchange_rate_to_usd: '0.97684', flags: 'usd_rate_not_one' },
    ]),
  });
  checkContract(table, gold.orgMonthlyRevenue);
  assert.deepEqual(rowsOf(table), [
    {
      org_id: 'o1',
      month: '2025-07-01',
      currency: 'EUR',
      fx_stated: '1.1',
      fx_applied: '1.1',
      invoices: 1,
      subtotal_usd: '110',
      credits_usd: '11',
      taxes_usd: '23.1',
      revenue_usd: '122.1',
      revenue_rate_as_stated_usd: '122.1',
      revenue_already_usd: '111',
      flags: null,
    },
    {
      org_id: 'o2',
      month: '2025-07-01',
      currency: 'USD',
      fx_stated: '0.97684',
      fx_applied: '1',
      invoices: 1,
      subtotal_usd: '100',
      credits_usd: '0',
      taxes_usd: '21',
      revenue_usd: '121',
      revenue_rate_as_stated_usd: '118.19764',
      revenue_already_usd: '121',
      flags: 'usd_rate_not_one',
    },
  ]);
});

test('revenue: several currencies or rates in a month, no rate, amounts missing', () => {
  const revenue = (rows: readonly Row[]) => rowsOf(orgMonthlyRevenue({ billing: invoices(rows) }))[0]!;
  const mixed = revenue([{ flags: 'tax_sign' }, { currency: 'USD', flags: 'usd_rate_not_one,rounded' }]);
  assert.deepEqual(
    [mixed.currency, mixed.fx_stated, mixed.fx_applied, mixed.revenue_usd, mixed.invoices, mixed.flags],
    [null, null, null, '254.1', 2, 'tax_sign,usd_rate_not_one,rounded'],
  );
  const twoRates = revenue([{}, { exchange_rate_to_usd: '1.2' }]);
  assert.deepEqual([twoRates.currency, twoRates.fx_applied, twoRates.revenue_usd], ['EUR', null, '278.3']);
  const noRate = revenue([{ exchange_rate_to_usd: null }]);
  assert.deepEqual([noRate.revenue_usd, noRate.fx_applied, noRate.revenue_already_usd], [null, null, '121']);
  const dollars = revenue([{ exchange_rate_to_usd: null, currency: 'USD' }]);
  assert.deepEqual([dollars.revenue_usd, dollars.fx_applied, dollars.revenue_rate_as_stated_usd], ['121', '1', null]);
  const taxless = revenue([{ taxes: null }]);
  assert.deepEqual([taxless.subtotal_usd, taxless.taxes_usd, taxless.revenue_usd], ['110', null, null]);
  const nowhere = revenue([{ org_id: null, month: null }]);
  assert.deepEqual([nowhere.org_id, nowhere.month, nowhere.revenue_usd], ['unknown', '1970-01-01', '133.1']);
});

test('revenue: each invoice is rounded half to even at nine decimals', () => {
  const billing = invoices([{ subtotal: '0.000001', taxes: '0', exchange_rate_to_usd: '0.0005' }]);
  const twice = invoices([{ subtotal: '0.000003', taxes: '0', exchange_rate_to_usd: '0.0005' }]);
  assert.equal(rowsOf(orgMonthlyRevenue({ billing }))[0]!.revenue_usd, '0');
  assert.equal(rowsOf(orgMonthlyRevenue({ billing: twice }))[0]!.revenue_usd, '0.000000002');
});

test('the revenue rollup sums organisations by region and plan at the end of the month', () => {
  const revenue = orgMonthlyRevenue({ billing: invoices([{}, { org_id: 'o2' }, { org_id: 'o9' }]) });
  const table = monthlyRevenueRollup({ revenue, orgs });
  checkContract(table, gold.monthlyRevenueRollup);
  assert.deepEqual(rowsOf(table, ['hq_region', 'plan_tier', 'invoices', 'revenue_usd']), [
    { hq_region: 'eu-west', plan_tier: 'free', invoices: 1, revenue_usd: '133.1' },
    { hq_region: 'unknown', plan_tier: 'unknown', invoices: 1, revenue_usd: '133.1' },
    { hq_region: 'us-east', plan_tier: 'pro', invoices: 1, revenue_usd: '133.1' },
  ]);
});

const usageRow = {
  service_name: 'compute',
  event_count: 1,
  daily_cost_usd: '10',
  daily_requests: '1',
  hq_region: 'r',
  plan_tier: 'p',
};
const usage = (rows: readonly Row[]) =>
  tableFrom(
    gold.orgDailyUsageByService.fields,
    rows.map((row) => ({ ...usageRow, ...row })),
  );

test('reconciliation: both sides of every organisation and month, a missing one named', () => {
  const july = Array.from({ length: 31 }, (_, i) => ({
    org_id: 'o1',
    usage_date: `2025-07-${String(i + 1).padStart(2, '0')}`,
  }));
  const input = {
    usage: usage([...july, { org_id: 'o3', usage_date: '2025-07-05' }, { org_id: 'o1', usage_date: '2025-08-05' }]),
    revenue: orgMonthlyRevenue({ billing: invoices([{}, { org_id: 'o2' }]) }),
  };
  const table = orgMonthlyReconciliation(input);
  checkContract(table, gold.orgMonthlyReconciliation);
  const row = (
    org_id: string,
    month: string,
    metered: string | null,
    invoiced: string | null,
    difference: string,
    ratio: string | null,
    flags: string | null,
  ) => ({
    org_id,
    month,
    metered_cost_usd: metered,
    invoiced_subtotal_usd: invoiced,
    difference_usd: difference,
    metered_to_invoiced: ratio,
    flags,
  });
  const expected = [
    row('o1', '2025-07-01', '310', '110', '200', '2.818181818182', null),
    row('o1', '2025-08-01', '10', null, '10', null, 'not_invoiced,partial_month'),
    row('o2', '2025-07-01', null, '110', '-110', null, 'not_metered'),
    row('o3', '2025-07-01', '10', null, '10', null, 'not_invoiced'),
  ];
  assert.deepEqual(rowsOf(table), expected);
  const only = orgMonthlyReconciliation({ ...input, months: [dayOf('2025-08-01')] });
  assert.deepEqual(rowsOf(only), [expected[1]]);
});

test('the usage rollup: ratios are ratios of sums, null only when every organisation is', () => {
  const table = dailyUsageRollup({
    usage: usage([
      {
        org_id: 'o1',
        usage_date: '2025-07-03',
        daily_carbon_kg: '1',
        daily_carbon_cost_usd: '4',
        daily_cpu_hours: '2',
      },
      { org_id: 'o2', usage_date: '2025-07-03', daily_requests: '3', daily_cpu_hours: null },
      {
        org_id: 'o3',
        usage_date: '2025-07-03',
        hq_region: null,
        plan_tier: null,
        daily_requests: null,
        event_count: 4,
      },
    ]),
  });
  checkContract(table, gold.dailyUsageRollup);
  const [known, unknown] = rowsOf(table);
  assert.deepEqual(
    [
      known!.daily_cost_usd,
      known!.daily_requests,
      known!.cost_per_request,
      known!.carbon_per_dollar,
      known!.daily_cpu_hours,
    ],
    ['20', '4', '5', '0.25', '2'],
  );
  assert.deepEqual([known!.organisations, known!.event_count], [2, 2]);
  assert.deepEqual(
    [unknown!.hq_region, unknown!.plan_tier, unknown!.daily_requests, unknown!.cost_per_request, unknown!.event_count],
    ['unknown', 'unknown', null, null, 4],
  );
});

test('engagement: valid scores, touches, and active users in the month of their snapshot only', () => {
  const input = {
    nps: tableFrom(
      master('nps_surveys').fields,
      [{ nps_score: '100' }, { nps_score: '-51' }, { nps_score: '101' }, { nps_score: null }].map((row, i) => ({
        org_id: 'o1',
        survey_date: `2025-07-0${i + 1}`,
        survey_month: '2025-07-01',
        ...row,
      })),
    ),
    touches: tableFrom(master('marketing_touches').fields, [
      { touch_id: 'm1', org_id: 'o1', timestamp: '2025-08-31', clicked: true, converted: true },
      { touch_id: 'm2', org_id: 'o1', timestamp: '2025-08-01', clicked: true, converted: null },
    ]),
    users: tableFrom(master('dim_users').fields, [
      { user_id: 'u1', org_id: 'o1', active: true },
      { user_id: 'u2', org_id: 'o2', active: false },
      { user_id: 'u3', org_id: 'o2', active: null },
    ]),
  };
  const table = orgMonthlyEngagement({ ...input, usersMonthDay: dayOf('2025-08-17') });
  checkContract(table, gold.orgMonthlyEngagement);
  const row = (
    org_id: string,
    month: string,
    ...[nps, avg, touches, clicks, conversions, active]: (string | number | null)[]
  ) => ({
    org_id,
    month,
    nps_responses: nps,
    avg_nps_score: avg,
    touches,
    clicks,
    conversions,
    active_users: active,
  });
  const july = row('o1', '2025-07-01', 2, '24.5', 0, 0, 0, null);
  assert.deepEqual(rowsOf(table), [
    july,
    row('o1', '2025-08-01', 0, null, 2, 2, 1, 1),
    row('o2', '2025-08-01', 0, null, 0, 0, 0, 0),
  ]);
  const without = rowsOf(orgMonthlyEngagement({ ...input, usersMonthDay: null }));
  assert.deepEqual(without, [july, row('o1', '2025-08-01', 0, null, 2, 2, 1, null)]);
});

test('marts of nothing are empty tables under their contract', () => {
  const empty = (contract: TableContract) => tableFrom(contract.fields, []);
  const noUsage = empty(gold.orgDailyUsageByService);
  const noRevenue = empty(gold.orgMonthlyRevenue);
  const made: readonly (readonly [Table, TableContract])[] = [
    [orgDailyUsageByService({ events: events([]), orgs }), gold.orgDailyUsageByService],
    [orgDailySupportMetrics({ tickets: empty(master('support_tickets')) }), gold.orgDailySupportMetrics],
    [orgMonthlyRevenue({ billing: empty(master('billing_monthly')) }), gold.orgMonthlyRevenue],
    [orgMonthlyReconciliation({ usage: noUsage, revenue: noRevenue }), gold.orgMonthlyReconciliation],
    [dailyUsageRollup({ usage: noUsage }), gold.dailyUsageRollup],
    [dailySupportRollup({ support: empty(gold.orgDailySupportMetrics), orgs }), gold.dailySupportRollup],
    [monthlyRevenueRollup({ revenue: noRevenue, orgs }), gold.monthlyRevenueRollup],
  ];
  for (const [table, contract] of made) {
    assert.equal(table.numRows, 0);
    checkContract(table, contract);
  }
});
