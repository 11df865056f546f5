import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TableContract } from '../../schemas/contract.ts';
import {
  dailyCostAnomalies,
  dailySupportRollup,
  dailyUsageRollup,
  monthlyRevenueRollup,
  orgDailyCostAnomalies,
  orgDailyGenaiUsage,
  orgDailySupportMetrics,
  orgDailyUsageByService,
  orgMonthlyRevenue,
} from '../../schemas/gold.ts';
import { cqlFiles, statementsOf } from '../../serving/cql-folder.ts';
import { publish } from '../../serving/publish.ts';
import { referenceDay, runQuery } from '../../serving/queries.ts';
import { queryCatalog } from '../../serving/query-catalog.ts';
import type { QueryParameters } from '../../serving/query-parameters.ts';
import { servedDays } from '../../serving/served-days.ts';
import type { Session } from '../../serving/session.ts';
import { overwrite, temporaryLake } from './lakes.ts';
import type { Row } from './rows.ts';
import { migrated } from './support.ts';

const today = () => Date.parse('2025-08-31T12:00:00Z');

test('the named queries', async (t) => {
  const session = await migrated(t);
  const empty = await runQuery(session, 'daily_cost', {}, today);
  assert.deepEqual([empty.referenceDay, empty.rows, empty.message], [null, [], 'nothing has been published yet']);
  await fill(t, session);
  const ask = async (name: string, parameters: QueryParameters) => {
    const { columns, rows, referenceDay: day, from, to, message } = await runQuery(session, name, parameters, today);
    for (const row of rows) assert.deepEqual(Object.keys(row), columns);
    return { rows: rows.map((row) => Object.values(row)), day, period: `${from}…${to}`, message };
  };

  await t.test('the reference day is the last day up to today with data over all organisations', async () => {
    assert.equal(await referenceDay(session, today()), '2025-08-30');
    assert.equal(await referenceDay(session, Date.parse('2025-08-29T23:59:59Z')), '2025-08-16');
    assert.equal(await referenceDay(session, Date.parse('2025-01-01T00:00:00Z')), null);
  });

  await t.test('daily_cost', async () => {
    assert.deepEqual(await ask('daily_cost', { org: 'org_a' }), {
      day: '2025-08-30',
      period: '2025-08-01…2025-08-30',
      message: null,
      rows: [
        ['2025-08-16', 'storage', '100.000000', '0.000000', null],
        ['2025-08-17', 'compute', '1.000000', '3.000000', '0.333333333333'],
        ['2025-08-30', 'compute', '2.500000', null, null],
        ['2025-08-30', 'genai', '2.500000', '4.000000', '0.625000000000'],
      ],
    });
    const all = await ask('daily_cost', { from: '2025-08-30', to: '2025-08-31' });
    assert.deepEqual(all.rows, [
      ['2025-08-30', 'compute', '7.750000', '8.000000', '0.968750000000'],
      ['2025-08-30', 'genai', '2.500000', '4.000000', '0.625000000000'],
    ]);
    assert.equal((await ask('daily_cost', { from: '2025-08-31' })).message, 'no rows from 2025-08-31 to 2025-08-31');
  });

  await t.test('top_services: 14 days with the reference day, ranked, ties by name', async () => {
    const { rows, period } = await ask('top_services', { org: 'org_a' });
    assert.equal(period, '2025-08-17…2025-08-30');
    assert.deepEqual(rows, [
      [1, 'compute', '3.500000'],
      [2, 'genai', '2.500000'],
    ]);
    assert.deepEqual((await ask('top_services', { org: 'org_a', date: '2025-08-29' })).rows, [
      [1, 'storage', '100.000000'],
      [2, 'compute', '1.000000'],
    ]);
    assert.deepEqual((await ask('top_services', { org: 'org_tie', n: 2 })).rows, [
      [1, 'alpha', '1.000000'],
      [2, 'beta', '1.000000'],
    ]);
    assert.deepEqual((await ask('top_services', { n: 1 })).rows, [[1, 'compute', '7.750000']]);
  });

  await t.test('critical_tickets', async () => {
    assert.deepEqual((await ask('critical_tickets', { org: 'org_a' })).rows, [
      ['2025-08-01', 3, 1, 2, '0.666666666667'],
      ['2025-08-30', 4, 0, 0, '0.000000000000'],
    ]);
    assert.deepEqual((await ask('critical_tickets', {})).rows, [['2025-08-01', 8, 2, 2, '0.250000000000']]);
  });

  await t.test('monthly_revenue', async () => {
    assert.deepEqual(await ask('monthly_revenue', { org: 'org_a' }), {
      day: '2025-08-30',
      period: '2024-09-01…2025-08-01',
      message: null,
      rows: [
        ['2024-09-01', 1, '10.000000000', null, '1.000000000', '11.000000000'],
        ['2025-08-01', 2, '20.000000000', '5.000000000', '2.000000000', '17.000000000'],
      ],
    });
    assert.deepEqual((await ask('monthly_revenue', { from: '2025-08-20', to: '2025-08-21' })).rows, [
      ['2025-08-01', 5, '30.500000000', '5.000000000', null, '25.500000000'],
    ]);
  });

  await t.test('genai_tokens', async () => {
    assert.deepEqual((await ask('genai_tokens', { org: 'org_a' })).rows, [
      ['2025-08-29', null, '3.000000', null, null, null],
      ['2025-08-30', '3000.000000', '2.500000', '1.000000', '0.006000', '0.333333333333'],
    ]);
    assert.deepEqual((await ask('genai_tokens', {})).rows, [
      ['2025-08-30', '4000.000000', '2.500000', '2.000000', '0.500000000000'],
    ]);
  });

  await t.test('carbon: per dollar of the events that state it', async () => {
    assert.deepEqual((await ask('carbon', { org: 'org_a', from: '2025-08-30' })).rows, [
      ['2025-08-30', 'compute', '0.000000001', '2.000000', '0.000000000500'],
      ['2025-08-30', 'genai', null, null, null],
    ]);
    assert.deepEqual((await ask('carbon', { from: '2025-08-30' })).rows, [
      ['2025-08-30', 'compute', '3.000000000', '4.000000', '0.750000000000'],
      ['2025-08-30', 'genai', null, null, null],
    ]);
  });

  await t.test('an answer states the publication it comes from', async () => {
    const { publication } = await runQuery(session, 'daily_cost', { org: 'org_a' }, today);
    assert.deepEqual([publication?.mart, publication?.version], ['gold.org_daily_usage_by_service', 0]);
    assert.ok(Number(publication?.number) > 0);
  });

  await t.test(
    'an organisation that is not known, or has no such rows, is an empty answer with a message',
    async () => {
      const { rows, message } = await ask('daily_cost', { org: 'nobody' });
      assert.deepEqual([rows, message], [[], 'no organisation nobody is known']);
      assert.equal(
        (await ask('genai_tokens', { org: 'org_tie' })).message,
        'organisation org_tie has no rows in org_daily_genai_usage',
      );
      assert.equal(
        (await ask('daily_cost', { org: 'org_a', from: '2020-01-01', to: '2020-01-02' })).message,
        'organisation org_a has no rows from 2020-01-01 to 2020-01-02',
      );
    },
  );

  await t.test('every query answers for one organisation and for all', async () => {
    for (const { name } of queryCatalog) {
      for (const parameters of [{ org: 'org_a' }, {}]) {
        const result = await runQuery(session, name, parameters, today);
        assert.ok(result.rows.length > 0, name);
        assert.equal(result.referenceDay, '2025-08-30');
      }
    }
  });

  await t.test(
    'anomalies, in CQL alone: every column, of all days of one organisation or of the anomalies of a day',
    async () => {
      const files = await cqlFiles('queries');
      const cql = async (file: string, parameters: Record<string, string>, { fields }: TableContract) => {
        const [statement, ...more] = statementsOf(files.find(({ name }) => name === file)!.text);
        assert.deepEqual(more, []);
        const rows = await session.execute(statement!, parameters);
        const names = fields.map(({ name }) => name);
        for (const row of rows) assert.deepEqual(row.keys(), names);
        return rows.map(({ org_id, usage_date, votes }) => [org_id, String(usage_date), votes]);
      };
      const august = { first_day: '2025-08-01', last_day: '2025-08-31' };
      assert.deepEqual(await cql('anomalies', { org: 'org_a', ...august }, orgDailyCostAnomalies), [
        ['org_a', '2025-08-02', 0],
        ['org_a', '2025-08-01', 2],
      ]);
      const days = await servedDays(session, 'daily_cost_anomalies', august.first_day, august.last_day);
      assert.deepEqual(days, ['2025-08-01']);
      assert.deepEqual(await cql('anomalies_all', { day: '2025-08-01' }, dailyCostAnomalies), [
        ['org_a', '2025-08-01', 2],
        ['org_b', '2025-08-01', 2],
      ]);
    },
  );

  await t.test('an unknown query lists the names; a bad parameter is named', async () => {
    await assert.rejects(
      runQuery(session, 'costs', {}),
      /no query "costs"; queries: daily_cost, top_services, critical/,
    );
    const refused: [string, Record<string, unknown>, RegExp][] = [
      ['daily_cost', { from: '2025-02-30' }, /parameter from is "2025-02-30", expected a day YYYY-MM-DD/],
      [
        'daily_cost',
        { from: '2025-02-02', to: '2025-02-01' },
        /parameter from is "2025-02-02", expected a day not after to/,
      ],
      ['daily_cost', { date: 20250201 }, /parameter date is 20250201/],
      ['daily_cost', { org: ' ' }, /parameter org is " "/],
      ['top_services', { n: 0 }, /parameter n is 0, expected a whole number from 1 to 1000/],
      ['top_services', { from: '2025-01-01' }, /no parameter from; parameters: org, date, n/],
      ['carbon', { n: 3 }, /no parameter n; parameters: org, date, from, to/],
    ];
    for (const [name, parameters, message] of refused) {
      await assert.rejects(runQuery(session, name, parameters as QueryParameters), message);
    }
  });
});

