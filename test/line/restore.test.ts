/** A corrected master and a raised rule applied to past days, compared, undone, left alone while pinned, and applied again. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { AuditReport } from '../../activities/audit/report.ts';
import type { RunFailed } from '../../cli/run.ts';
import { contractOf } from '../../schemas/catalog.ts';
import type { BackfillProgress, EndedRequest } from '../../workflows/backfill/state.ts';
import type { RestoreResult } from '../../workflows/restore.ts';
import { cpaBeside } from '../cli/program.ts';
import { type TestLine, testLine } from './line.ts';
import { eventLine, orgRow, smallLanding } from './small-landing.ts';
import { rowsIn } from './tables.ts';
import { until } from './until.ts';

const mart = 'gold.org_daily_usage_by_service';
const revenue = 'gold.org_monthly_revenue';
const dayOf = (n: number): string => `2025-07-0${n}`;
const on = (id: string, n: number, change = {}): string =>
  eventLine(id, { timestamp: `${dayOf(n)}T10:00:00Z`, ...change });
/** Days 1 to 4 of 6 are the past that is corrected. */
const past = { from: dayOf(1), to: dayOf(4) };
const later = '2025-08-02T00:00:00Z';

describe('a correction of the past', () => {
  const landing = smallLanding();
  const silver = contractOf('silver.usage_events');
  const { rulesVersion } = silver;
  const versions: Record<string, number> = {};
  let line: TestLine;
  let backfill: WorkflowHandle;

  before(async () => {
    landing.events(
      'a.jsonl',
      [1, 2, 3, 4, 5, 6].flatMap((n) => [on(`a${n}`, n), on(`b${n}`, n, { org_id: 'org_b', cost_usd_increment: n })]),
    );
    line = await testLine({ landing: landing.folder });
    await line.run('dailyRun');
    backfill = await line.start('backfill');
    for (const table of [mart, revenue]) versions[table] = (await line.lake().table(table).latest())!.version;
  });
  after(async () => {
    Object.assign(silver, { rulesVersion });
    await backfill.cancel();
    await line.stop();
    landing.remove();
  });

  const rows = (table: string) => rowsIn(line.lake(), table, 'usage_date', 'org_id');
  const audit = async (): Promise<AuditReport> => {
    const report = await line
      .run<AuditReport>('audit', { scope: 'everything' })
      .catch((error: unknown) => (error as RunFailed).result as AuditReport);
    assert.deepEqual(
      report.checks.filter((c) => !c.passed),
      [],
    );
    return report;
  };
  const findings = ({ checks }: AuditReport) => checks.map((c) => c.finding).join('\n');
  const fill = async (request: object): Promise<EndedRequest> => {
    const { id } = await backfill.executeUpdate<{ id: string }, [object]>('request', { args: [request] });
    const ended = await until('the backfill ends', async () => {
      const { ended } = await backfill.query<BackfillProgress, []>('progress');
      return ended.find(({ ids }) => ids.includes(id)) ?? null;
    });
    assert.deepEqual([ended.state, ended.failed], ['done', {}]);
    return ended;
  };
  /** What `cpa diff` says of each measure: added, removed, changed before and after, difference. */
  const diff = async (table: string): Promise<Record<string, unknown>> => {
    const args = ['diff', table, '--from-version', String(versions[table]), '--format', 'json'];
    const { status, stdout, stderr } = await cpaBeside(line.folder, args, { CPA_LAKE: 'lake' });
    assert.equal(status, 0, stderr);
    const measures = JSON.parse(stdout) as Record<string, unknown>[];
    return Object.fromEntries(measures.map(({ measure, ...numbers }) => [measure, Object.values(numbers)]));
  };
  let original: Awaited<ReturnType<typeof rows>>;
  let corrected: Awaited<ReturnType<typeof rows>>;

  it('is applied to the days that a backfill is asked for, and can be compared', async () => {
    original = await rows(mart);
    landing.master(
      'customers_orgs',
      ['a', 'b', 'c', 'd'].map((org) => orgRow(org, org === 'a' ? { plan_tier: 'free' } : {})),
      later,
    );
    landing.master(
      'billing_monthly',
      'invoice_id,org_id,month,subtotal,credits,taxes,currency,exchange_rate_to_usd\ninv_1,org_a,2025-07-01,90,,5,USD,1.0\n',
      later,
    );
    landing.events('late.jsonl', [on('late', 2, { cost_usd_increment: 7 })], later);
    await Promise.all([
      line.run('bronzeBatch', { effective: later, correctsFrom: '2025-01-01T00:00:00Z' }),
      line.run('bronzeStream'),
    ]);
    Object.assign(silver, { rulesVersion: rulesVersion + 1 });
    assert.equal((await fill({ ...past, reason: 'corrected plans' })).daysDone, 4);
    corrected = await rows(mart);
    assert.deepEqual(
      corrected.map((r) => [r.usage_date, r.org_id, r.plan_tier]),
      original.map((r) => [
        r.usage_date,
        r.org_id,
        r.org_id === 'org_a' && String(r.usage_date) <= past.to ? 'free' : 'pro',
      ]),
    );
    const usage = await diff(mart);
    assert.deepEqual(usage.rows, [0, 0, 4, 4, 0]);
    assert.deepEqual(usage.daily_cost_usd, ['0.000000', '0.000000', '6.000000', '13.000000', '7.000000']);
    assert.deepEqual((await diff(revenue)).revenue_usd, [
      '0.000000000',
      '0.000000000',
      '105.000000000',
      '95.000000000',
      '-10.000000000',
    ]);
    await audit();
  });

  it('is undone by a restore: Gold, what is made of it, and Cassandra', async () => {
    const reason = 'the plans were right';
    const restore = (table: string, why: object): Promise<RestoreResult> =>
      line.run<RestoreResult>('restore', { table, version: versions[table], ...why });
    const [{ tables, publications }] = await Promise.all([restore(mart, { reason }), restore(revenue, {})]);
    assert.deepEqual([tables[0]?.table, tables[0]?.partitions, tables[0]?.read], [mart, 4, 8]);
    assert.ok(publications.some((p) => p.mart === 'gold.daily_usage_rollup' && p.verified > 0));
    assert.deepEqual(await rows(mart), original);
    await assert.rejects(
      line.run('restore', { version: 3 }),
      /^RunFailed: table: it is missing; an example is \{"table":"gold/,
    );
    await assert.rejects(
      line.run('restore', { table: 'bronze.users', version: 0 }),
      /bronze.users is not restored: .*correctsFrom/,
    );
    assert.deepEqual((await diff(mart)).rows, [0, 0, 0, 0, 0]);
    const report = findings(await audit());
    assert.match(
      report,
      /; 4 days are pinned by a restore \(2025-07-01, 2025-07-02, 2025-07-03, 2025-07-04\) and were not compared/,
    );
    assert.match(report, /; 1 month is pinned by a restore \(2025-07-01\) and was not compared/);
    const served = await (await line.session()).execute(
      "SELECT plan_tier, daily_cost_usd FROM org_daily_usage_by_service WHERE org_id = 'org_a' AND usage_date = '2025-07-02'",
      [],
    );
    assert.deepEqual([served[0]?.plan_tier, Number(served[0]?.daily_cost_usd)], ['pro', 1.5]);
    const works = (await rowsIn(line.lake(), 'ops.ledger')).filter((r) => String(r.reason).startsWith('restored'));
    assert.deepEqual(works.map((r) => [r.table_name, r.reason, String(r.workflow_id).includes('restore')]).sort(), [
      [mart, `restored version ${versions[mart]}: ${reason}`, true],
      [revenue, `restored version ${versions[revenue]}`, true],
    ]);
  });

  it('stays undone in a daily run, which builds everything else', async () => {
    landing.events('new.jsonl', [on('new2', 2), on('new6', 6)], later);
    await line.run('dailyRun');
    const now = await rows(mart);
    const before = (list: typeof now) => list.filter((r) => String(r.usage_date) <= past.to);
    assert.deepEqual(before(now), before(original));
    assert.deepEqual(
      now.filter((r) => r.usage_date === dayOf(6)).map((r) => [r.org_id, r.plan_tier, r.event_count]),
      [
        ['org_a', 'free', 2],
        ['org_b', 'pro', 1],
      ],
    );
    assert.equal((await rows(revenue))[0]?.revenue_usd, '105');
    assert.match(findings(await audit()), /pinned by a restore/);
    const nothing = await fill({ ...past, tables: [mart, revenue] });
    assert.equal(nothing.daysPlanned, 0);
  });

  it('is applied again by a backfill of mode all, which unpins', async () => {
    await fill({ ...past, mode: 'all' });
    const now = await rows(mart);
    assert.deepEqual(
      now
        .filter((r) => String(r.usage_date) <= past.to)
        .map((r) => [r.usage_date, r.org_id, r.plan_tier, r.event_count]),
      corrected
        .filter((r) => String(r.usage_date) <= past.to)
        .map((r) => [
          r.usage_date,
          r.org_id,
          r.plan_tier,
          r.org_id === 'org_a' && r.usage_date === dayOf(2) ? 3 : r.event_count,
        ]),
    );
    assert.equal((await rows(revenue))[0]?.revenue_usd, '95');
    assert.doesNotMatch(findings(await audit()), /not compared/);
  });
});
