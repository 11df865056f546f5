/** The mart of all anomalies: as its upstream says, also where a lake is older than it, and where an anomaly goes away. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { auditGold } from '../../activities/audit/gold-checks.ts';
import { auditScope, versionsNow } from '../../activities/audit/scope.ts';
import { madeOf } from '../../activities/dirty.ts';
import { partitionOf } from '../../activities/partition.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { dailyCostAnomalies, orgDailyCostAnomalies } from '../../schemas/gold.ts';
import { freshProcess, lineSteps, run } from '../faults/steps.ts';
import { eventLine, smallLanding } from './small-landing.ts';
import { swap } from './swap.ts';
import { rowsIn } from './tables.ts';

const mart = dailyCostAnomalies.name;
/** What it is made of, and itself. */
const made = [
  'bronze.customers_orgs',
  'bronze.usage_events',
  'silver.dim_orgs',
  'silver.usage_events',
  'gold.org_daily_usage_by_service',
  orgDailyCostAnomalies.name,
  mart,
];
const dayOf = (i: number): string => new Date(Date.UTC(2025, 5, 1 + i)).toISOString().slice(0, 10);
const costOf = (org: string, i: number, cost: number): string =>
  eventLine(`${org}${i}-${cost}`, {
    timestamp: `${dayOf(i)}T10:00:00Z`,
    org_id: `org_${org}`,
    cost_usd_increment: cost,
  });

describe('the mart of all anomalies', () => {
  const root = mkdtempSync(join(tmpdir(), 'cpa-all-anomalies-'));
  const landing = smallLanding();
  const process = freshProcess(join(root, 'lake'), landing.folder, 1 << 20);
  const { lake } = process.context;
  after(() => {
    landing.remove();
    rmSync(root, { recursive: true, force: true });
  });

  const line = async (without?: string): Promise<void> => {
    for (const { name, run: build } of lineSteps) if (made.includes(name) && name !== without) await build(process);
  };
  const anomalies = async () =>
    (await rowsIn(lake, mart, 'usage_date', 'org_id')).map((r) => [
      r.usage_date,
      r.org_id,
      r.org_name,
      r.actual_cost_usd,
    ]);
  const days = async () => (await lake.table(mart).latest())!.files.map(partitionOf).sort();
  const checks = async () => {
    const scope = await auditScope(lake, 'everything', await versionsNow(lake));
    return (await auditGold(process.context, run, scope)).filter(({ name }) => name.startsWith(mart));
  };

  it('is made of a lake that was built before there was one; days without an anomaly have no file', async () => {
    const usual = ['a', 'b'].flatMap((org) => Array.from({ length: 24 }, (_, i) => costOf(org, i, 10 + (i % 2))));
    landing.events('usual.jsonl', [...usual, costOf('a', 20, 500), costOf('b', 20, 700), costOf('b', 22, 900)]);
    await line(mart);
    assert.equal(await lake.table(mart).latest(), null);
    await line();
    assert.deepEqual(await anomalies(), [
      [dayOf(20), 'org_a', 'Org A', '510'],
      [dayOf(20), 'org_b', 'Org B', '710'],
      [dayOf(22), 'org_b', 'Org B', '910'],
    ]);
    assert.deepEqual(await days(), [dayOf(20), dayOf(22)]);
    const version = (await lake.table(mart).latest())!.version;
    await line();
    assert.equal((await lake.table(mart).latest())!.version, version);
  });

  it('is audited: the anomalous rows of its upstream, and no other', async () => {
    const held = `${mart}: rows of ${orgDailyCostAnomalies.name} with is_anomaly = rows`;
    assert.deepEqual(
      (await checks()).map(({ name, passed }) => [name, passed]),
      [
        [held, true],
        [`${mart}: (usage_date, org_id, service_name) is unique`, true],
      ],
    );
    const { files } = (await lake.table(mart).latest())!;
    const back = await swap(() => lake, mart, [files.find((file) => partitionOf(file) === dayOf(20))!], []);
    const [failed] = (await checks()).filter(({ passed }) => !passed);
    assert.deepEqual(
      [failed?.name, failed?.finding],
      [held, `${orgDailyCostAnomalies.name} 3, ${mart} 1; difference 2`],
    );
    await back();
  });

  it('loses an anomaly that late events make usual, and the file of a day that has no other', async () => {
    // Of days that have too little history to be scored.
    const high = [1, 3, 5, 7, 9, 11, 13].map((i) => costOf('b', i, 1000));
    landing.events('late.jsonl', high, '2025-08-02T00:00:00Z');
    await line();
    assert.deepEqual((await anomalies()).at(-1)?.slice(0, 2), [dayOf(20), 'org_a']);
    assert.deepEqual(await days(), [dayOf(20)]);
    assert.ok((await checks()).every(({ passed }) => passed));
  });

  it('is taken with a range of days as far as the window of its upstream reaches', () => {
    const takes = madeOf(dailyCostAnomalies, { from: '2025-06-01', to: '2025-06-02' });
    assert.deepEqual(['2025-05-31', '2025-06-01', '2025-06-30', '2025-07-01'].map(takes), [false, true, true, false]);
    const daily = madeOf(contractOf('gold.daily_usage_rollup'), { from: '2025-06-01', to: '2025-06-02' });
    assert.equal(daily('2025-06-03'), false);
  });
});
