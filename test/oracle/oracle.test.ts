import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { type DefectLevel, generateLanding } from '../../cli/generate/landing.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { oracle } from './oracle.ts';

const original = resolve('../shared/data/landing');
const root = mkdtempSync(join(tmpdir(), 'oracle-'));
after(() => rmSync(root, { recursive: true, force: true }));

test('the numbers of the original data come out', { skip: !existsSync(original) }, async () => {
  const { bronze, silver, masters, gold } = await oracle(original);
  assert.deepEqual(bronze, {
    read: 43_200,
    written: 43_200,
    duplicate: 0,
    quarantined: {},
    waiting: 0,
    days: 60,
    schemaVersion1: 10_800,
    schemaVersion2: 32_400,
    valueAsText: 1309,
    valueNull: 877,
    valueWithoutUnit: 2038,
  });
  assert.deepEqual(silver, {
    written: 42_989,
    quarantined: { cost_non_negative: 211 },
    sums: {
      cost_usd: '148351.575900',
      requests: '2281020.000000',
      cpu_hours: '19739.955500',
      storage_gb_hours: '130689.365500',
      genai_tokens: '2545481.000000',
      carbon_kg: '365.561219000',
    },
  });
  assert.deepEqual(Object.fromEntries(Object.entries(masters).map(([name, { written }]) => [name, written])), {
    customers_orgs: 80,
    users: 800,
    resources: 400,
    support_tickets: 1000,
    marketing_touches: 1500,
    nps_surveys: 92,
    billing_monthly: 240,
  });
  assert.equal(gold.org_daily_usage_by_service.length, 11_050);
  assert.equal(gold.org_daily_support_metrics.length, 944);
  assert.equal(gold.org_daily_genai_usage.length, 1131);
  assert.equal(gold.org_monthly_revenue.length, 240);
});

test('the rows have the columns of the contracts', async () => {
  const out = join(root, 'contracts');
  // Days enough for anomalies.
  await generateLanding({ events: 3000, days: 40, seed: 1, orgs: 5, out });
  const { gold } = await oracle(out);
  const leftOut: Readonly<Record<string, readonly string[]>> = {
    org_daily_genai_usage: ['genai_estimated_cost'],
    org_monthly_revenue: ['flags'],
  };
  for (const [name, rows] of Object.entries(gold)) {
    const expected = contractOf(`gold.${name}`).fields.map((f) => f.name);
    const missing = leftOut[name] ?? [];
    assert.deepEqual(Object.keys(rows[0]!).sort(), expected.filter((column) => !missing.includes(column)).sort(), name);
    for (const { name: column, type } of contractOf(`gold.${name}`).fields) {
      const value = rows.map((row) => row[column]).find((v) => v !== null && v !== undefined);
      if (value === undefined || type.kind !== 'decimal') continue;
      assert.equal(String(value).split('.')[1]?.length, type.scale, `${name}.${column}: ${value}`);
    }
  }
});

test('one day of one organisation, by hand', async () => {
  const out = join(root, 'by-hand');
  await generateLanding({ events: 1, days: 1, seed: 1, orgs: 1, files: 1, defects: 'original', out });
  const at = (time: string): string => `"timestamp": "2025-07-03T${time}", "org_id": "org_a", "service": "genai"`;
  writeFileSync(
    join(out, 'usage_events_stream', 'events_part_0000.jsonl'),
    [
      `{"event_id": "a", ${at('00:00:00Z')}, "metric": "requests", "value": 3, "cost_usd_increment": 1, "schema_version": 2, "carbon_kg": 0.5, "genai_tokens": 1500}`,
      `{"event_id": "b", ${at('23:30:00-00:15')}, "metric": "requests", "value": "4", "cost_usd_increment": -0.01}`,
      `{"event_id": "c", ${at('23:30:00-0030')}, "metric": "requests", "value": 9, "cost_usd_increment": 2}`,
      `{"event_id": "d", ${at('12:00:00')}, "metric": "cpu_hours", "value": null, "cost_usd_increment": "1e-2"}`,
      `{"event_id": "a", ${at('00:00:00Z')}, "metric": "requests", "value": 3.0, "cost_usd_increment": 1, "schema_version": 2, "carbon_kg": 0.5, "genai_tokens": 1500}`,
      `{"event_id": "b", ${at('23:30:00Z')}, "metric": "requests", "value": 4, "cost_usd_increment": -0.02}`,
    ].join('\n'),
  );
  const { bronze, gold } = await oracle(out);
  assert.deepEqual([bronze.written, bronze.duplicate, bronze.quarantined], [4, 1, { event_id_conflict: 1 }]);
  const [day, next, ...more] = gold.org_daily_usage_by_service;
  assert.deepEqual(more, []);
  assert.equal(next?.usage_date, '2025-07-04');
  assert.deepEqual(day, {
    org_id: 'org_a',
    usage_date: '2025-07-03',
    service_name: 'genai',
    org_name: null,
    hq_region: null,
    plan_tier: null,
    daily_cost_usd: '1.000000',
    daily_requests: '7.000000',
    daily_cpu_hours: null,
    daily_storage_gb_hours: '0.000000',
    daily_genai_tokens: '1500.000000',
    daily_carbon_kg: '0.500000000',
    daily_carbon_cost_usd: '1.000000',
    daily_genai_stated_cost_usd: '1.000000',
    cost_per_request: '0.142857142857',
    carbon_per_dollar: '0.500000000000',
    stated_measures: 1,
    event_count: 3,
  });
});

for (const defects of ['original', 'full'] satisfies DefectLevel[]) {
  test(`what the generator says of its data is what the oracle finds in it (${defects} defects)`, async () => {
    const out = join(root, defects);
    const { truth } = await generateLanding({ events: 20_000, days: 40, seed: 5, orgs: 30, out, defects });
    const { bronze, silver, masters, gold } = await oracle(out);
    const { read, written, duplicate, quarantined, waiting } = bronze;
    assert.deepEqual({ read, written, duplicate, quarantined, waiting }, truth.events);
    assert.deepEqual(silver, truth.silver);
    for (const [name, { quarantined: rules, ...counts }] of Object.entries(truth.masters)) {
      assert.deepEqual(masters[name], { ...counts, key_missing: 0, key_conflict: 0, ...rules }, name);
    }
    const total = (rows: readonly Readonly<Record<string, unknown>>[], column: string): number =>
      rows.reduce((sum, row) => sum + Number(row[column] ?? 0), 0);
    for (const mart of [gold.org_daily_usage_by_service, gold.daily_usage_rollup]) {
      assert.equal(total(mart, 'event_count'), silver.written);
      assert.equal(total(mart, 'daily_cost_usd').toFixed(4), Number(silver.sums.cost_usd).toFixed(4));
      assert.equal(total(mart, 'daily_carbon_kg').toFixed(6), Number(silver.sums.carbon_kg).toFixed(6));
    }
    assert.equal(total(gold.org_daily_support_metrics, 'total_tickets'), masters.support_tickets?.written);
    assert.equal(total(gold.daily_support_rollup, 'total_tickets'), masters.support_tickets?.written);
    assert.equal(total(gold.org_monthly_revenue, 'invoices'), masters.billing_monthly?.written);
    assert.equal(total(gold.monthly_revenue_rollup, 'invoices'), masters.billing_monthly?.written);
  });
}
