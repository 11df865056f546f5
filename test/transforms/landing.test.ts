import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from 'apache-arrow';
import { sumDecimal, sumInt64 } from '../../engine/columnar/aggregate.ts';
import type { Int32Column } from '../../engine/columnar/column.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { formatDecimal } from '../../engine/columnar/decimal.ts';
import { oneGroup } from '../../engine/columnar/group.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { dailySupportRollup } from '../../transforms/gold/daily-support-rollup.ts';
import { dailyUsageRollup } from '../../transforms/gold/daily-usage-rollup.ts';
import { monthlyRevenueRollup } from '../../transforms/gold/monthly-revenue-rollup.ts';
import { orgDailyCostAnomalies } from '../../transforms/gold/org-daily-cost-anomalies.ts';
import { orgDailyGenaiUsage } from '../../transforms/gold/org-daily-genai-usage.ts';
import { orgDailySupportMetrics } from '../../transforms/gold/org-daily-support-metrics.ts';
import { orgDailyUsageByService } from '../../transforms/gold/org-daily-usage-by-service.ts';
import { orgMonthlyEngagement } from '../../transforms/gold/org-monthly-engagement.ts';
import { orgMonthlyReconciliation } from '../../transforms/gold/org-monthly-reconciliation.ts';
import { orgMonthlyRevenue } from '../../transforms/gold/org-monthly-revenue.ts';
import { loadLanding, skipWithoutLanding } from './landing.ts';

/** The exact sum of a column, without zeros at the end. */
function total(table: Table, name: string): string {
  const column = sumDecimal(columnOf(table, name), oneGroup(table.numRows));
  return formatDecimal(valueAt(column, 0) as bigint, column.scale).replace(/\.?0+$/, '');
}

function sumOf(table: Table, name: string): bigint {
  return valueAt(sumInt64(columnOf(table, name), oneGroup(table.numRows)), 0) as bigint;
}

test('the original data comes out with the numbers computed independently', { skip: skipWithoutLanding }, () => {
  const { bronze, silver, orgs } = loadLanding();
  assert.equal(bronze.table.numRows, 43_200);
  assert.deepEqual(bronze.rejects, []);
  assert.equal(silver.table.numRows, 42_989);
  assert.equal(silver.rejects.length, 211);
  assert.ok(silver.rejects.every((r) => r.ruleId === 'cost_non_negative'));
  // Of the 2,038 events with a value but no unit, 5 are rejected for their cost.
  assert.equal(silver.flagged.unit_imputed, 2_033);
  const daily = orgDailyUsageByService({ events: silver.table, orgs });
  assert.equal(daily.numRows, 11_050);
  assert.equal(total(daily, 'daily_cost_usd'), '148351.5759');
  assert.equal(total(daily, 'daily_requests'), '2281020');
  assert.equal(total(daily, 'daily_cpu_hours'), '19739.9555');
  assert.equal(total(daily, 'daily_storage_gb_hours'), '130689.3655');
  assert.equal(total(daily, 'daily_genai_tokens'), '2545481');
  assert.equal(total(daily, 'daily_carbon_kg'), '365.561219');
  assert.equal(total(silver.table, 'cost_usd'), '148351.5759');
});

test('every mart of the original data has its rows', { skip: skipWithoutLanding }, () => {
  const { silver, orgs, master } = loadLanding();
  const usage = orgDailyUsageByService({ events: silver.table, orgs });
  const support = orgDailySupportMetrics({ tickets: master('support_tickets') });
  assert.equal(support.numRows, 944);
  const genai = orgDailyGenaiUsage({ events: silver.table });
  assert.equal(genai.numRows, 1_131);
  const revenue = orgMonthlyRevenue({ billing: master('billing_monthly') });
  assert.equal(revenue.numRows, 240);
  const reconciliation = orgMonthlyReconciliation({ usage, revenue });
  assert.equal(reconciliation.numRows, 240);
  assert.equal(total(reconciliation, 'metered_cost_usd'), '148351.5759');
  const days = columnOf(usage, 'usage_date') as Int32Column;
  const anomalies = orgDailyCostAnomalies({
    usage,
    fromDay: Math.min(...days.values),
    toDay: Math.max(...days.values),
  });
  assert.equal(anomalies.numRows, 11_050);
  const engagement = orgMonthlyEngagement({
    nps: master('nps_surveys'),
    touches: master('marketing_touches'),
    users: master('dim_users'),
    usersMonthDay: Date.UTC(2025, 8, 1) / 86_400_000,
  });
  assert.equal(sumOf(engagement, 'touches'), 1_500n);
  // Of the 92 surveys, 19 state no score.
  assert.equal(sumOf(engagement, 'nps_responses'), 73n);
  assert.equal(total(dailyUsageRollup({ usage }), 'daily_cost_usd'), '148351.5759');
  assert.equal(sumOf(dailySupportRollup({ support, orgs }), 'total_tickets'), 1_000n);
  const rollup = monthlyRevenueRollup({ revenue, orgs });
  assert.equal(sumOf(rollup, 'invoices'), 240n);
  assert.equal(total(rollup, 'revenue_usd'), total(revenue, 'revenue_usd'));
});
