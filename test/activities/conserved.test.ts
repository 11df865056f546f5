/** A build that lost or made up a row or an amount is refused, with the difference. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from 'apache-arrow';
import { checkConserved, Imbalance } from '../../activities/compute/conserved.ts';
import { takeTable } from '../../engine/columnar/take.ts';
import { dailyCostAnomalies, orgDailyCostAnomalies } from '../../schemas/gold.ts';
import { silverUsageEvents } from '../../schemas/silver.ts';
import { orgDailyUsageByService } from '../../transforms/gold/org-daily-usage-by-service.ts';
import { tableFrom } from '../transforms/rows.ts';
import { orgs } from '../transforms/usage.ts';

const silver = 'silver.usage_events';
const mart = 'gold.org_daily_usage_by_service';

function events(...costs: readonly string[]): Table {
  return tableFrom(
    silverUsageEvents.fields,
    costs.map((cost_usd, i) => ({
      event_id: `e${i}`,
      event_ts: '2025-07-03T10:00:00Z',
      event_date: '2025-07-03',
      org_id: 'o1',
      service: 'compute',
      cost_outlier: false,
      cost_usd,
    })),
  );
}

test('rows of a row table: each is written or rejected', () => {
  const read = events('1', '2', '3');
  const written = takeTable(read, Int32Array.of(0, 2));
  checkConserved(silver, { 'bronze.usage_events': read }, written, 1);
  assert.throws(
    () => checkConserved(silver, { 'bronze.usage_events': read }, written, 0),
    (error) =>
      error instanceof Imbalance &&
      /silver.usage_events: .* 3 upstream, 2 in the target, difference 1/.test(error.message),
  );
});

test('sums and counts of a mart are those of its rows', () => {
  const read = events('1', '2.5');
  const built = orgDailyUsageByService({ orgs, events: read });
  checkConserved(mart, { [silver]: read }, built, 0);
  assert.throws(
    () => checkConserved(mart, { [silver]: events('1', '2.5', '0') }, built, 0),
    /sum of event_count .* difference 1$/,
  );
  assert.throws(
    () => checkConserved(mart, { [silver]: events('1', '2.4') }, built, 0),
    /sum of daily_cost_usd .* difference -100000$/,
  );
});

test('a mart of some rows of another has each of those, with its amount, and no others', () => {
  const row = (org_id: string, actual_cost_usd: string, is_anomaly: boolean) => ({
    org_id,
    usage_date: '2025-07-03',
    service_name: 'compute',
    actual_cost_usd,
    baseline_points: 20,
    votes: is_anomaly ? 2 : 0,
    is_anomaly,
    has_history: true,
  });
  const scored = tableFrom(orgDailyCostAnomalies.fields, [
    row('o1', '0', true),
    row('o2', '5', true),
    row('o3', '7', false),
  ]);
  const check = (...rows: ReturnType<typeof row>[]) =>
    checkConserved(
      dailyCostAnomalies.name,
      { [orgDailyCostAnomalies.name]: scored },
      tableFrom(dailyCostAnomalies.fields, rows),
      0,
    );
  check(row('o1', '0', true), row('o2', '5', true));
  assert.throws(() => check(row('o2', '5', true)), /sum of is_anomaly .* 2 upstream, 1 in the target/);
  assert.throws(
    () => check(row('o1', '0', true), row('o2', '6', true)),
    /sum of actual_cost_usd .* difference -1000000$/,
  );
  assert.throws(
    () => check(row('o1', '0', true), row('o2', '5', true), row('o3', '7', false)),
    /sum of actual_cost_usd .* difference -7000000$/,
  );
});
