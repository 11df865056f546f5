import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from 'apache-arrow';
import type { TableContract } from '../../schemas/contract.ts';
import * as gold from '../../schemas/gold.ts';
import { silverUsageEvents } from '../../schemas/silver.ts';
import { dailyCostAnomalies } from '../../transforms/gold/daily-cost-anomalies.ts';
import { dailySupportRollup } from '../../transforms/gold/daily-support-rollup.ts';
import { dailyUsageRollup } from '../../transforms/gold/daily-usage-rollup.ts';
import { monthlyRevenueRollup } from '../../transforms/gold/monthly-revenue-rollup.ts';
import { orgDailySupportMetrics } from '../../transforms/gold/org-daily-support-metrics.ts';
import { orgDailyUsageByService } from '../../transforms/gold/org-daily-usage-by-service.ts';
import { orgMonthlyReconciliation } from '../../transforms/gold/org-monthly-reconciliation.ts';
import { orgMonthlyRevenue } from '../../transforms/gold/org-monthly-revenue.ts';
import { checkContract, master } from './contracts.ts';
import { tableFrom } from './rows.ts';
import { orgs } from './usage.ts';

test('marts of nothing are empty tables under their contract', () => {
  const empty = (contract: TableContract) => tableFrom(contract.fields, []);
  const noUsage = empty(gold.orgDailyUsageByService);
  const noRevenue = empty(gold.orgMonthlyRevenue);
  const made: readonly (readonly [Table, TableContract])[] = [
    [orgDailyUsageByService({ events: empty(silverUsageEvents), orgs }), gold.orgDailyUsageByService],
    [orgDailySupportMetrics({ tickets: empty(master('support_tickets')) }), gold.orgDailySupportMetrics],
    [orgMonthlyRevenue({ billing: empty(master('billing_monthly')) }), gold.orgMonthlyRevenue],
    [orgMonthlyReconciliation({ usage: noUsage, revenue: noRevenue }), gold.orgMonthlyReconciliation],
    [dailyUsageRollup({ usage: noUsage }), gold.dailyUsageRollup],
    [dailySupportRollup({ support: empty(gold.orgDailySupportMetrics), orgs }), gold.dailySupportRollup],
    [monthlyRevenueRollup({ revenue: noRevenue, orgs }), gold.monthlyRevenueRollup],
    [dailyCostAnomalies({ anomalies: empty(gold.orgDailyCostAnomalies), usage: noUsage }), gold.dailyCostAnomalies],
  ];
  for (const [table, contract] of made) {
    assert.equal(table.numRows, 0);
    checkContract(table, contract);
  }
});
