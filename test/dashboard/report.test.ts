/** Reports of a generated lake: that they say what the lake says and need nothing else, and what is said when there is none. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BadFilter, makeReport, type ReportFilters } from '../../dashboard/report/report.ts';
import { cpaBeside } from '../cli/program.ts';
import { eventLine } from '../line/small-landing.ts';
import { readTable } from '../line/tables.ts';
import { rowsOfTable } from '../oracle/through-transforms.ts';
import { type PublishedLake, publishedLake } from './published-lake.ts';

const rollup = 'gold.daily_usage_rollup';
const hostile = `<img src="x.png"> & 'co'`;
const org = 'org_a';
let line: PublishedLake;
let env: NodeJS.ProcessEnv;

before(async () => {
  line = await publishedLake([
    eventLine('e1', { timestamp: '2025-08-03T10:00:00Z', org_id: org, cost_usd_increment: '1234.567891' }),
    eventLine('e2', { timestamp: '2025-08-04T10:00:00Z', org_id: org, cost_usd_increment: '0.25', service: hostile }),
  ]);
  const { contactPoints, localDataCenter, keyspace, username = '', password = '' } = line.cassandra;
  env = {
    CPA_LAKE: line.lakeRoot,
    CPA_LANDING: line.landing,
    CPA_HOME: join(line.folder, 'home'),
    CASSANDRA_CONTACT_POINTS: contactPoints.join(),
    CASSANDRA_LOCAL_DC: localDataCenter,
    CASSANDRA_KEYSPACE: keyspace,
    CASSANDRA_USERNAME: username,
    CASSANDRA_PASSWORD: password,
  };
});
after(() => line.stop());

function report(filters: ReportFilters) {
  const { cassandra, lakeRoot: lake, landing } = line;
  return makeReport({ filters, cassandra, lake, landing, budgets: null, clock: Date.now, log: () => undefined });
}

test('before anything is published there is no report, and no file', async () => {
  const { status, stdout, stderr } = await cpaBeside(line.folder, ['report', '--out', 'none.html'], env);
  assert.deepEqual(
    [status, stdout, stderr],
    [1, '', 'cpa: Nothing has been published yet: run the line with `cpa run dailyRun`\n'],
  );
  assert.deepEqual(readdirSync(line.folder).sort(), ['lake', 'landing']);
  await line.publish();
});

test('the command writes one whole file, which needs nothing else', async () => {
  const args = ['report', '--org', org, '--from', '2025-08-03', '--to', '2025-08-04'];
  const { status, stderr } = await cpaBeside(line.folder, args, env);
  assert.equal(status, 0, stderr);
  const name = 'report-org_a-2025-08-03-2025-08-04.html';
  assert.match(stderr, new RegExp(`^${name}: \\d+ kB\n$`));
  assert.deepEqual(readdirSync(line.folder).sort(), ['lake', 'landing', name]);
  const html = readFileSync(join(line.folder, name), 'utf8');
  assert.ok(html.startsWith('<!doctype html><html lang="en">') && html.endsWith('</html>\n'));
  assert.match(html, /<title>org_a, 3 Aug 2025 to 4 Aug 2025 · Cloud Provider Analytics<\/title>/);
  assert.match(html, /<div class="value" title="1234.817891">\$1,234.82<\/div>/);
  assert.match(html, /&lt;img src=/);
  const strange = /<(?:script|img|button|iframe)|https?:|@import|url\((?!#)|\bNaN\b|undefined|\[object/.exec(html);
  assert.equal(strange?.[0], undefined);
});

test('every figure is the lake’s, to the last digit', async () => {
  const { html, period } = await report({});
  const rows = rowsOfTable(await readTable(line.lake(), rollup)).filter(
    ({ usage_date: day }) => String(day) >= period.from && String(day) <= period.to,
  );
  const micros = (text: unknown): bigint => BigInt(String(text).replace('.', ''));
  const decimal = (sum: bigint): string =>
    String(sum)
      .padStart(7, '0')
      .replace(/(\d{6})$/, '.$1');
  const costs = new Map<string, bigint>();
  for (const { usage_date, service_name, daily_cost_usd } of rows) {
    for (const key of ['', String(service_name), `${usage_date} ${service_name}`]) {
      costs.set(key, (costs.get(key) ?? 0n) + micros(daily_cost_usd));
    }
  }
  assert.ok(costs.size > 20);
  for (const [key, cost] of costs) assert.ok(html.includes(` title="${decimal(cost)}"`), `${key}: ${decimal(cost)}`);
  const { version } = (await line.lake().table(rollup).latest())!;
  assert.ok(new RegExp(`>${rollup}</td><td class="number">${version}</td>`).test(html));
  for (const page of ['Overview', 'FinOps', 'Support', 'Revenue', 'GenAI', 'Carbon', 'Data']) {
    assert.ok(html.includes(`<h2>${page}</h2>`), page);
  }
  assert.ok(html.split('<svg ').length > 20);
  assert.ok(html.length < 1_000_000, `${html.length} bytes`);
});

test('filters narrow the report', async () => {
  const { org_id, service_name } = rowsOfTable(await readTable(line.lake(), 'gold.org_daily_usage_by_service')).find(
    (row) => row.org_id !== org,
  )!;
  const of = { org: String(org_id), service: String(service_name), from: '1999-01-01', to: '1999-01-02' };
  const { html, period } = await report(of);
  assert.deepEqual(period, { from: '1999-01-01', to: '1999-01-02' });
  assert.match(html, /No usage in this period/);
  assert.ok(html.includes(`<dt>Organisation</dt><dd>${org_id} · `));
  assert.ok(html.includes(`<dt>Service</dt><dd>${service_name}: `));
});

test('what no report can be made of is refused, saying what there is', async () => {
  const refused = async (filters: ReportFilters, message: RegExp) =>
    assert.rejects(report(filters), (error: unknown) => error instanceof BadFilter && message.test(error.message));
  await refused({ org: 'org_none' }, /^no mart has rows of the organisation "org_none"$/);
  await refused({ service: 'none' }, /^service is "none", expected one of .*compute/);
  await refused({ org, plan: 'pro' }, /^plan is "pro", expected/);
  await refused({ from: '2025-08-04', to: '2025-08-03' }, /^from is "2025-08-04", expected a day not after to/);
  const { status, stderr } = await cpaBeside(line.folder, ['report', '--to', '2025-02-30'], env);
  assert.equal(status, 2);
  assert.match(stderr, /^cpa: .*Expected a day such as 2025-08-14\.\n$/);
});