async function fill(t: Parameters<typeof migrated>[0], session: Session): Promise<void> {
  const { lake } = temporaryLake(t);
  const usage = (org_id: string, usage_date: string, service_name: string, daily_cost_usd: string, more: Row = {}) => ({
    org_id,
    usage_date,
    service_name,
    daily_cost_usd,
    ...more,
  });
  await overwrite(lake, orgDailyUsageByService, [
    usage('org_a', '2025-07-31', 'compute', '1000', {}),
    usage('org_a', '2025-08-16', 'storage', '100', { daily_requests: '0' }),
    usage('org_a', '2025-08-17', 'compute', '1', { daily_requests: '3' }),
    usage('org_a', '2025-08-30', 'compute', '2.5', { daily_carbon_kg: '0.000000001', daily_carbon_cost_usd: '2' }),
    usage('org_a', '2025-08-30', 'genai', '2.5', { daily_requests: '4' }),
    usage('org_tie', '2025-08-30', 'gamma', '1'),
    usage('org_tie', '2025-08-30', 'beta', '1'),
    usage('org_tie', '2025-08-30', 'alpha', '1'),
  ]);
  const rollup = (
    usage_date: string,
    service_name: string,
    hq_region: string,
    daily_cost_usd: string,
    more: Row = {},
  ) => ({
    usage_date,
    service_name,
    hq_region,
    plan_tier: 'pro',
    daily_cost_usd,
    ...more,
  });
  await overwrite(lake, dailyUsageRollup, [
    rollup('2025-08-16', 'compute', 'emea', '99'),
    rollup('2025-08-30', 'compute', 'apac', '5.25', {
      daily_requests: '8',
      daily_carbon_kg: '3',
      daily_carbon_cost_usd: '4',
    }),
    rollup('2025-08-30', 'compute', 'emea', '2.5'),
    rollup('2025-08-30', 'genai', 'emea', '2.5', {
      daily_requests: '4',
      daily_genai_tokens: '4000',
      daily_genai_stated_cost_usd: '2',
    }),
    // After today: never the reference day.
    rollup('2025-09-05', 'compute', 'emea', '1'),
  ]);
  const tickets = { sla_breached_count: 0, critical_tickets: 0 };
  await overwrite(lake, orgDailySupportMetrics, [
    { ...tickets, org_id: 'org_a', ticket_date: '2025-07-31', total_tickets: 9 },
    { org_id: 'org_a', ticket_date: '2025-08-01', total_tickets: 3, critical_tickets: 1, sla_breached_count: 2 },
    { ...tickets, org_id: 'org_a', ticket_date: '2025-08-30', total_tickets: 4 },
  ]);
  await overwrite(lake, dailySupportRollup, [
    {
      ticket_date: '2025-08-01',
      hq_region: 'emea',
      plan_tier: 'pro',
      total_tickets: 3,
      critical_tickets: 1,
      sla_breached_count: 2,
    },
    {
      ticket_date: '2025-08-01',
      hq_region: 'apac',
      plan_tier: 'pro',
      total_tickets: 5,
      critical_tickets: 1,
      sla_breached_count: 0,
    },
  ]);
  await overwrite(lake, orgMonthlyRevenue, [
    { org_id: 'org_a', month: '2024-08-01', invoices: 1, revenue_usd: '1' },
    { org_id: 'org_a', month: '2024-09-01', invoices: 1, subtotal_usd: '10', taxes_usd: '1', revenue_usd: '11' },
    {
      org_id: 'org_a',
      month: '2025-08-01',
      invoices: 2,
      subtotal_usd: '20',
      credits_usd: '5',
      taxes_usd: '2',
      revenue_usd: '17',
    },
  ]);
  await overwrite(lake, monthlyRevenueRollup, [
    {
      month: '2025-08-01',
      hq_region: 'emea',
      plan_tier: 'pro',
      invoices: 2,
      subtotal_usd: '20',
      credits_usd: '5',
      revenue_usd: '15',
    },
    {
      month: '2025-08-01',
      hq_region: 'apac',
      plan_tier: 'pro',
      invoices: 3,
      subtotal_usd: '10.5',
      revenue_usd: '10.5',
    },
  ]);
  await overwrite(lake, orgDailyGenaiUsage, [
    { org_id: 'org_a', event_date: '2025-08-29', service_name: 'genai', genai_daily_cost: '3' },
    {
      org_id: 'org_a',
      event_date: '2025-08-30',
      service_name: 'genai',
      genai_tokens: '3000',
      genai_daily_cost: '2.5',
      genai_stated_cost: '1',
      genai_estimated_cost: '0.006',
    },
  ]);
  const scored = (org_id: string, usage_date: string, is_anomaly: boolean) => ({
    org_id,
    usage_date,
    service_name: 'compute',
    actual_cost_usd: '9.5',
    z_score: 4.25,
    baseline_points: 20,
    votes: is_anomaly ? 2 : 0,
    is_anomaly,
    has_history: true,
  });
  const scores = [
    scored('org_a', '2025-08-01', true),
    scored('org_a', '2025-08-02', false),
    scored('org_b', '2025-08-01', true),
  ];
  await overwrite(lake, orgDailyCostAnomalies, scores);
  await overwrite(
    lake,
    dailyCostAnomalies,
    scores.filter(({ is_anomaly }) => is_anomaly),
  );
  const marts = [
    orgDailyUsageByService,
    dailyUsageRollup,
    orgDailySupportMetrics,
    dailySupportRollup,
    orgMonthlyRevenue,
    monthlyRevenueRollup,
    orgDailyGenaiUsage,
    orgDailyCostAnomalies,
    dailyCostAnomalies,
  ];
  for (const mart of marts) await publish({ lake, session, mart, runId: 'run' });
}
