import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as gold from '../../schemas/gold.ts';
import { scoreOf } from '../../transforms/gold/anomaly-score.ts';
import { dailyCostAnomalies } from '../../transforms/gold/daily-cost-anomalies.ts';
import { orgDailyCostAnomalies } from '../../transforms/gold/org-daily-cost-anomalies.ts';
import { checkContract } from './contracts.ts';
import { dayOf, type Row, rowsOf, tableFrom } from './rows.ts';

const firstDay = dayOf('2025-07-01');
const dateOf = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10);

/** Usage of one organisation and service from 2025-07-01, a day a cost; null is a day without a row. */
function usage(costs: readonly (string | null)[], row: Row = {}) {
  const rows = costs.flatMap((cost, i) =>
    cost === null
      ? []
      : [
          {
            org_id: 'o1',
            service_name: 'compute',
            daily_cost_usd: cost,
            event_count: 1,
            usage_date: dateOf(firstDay + i),
            ...row,
          },
        ],
  );
  return tableFrom(gold.orgDailyUsageByService.fields, rows);
}

const score = (costs: readonly (string | null)[], day: number) =>
  rowsOf(orgDailyCostAnomalies({ usage: usage(costs), fromDay: firstDay + day, toDay: firstDay + day }))[0];

test('the scores of a value against 14 points are those worked out by hand', () => {
  // 1…14: mean 7.5, sample σ = √17.5, median 7.5, MAD 3.5.
  const baseline = Float64Array.from({ length: 14 }, (_, i) => i + 1);
  const high = scoreOf(30, baseline);
  assert.equal(high.expected, 7.5);
  assert.equal(high.upper, 7.5 + 3 * Math.sqrt(17.5));
  assert.equal(high.z, 22.5 / Math.sqrt(17.5));
  assert.equal(high.modifiedZ, (0.6745 * 22.5) / 3.5);
  assert.equal(high.percentileRank, 100);
  assert.equal(high.votes, 3);
  const usual = scoreOf(7, baseline);
  assert.equal(usual.percentileRank, (100 * 6.5) / 14);
  assert.equal(usual.votes, 0);
  assert.equal(scoreOf(14, baseline).percentileRank, (100 * 13.5) / 14);
});

test('a baseline of equal costs has no σ and no MAD: they cast no vote', () => {
  const scored = scoreOf(5, new Float64Array(28).fill(0.1));
  assert.deepEqual([scored.z, scored.modifiedZ, scored.expected, scored.votes], [null, null, 0.1, 1]);
  assert.equal(scoreOf(0.1, new Float64Array(28).fill(0.1)).votes, 0);
});

test('only days with a row are points, and only those of the 28 days before', () => {
  const costs = Array.from({ length: 40 }, (_, i) => (i % 2 === 1 ? null : String(i % 3)));
  assert.equal(score(costs, 38)?.baseline_points, 14);
  assert.equal(score(costs, 38)?.has_history, true);
  assert.equal(score(costs, 24)?.baseline_points, 12);
  assert.equal(score(costs, 37), undefined);
});

test('with fewer than 14 points nothing is scored, and the row says so', () => {
  const row = score([...Array.from({ length: 13 }, () => '1'), '1000'], 13)!;
  assert.deepEqual(
    [
      row.baseline_points,
      row.has_history,
      row.expected_cost_usd,
      row.z_score,
      row.percentile_rank,
      row.votes,
      row.is_anomaly,
    ],
    [13, false, null, null, null, 0, false],
  );
  assert.equal(row.actual_cost_usd, '1000');
});

test('two votes make an anomaly; the rows come under the contract', () => {
  const costs = [...Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? '10' : '11')), '100'];
  const table = orgDailyCostAnomalies({ usage: usage(costs), fromDay: firstDay, toDay: firstDay + 20 });
  assert.deepEqual(
    table.schema.names,
    gold.orgDailyCostAnomalies.fields.map((f) => f.name),
  );
  assert.equal(table.numRows, 21);
  const anomalies = rowsOf(table).filter((r) => r.is_anomaly === true);
  assert.deepEqual(
    anomalies.map((r) => [r.usage_date, r.votes]),
    [['2025-07-21', 3]],
  );
});

test('organisations and services do not mix, whatever the order of the rows', () => {
  const mine = usage(Array.from({ length: 20 }, (_, i) => String(i)));
  const fields = gold.orgDailyUsageByService.fields;
  const rows: readonly Row[] = rowsOf(mine);
  const other = rows.map((r) => ({ ...r, org_id: 'o2', daily_cost_usd: '1000' }));
  const third = rows.map((r) => ({ ...r, service_name: 'genai', daily_cost_usd: '7' }));
  const all: readonly Row[] = [...rows, ...other, ...third];
  const mixed = all.toSorted((a, b) => String(b.usage_date).localeCompare(String(a.usage_date)));
  const range = { fromDay: firstDay + 19, toDay: firstDay + 19 };
  const alone = rowsOf(orgDailyCostAnomalies({ usage: mine, ...range }));
  const among = rowsOf(orgDailyCostAnomalies({ usage: tableFrom(fields, mixed), ...range }));
  assert.deepEqual(
    among.filter((r) => r.org_id === 'o1' && r.service_name === 'compute'),
    alone,
  );
});

test('over all organisations: the anomalies alone, each with its organisation as the usage of its day shows it', () => {
  const key = (org_id: string, usage_date: string) => ({ org_id, usage_date, service_name: 'compute' });
  const scores = { actual_cost_usd: '9', baseline_points: 20, votes: 2, has_history: true };
  const anomalies = tableFrom(gold.orgDailyCostAnomalies.fields, [
    { ...key('o2', '2025-07-02'), ...scores, is_anomaly: true, z_score: 4.5 },
    { ...key('o1', '2025-07-01'), ...scores, is_anomaly: false, votes: 1 },
    { ...key('o1', '2025-07-02'), ...scores, is_anomaly: true },
    { ...key('o9', '2025-07-01'), ...scores, is_anomaly: true },
  ]);
  const used = { daily_cost_usd: '9', event_count: 1 };
  const named = (plan_tier: string) => ({ ...used, org_name: 'One', hq_region: 'emea', plan_tier });
  const table = dailyCostAnomalies({
    anomalies,
    usage: tableFrom(gold.orgDailyUsageByService.fields, [
      { ...key('o1', '2025-07-01'), ...named('free') },
      { ...key('o1', '2025-07-02'), ...named('pro') },
      { ...key('o2', '2025-07-02'), ...used },
    ]),
  });
  checkContract(table, gold.dailyCostAnomalies);
  const expected = ({ org_id, usage_date }: Row, of: Row) => ({
    ...rowsOf(anomalies).find((row) => row.org_id === org_id && row.usage_date === usage_date),
    ...of,
  });
  const unnamed = { org_name: null, hq_region: null, plan_tier: null };
  assert.deepEqual(rowsOf(table), [
    expected(key('o9', '2025-07-01'), unnamed),
    expected(key('o1', '2025-07-02'), { org_name: 'One', hq_region: 'emea', plan_tier: 'pro' }),
    expected(key('o2', '2025-07-02'), unnamed),
  ]);
});
