/** The whole line on the original data: the numbers that were computed independently, from the lake and from CQL. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { formatDecimal } from '../../engine/columnar/decimal.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { pathOf } from '../../schemas/contract.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import { answersSuite } from '../dashboard/answers.suite.ts';
import { figuresSuite } from '../dashboard/figures.suite.ts';
import { pagesSuite } from '../dashboard/pages.suite.ts';
import { hasOriginalData, logicalHashes, originalLanding, type TestLine, testLine } from './line.ts';

const rows: Readonly<Record<string, number>> = {
  'bronze.customers_orgs': 80,
  'bronze.users': 800,
  'bronze.resources': 400,
  'bronze.support_tickets': 1000,
  'bronze.marketing_touches': 1500,
  'bronze.nps_surveys': 92,
  'bronze.billing_monthly': 240,
  'bronze.usage_events': 43_200,
  'silver.usage_events': 42_989,
  'quarantine.usage_events': 211,
  'gold.org_daily_usage_by_service': 11_050,
  'gold.org_daily_support_metrics': 944,
  'gold.org_daily_genai_usage': 1131,
  'gold.org_monthly_revenue': 240,
};

const sums = {
  daily_cost_usd: '148351.575900',
  daily_requests: '2281020.000000',
  daily_cpu_hours: '19739.955500',
  daily_storage_gb_hours: '130689.365500',
  daily_genai_tokens: '2545481.000000',
  daily_carbon_kg: '365.561219000',
};

describe('the original data', {
  skip: hasOriginalData ? false : 'the original data is not beside this checkout',
}, () => {
  let line: TestLine;
  let first: DailyRunResult;

  before(async () => {
    line = await testLine({ landing: originalLanding });
    first = await line.run<DailyRunResult>('dailyRun');
  });
  after(() => line.stop());

  it('comes out with the true row counts', async () => {
    for (const [table, expected] of Object.entries(rows)) {
      const snapshot = await line.lake().table(table).latest();
      assert.equal(
        snapshot?.files.reduce((n, f) => n + f.stats.numRecords, 0),
        expected,
        table,
      );
    }
  });

  it('comes out with the true sums in Gold', async () => {
    const name = 'gold.org_daily_usage_by_service';
    const snapshot = (await line.lake().table(name).latest())!;
    const table = await readFiles(line.lake().store, pathOf(name), snapshot.metadata, snapshot.files);
    for (const [column, expected] of Object.entries(sums)) {
      const values = columnOf(table, column);
      let total = 0n;
      for (let i = 0; i < table.numRows; i++) total += (valueAt(values, i) as bigint | null) ?? 0n;
      assert.equal(formatDecimal(total, column === 'daily_carbon_kg' ? 9 : 6), expected, column);
    }
  });

  it('is served from Cassandra with the same sums, by plain CQL', async () => {
    const session = await line.session();
    const [row] = await session.execute(
      'SELECT count(*) AS n, sum(daily_cost_usd) AS cost, sum(daily_requests) AS requests, sum(daily_carbon_kg) AS carbon FROM org_daily_usage_by_service',
    );
    assert.equal(Number(row!.n), rows['gold.org_daily_usage_by_service']);
    assert.equal(Number(row!.cost), Number(sums.daily_cost_usd));
    assert.equal(Number(row!.requests), Number(sums.daily_requests));
    assert.equal(Number(row!.carbon), Number(sums.daily_carbon_kg));
  });

  it('passes the audit of the first run, and of everything', async () => {
    assert.equal(first.audit?.passed, true);
    const report = await line.run<NonNullable<DailyRunResult['audit']>>('audit', { scope: 'everything' });
    assert.deepEqual(
      report.checks.filter((c) => !c.passed),
      [],
    );
  });

  it('changes nothing in a second run', async () => {
    const tables = Object.keys(rows);
    const versions = () => Promise.all(tables.map(async (t) => (await line.lake().table(t).latest())?.version));
    const before = await versions();
    const second = await line.run<DailyRunResult>('dailyRun');
    assert.deepEqual(await versions(), before);
    assert.deepEqual(
      second.tables.filter((t) => t.read > 0),
      [],
    );
    assert.deepEqual(
      second.publications.filter((p) => !p.unchanged),
      [],
    );
  });

  figuresSuite(() => line, originalLanding);
  answersSuite(() => line, originalLanding);
  // A browser takes as long as all the rest: `npm run test:ui`.
  if (process.env.CPA_UI === 'full') pagesSuite(() => line, originalLanding);

  // In `npm test` the generated data stand for it, which have every defect.
  if (process.env.CPA_FAULTS === 'full') {
    it('comes out the same in small micro-batches, in another timezone, with one thread', async () => {
      const other = await testLine({ landing: originalLanding, env: { CPA_BATCH_BYTES: '2000000', CPA_THREADS: '1' } });
      const zone = process.env.TZ;
      process.env.TZ = 'America/Argentina/Buenos_Aires';
      try {
        await other.run('dailyRun');
        assert.deepEqual(await logicalHashes(other.lakeRoot), await logicalHashes(line.lakeRoot));
      } finally {
        if (zone === undefined) delete process.env.TZ;
        else process.env.TZ = zone;
        await other.stop();
      }
    });
  }
});
