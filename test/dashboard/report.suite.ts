/** Reports over a line that has run: that they say what the lake says and need nothing else, and what is said when there is none. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { BadFilter, makeReport, type ReportFilters } from '../../dashboard/report/report.ts';
import { cpaBeside } from '../cli/program.ts';
import type { TestLine } from '../line/line.ts';
import { readTable } from '../line/tables.ts';
import type { OracleRow } from '../oracle/oracle.ts';
import { rowsOfTable } from '../oracle/through-transforms.ts';

const rollup = 'gold.daily_usage_rollup';

export function reportSuite(lineOf: () => TestLine, landing: string): void {
  describe('a report', () => {
    let line: TestLine;
    let folder: string;
    let usage: OracleRow[];

    before(async () => {
      line = lineOf();
      folder = join(line.folder, 'reports');
      mkdirSync(folder);
      usage = rowsOfTable(await readTable(line.lake(), 'gold.org_daily_usage_by_service'));
    });

    const report = (filters: ReportFilters) => {
      const { cassandra, lakeRoot: lake } = line;
      return makeReport({ filters, cassandra, lake, landing, budgets: null, clock: Date.now, log: () => undefined });
    };
    const command = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
      const { contactPoints, localDataCenter, keyspace, username = '', password = '' } = line.cassandra;
      return cpaBeside(folder, ['report', ...args], {
        CPA_LAKE: line.lakeRoot,
        CPA_LANDING: landing,
        CPA_HOME: folder,
        CASSANDRA_CONTACT_POINTS: contactPoints.join(),
        CASSANDRA_LOCAL_DC: localDataCenter,
        CASSANDRA_KEYSPACE: keyspace,
        CASSANDRA_USERNAME: username,
        CASSANDRA_PASSWORD: password,
        ...env,
      });
    };

    it('says every figure of the lake, to the last digit', async () => {
      const { html, period } = await report({});
      const rows = rowsOfTable(await readTable(line.lake(), rollup)).filter(
        ({ usage_date: day }) => String(day) >= period.from && String(day) <= period.to,
      );
      const costs = costsBy(rows, (row) => ['', String(row.service_name), `${row.usage_date} ${row.service_name}`]);
      assert.ok(costs.size > 20);
      for (const [key, cost] of costs) assert.ok(html.includes(` title="${cost}"`), `${key}: ${cost}`);
      const { version } = (await line.lake().table(rollup).latest())!;
      assert.ok(html.includes(`>${rollup}</td><td class="number">${version}</td>`));
      for (const page of ['Overview', 'FinOps', 'Support', 'Revenue', 'GenAI', 'Carbon', 'Data']) {
        assert.ok(html.includes(`<h2>${page}</h2>`), page);
      }
      assert.ok(html.split('<svg ').length > 20);
      assert.ok(html.length < 1_000_000, `${html.length} bytes`);
    });

    it('is one whole file, which needs nothing else', async () => {
      const { org_id: org, usage_date: day } = usage[0]!;
      const { status, stderr } = await command(['--org', String(org), '--from', String(day), '--to', String(day)]);
      assert.equal(status, 0, stderr);
      const name = `report-${org}-${day}-${day}.html`;
      assert.match(stderr, new RegExp(`^${name}: \\d+ kB\n$`));
      assert.deepEqual(readdirSync(folder), [name]);
      const html = readFileSync(join(folder, name), 'utf8');
      assert.ok(html.startsWith('<!doctype html><html lang="en">') && html.endsWith('</html>\n'));
      const own = usage.filter((row) => row.org_id === org && row.usage_date === day);
      assert.ok(html.includes(`<div class="value" title="${costsBy(own, () => ['']).get('')}">$`));
      assert.ok(html.includes(`<dt>Organisation</dt><dd>${org}`));
      const strange = /<(?:script|img|button|iframe)|https?:|@import|url\((?!#)|\bNaN\b|undefined|\[object/.exec(html);
      assert.equal(strange?.[0], undefined);
    });

    it('is refused for what nobody has, saying what there is', async () => {
      const { org_id } = usage[0]!;
      const refused = async (filters: ReportFilters, message: RegExp) =>
        assert.rejects(report(filters), (error: unknown) => error instanceof BadFilter && message.test(error.message));
      await refused({ org: 'org_none' }, /^no mart has rows of the organisation "org_none"$/);
      await refused({ service: 'none' }, /^service is "none", expected one of .*compute/);
      await refused({ org: String(org_id), plan: 'pro' }, /^plan is "pro", expected/);
      await refused({ from: '2025-08-04', to: '2025-08-03' }, /^from is "2025-08-04", expected a day not after to/);
      const { html } = await report({ org: String(org_id), from: '1999-01-01', to: '1999-01-02' });
      assert.match(html, /No usage in this period/);
    });

    it('is not begun when it cannot be made', async () => {
      const before = readdirSync(folder);
      assert.deepEqual(await command([], { CASSANDRA_KEYSPACE: 'test_nobody' }), {
        status: 1,
        stdout: '',
        stderr: 'cpa: Nothing has been published yet: run the line with `cpa run dailyRun`\n',
      });
      const { status, stderr } = await command(['--to', '2025-02-30']);
      assert.equal(status, 2);
      assert.match(stderr, /^cpa: .*Expected a day such as 2025-08-14\.\n$/);
      assert.deepEqual(readdirSync(folder), before);
    });
  });
}

/** Exact sums of the cost of rows, by each of their keys. */
function costsBy(rows: readonly OracleRow[], keysOf: (row: OracleRow) => readonly string[]): Map<string, string> {
  const sums = new Map<string, bigint>();
  for (const row of rows) {
    const micros = BigInt(String(row.daily_cost_usd).replace('.', ''));
    for (const key of keysOf(row)) sums.set(key, (sums.get(key) ?? 0n) + micros);
  }
  const text = (sum: bigint) =>
    String(sum)
      .padStart(7, '0')
      .replace(/(\d{6})$/, '.$1');
  return new Map([...sums].map(([key, sum]) => [key, text(sum)]));
}
