import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from 'apache-arrow';
import { sumDecimal } from '../../engine/columnar/aggregate.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { formatDecimal } from '../../engine/columnar/decimal.ts';
import { oneGroup } from '../../engine/columnar/group.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { orgDailyUsageByService } from '../../transforms/gold/org-daily-usage-by-service.ts';
import { loadLanding, skipWithoutLanding } from './landing.ts';

/** The exact sum of a column, without zeros at the end. */
function total(table: Table, name: string): string {
  const column = sumDecimal(columnOf(table, name), oneGroup(table.numRows));
  return formatDecimal(valueAt(column, 0) as bigint, column.scale).replace(/\.?0+$/, '');
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
