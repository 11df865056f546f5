import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from 'apache-arrow';
import * as gold from '../../schemas/gold.ts';
import { silverUsageEvents } from '../../schemas/silver.ts';
import { dailyUsageRollup } from '../../transforms/gold/daily-usage-rollup.ts';
import { orgDailyGenaiUsage } from '../../transforms/gold/org-daily-genai-usage.ts';
import { orgDailyUsageByService } from '../../transforms/gold/org-daily-usage-by-service.ts';
import { checkContract } from './contracts.ts';
import { type Row, rowsOf, tableFrom } from './rows.ts';
import { orgs } from './usage.ts';

function events(rows: readonly Row[]): Table {
  const event = { event_id: 'e', org_id: 'o1', event_date: '2025-07-03', service: 'compute', cost_outlier: false };
  const timed = rows.map((row) => ({ ...event, event_ts: '2025-07-03T10:00:00Z', ...row }));
  return tableFrom(silverUsageEvents.fields, timed);
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
      stated_measures: 1,
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
      stated_measures: 0,
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
