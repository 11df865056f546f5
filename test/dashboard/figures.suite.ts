/** The dashboard's API over a line that has run: every figure against Gold. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type {
  AnomaliesAnswer,
  CubeAnswer,
  DimensionsAnswer,
  OrganisationsAnswer,
  OverviewAnswer,
  ReconciliationAnswer,
  Row,
} from '../../dashboard/api.ts';
import type { Explanation } from '../../dashboard/lineage/explanation.ts';
import type { Dashboard } from '../../dashboard/server/server.ts';
import type { TestLine } from '../line/line.ts';
import { rowsIn } from '../line/tables.ts';
import { dashboardOf, get } from './dashboard-of.ts';
import { goldRows, sumOf } from './gold.ts';

export function figuresSuite(lineOf: () => TestLine, landing: string): void {
  describe('the figures of the API', () => {
    let line: TestLine;
    let dashboard: Dashboard;
    let days: DimensionsAnswer;
    let everything: string;

    before(async () => {
      line = lineOf();
      dashboard = await dashboardOf(line, landing);
      days = await get<DimensionsAnswer>(dashboard, 'dimensions');
      everything = `from=${days.first_day}&to=${days.last_day}`;
    });
    after(() => dashboard.close());

    it('gives the totals of Gold over all organisations, by whatever they are told apart', async () => {
      const gold = await goldRows(line.lake(), 'org_daily_usage_by_service');
      for (const by of ['day', 'month', 'service', 'region,plan', 'day,service']) {
        const { total, rows } = await get<CubeAnswer>(dashboard, `usage?${everything}&by=${by}`);
        for (const [measure, column] of Object.entries(usageColumns)) {
          assert.equal(plain(total?.[measure]), sumOf(gold, column), `${measure} by ${by}`);
          assert.equal(sumOf(rows as never, measure), sumOf(gold, column), `the rows of ${measure} by ${by}`);
        }
      }
    });

    it('gives the totals of Gold of every organisation', async () => {
      const gold = await goldRows(line.lake(), 'org_daily_usage_by_service');
      const ids = [...new Set(gold.map((row) => String(row.org_id)))].slice(0, 10);
      for (const id of ids) {
        const { total } = await get<CubeAnswer>(dashboard, `usage?org=${id}&${everything}`);
        const own = gold.filter((row) => row.org_id === id);
        assert.equal(plain(total?.cost_usd), sumOf(own, 'daily_cost_usd'), id);
        assert.equal(total?.event_count, Number(sumOf(own, 'event_count')), id);
        assert.equal(total?.live, false);
      }
    });

    it('keeps to the filters', async () => {
      const service = days.services[0]!;
      const [region, plan] = [days.regions[0]!, days.plans[0]!];
      const day = days.reference_day;
      const gold = await goldRows(line.lake(), 'daily_usage_rollup', (row) => {
        return row.service_name === service && row.hq_region === region && row.plan_tier === plan;
      });
      const path = `usage?${everything}&service=${service}&region=${region}&plan=${plan}&by=day`;
      const { total, rows } = await get<CubeAnswer>(dashboard, path);
      assert.equal(plain(total?.cost_usd), sumOf(gold, 'daily_cost_usd'));
      assert.equal(rows.length, new Set(gold.map((row) => row.usage_date)).size);
      const one = await get<CubeAnswer>(dashboard, `usage?from=${day}&to=${day}&by=day`);
      assert.deepEqual(
        one.rows.map((row) => row.day),
        [day],
      );
    });

    it('gives tickets, revenue and GenAI as Gold has them', async () => {
      const lake = line.lake();
      const dated = (column: string) => (row: Readonly<Record<string, unknown>>) =>
        String(row[column]) >= days.first_day && String(row[column]) <= days.last_day;
      const tickets = await goldRows(lake, 'org_daily_support_metrics', dated('ticket_date'));
      const support = await get<CubeAnswer>(dashboard, `support?${everything}`);
      for (const name of ['total_tickets', 'critical_tickets', 'sla_breached_count', 'open_tickets']) {
        assert.equal(plain(support.total?.[name]), sumOf(tickets, name), name);
      }
      const months = await goldRows(lake, 'org_monthly_revenue');
      const [first] = months
        .map((row) => String(row.month))
        .filter((month) => month > '1970-01-01')
        .sort();
      const last = months
        .map((row) => String(row.month))
        .sort()
        .at(-1);
      const revenue = await get<CubeAnswer>(dashboard, `revenue?from=${first}&to=${last}`);
      const invoiced = months.filter((row) => String(row.month) >= first!);
      for (const name of ['invoices', 'revenue_usd', 'credits_usd', 'revenue_rate_as_stated_usd']) {
        assert.equal(plain(revenue.total?.[name]), sumOf(invoiced, name), name);
      }
      const tokens = await goldRows(lake, 'org_daily_genai_usage');
      const genai = await get<CubeAnswer>(dashboard, `genai?${everything}`);
      assert.equal(plain(genai.total?.genai_tokens), sumOf(tokens, 'genai_tokens'));
      assert.equal(plain(genai.total?.cost_usd), sumOf(tokens, 'genai_daily_cost'));
    });

    it('gives the anomalies of one organisation and of all', async () => {
      const gold = await goldRows(line.lake(), 'org_daily_cost_anomalies');
      const all = await get<AnomaliesAnswer>(dashboard, `anomalies?${everything}`);
      assert.equal(all.anomalies, gold.filter((row) => row.is_anomaly === true).length);
      const id = String(gold[0]!.org_id);
      const one = await get<AnomaliesAnswer>(dashboard, `anomalies?org=${id}&${everything}`);
      assert.equal(one.rows.length, gold.filter((row) => row.org_id === id).length);
    });

    it('reconciles what was metered with what was invoiced, of one organisation as the mart does, of all as their sum', async () => {
      const gold = await goldRows(line.lake(), 'org_monthly_reconciliation');
      const months = gold
        .map((row) => String(row.month))
        .filter((month) => month > '1970-01-01')
        .sort();
      const all = await get<ReconciliationAnswer>(dashboard, `reconciliation?from=${months[0]}&to=${months.at(-1)}`);
      for (const row of all.rows) {
        const own = gold.filter((each) => each.month === row.month);
        assert.equal(Number(row.difference_usd), Number(sumOf(own, 'difference_usd')), String(row.month));
      }
      const id = String(gold[0]!.org_id);
      const one = await get<ReconciliationAnswer>(
        dashboard,
        `reconciliation?org=${id}&from=${months[0]}&to=${months.at(-1)}`,
      );
      assert.deepEqual(
        one.rows.map((row) => plain(row.difference_usd)),
        gold.filter((row) => row.org_id === id).map((row) => row.difference_usd),
      );
    });

    it('compares a period with the one before', async () => {
      const overview = await get<OverviewAnswer>(dashboard, 'overview');
      const before = await get<CubeAnswer>(
        dashboard,
        `usage?from=${overview.previous.from}&to=${overview.previous.to}&by=month`,
      );
      assert.equal(overview.usage.previous?.cost_usd ?? null, before.total?.cost_usd ?? null);
      assert.equal(overview.usage.year_before, null);
      assert.equal(overview.period.to, days.reference_day);
    });

    it('finds organisations by a part of their name, and draws their budgets', async () => {
      const { organisations } = await get<OrganisationsAnswer>(dashboard, 'organisations?limit=1');
      const [some] = organisations;
      const part = some!.org_name!.slice(1, 6).toUpperCase();
      const found = await get<OrganisationsAnswer>(dashboard, `organisations?search=${encodeURIComponent(part)}`);
      assert.ok(found.organisations.some(({ org_id }) => org_id === some!.org_id));
      assert.deepEqual(await get(dashboard, `budget?org=${some!.org_id}`), {
        usd_per_day: '250.000000',
        budgeted: 1,
        organisations: 1,
      });
    });

    it('says how fresh and how complete the data is', async () => {
      const lake = line.lake();
      const { rules, rows } = await get<{ rules: Row[]; rows: number }>(dashboard, 'quarantine');
      assert.equal(rows, sumRows(rules));
      const held = rules.find(({ source }) => source === 'usage_events')!;
      const query = `quarantine/rows?source=usage_events&rule=${held.rule}&limit=1000`;
      const lines = await get<{ rows: Row[]; total: number }>(dashboard, query);
      const quarantine = await rowsIn(lake, 'quarantine.usage_events');
      assert.equal(lines.total, quarantine.filter((row) => row.rule_id === held.rule).length);
      const { layers } = await get<{ layers: { layer: string; behind: number }[] }>(dashboard, 'layers');
      assert.deepEqual(
        layers.filter(({ behind }) => behind > 0),
        [],
      );
      const { tables } = await get<{ tables: Row[] }>(dashboard, 'tables');
      const silver = tables.find(({ table }) => table === 'silver.usage_events');
      assert.equal(silver?.rows, (await rowsIn(lake, 'silver.usage_events')).length);
      const { versions } = await get<{ versions: Row[] }>(dashboard, 'tables/silver.usage_events/versions');
      assert.equal(versions.at(-1)?.version, 0);
      const ledger = await get<{ rows: Row[] }>(dashboard, 'ledger?limit=1000');
      for (const row of ledger.rows) {
        const parts = [row.rows_written, row.rows_unchanged, row.rows_quarantined, row.rows_duplicate].map(Number);
        // A mart's rows are sums.
        if (String(row.table_name).startsWith('gold.')) continue;
        assert.equal(
          Number(row.rows_read),
          parts.reduce((a, b) => a + b),
          String(row.work_id),
        );
      }
    });

    it('explains a figure down to the lines of the landing zone', async () => {
      const { total, source } = await get<CubeAnswer>(dashboard, `usage?${everything}&by=month`);
      const where = `where=usage_date%3E=${days.first_day}&where=usage_date%3C=${days.last_day}`;
      const figure = await get<Explanation>(
        dashboard,
        `lineage/figure?table=${source.mart}&column=daily_cost_usd&stated=${total?.cost_usd}&version=${source.version}&${where}`,
      );
      assert.equal(figure.holds, true, figure.verdict);
      let level = figure.levels[0]!;
      const tables = [level.table];
      // From the rollup to the organisation's row, from there to events and lines.
      for (let step = 0; step < 2; step++) {
        const key = level.key.map((name) => {
          const at = level.columns.findIndex((column) => column.name === name);
          return `key=${encodeURIComponent(`${name}=${level.rows[0]![at]}`)}`;
        });
        const row = await get<Explanation>(
          dashboard,
          `lineage/row?table=${level.table}&version=${level.version}&${key.join('&')}`,
        );
        assert.equal(row.holds, true, row.verdict);
        level = row.levels[1]!;
        tables.push(...row.levels.slice(1).map(({ table }) => table));
      }
      assert.ok(tables.includes('gold.org_daily_usage_by_service'));
      assert.ok(tables.includes('silver.usage_events'));
      assert.ok(tables.includes('bronze.usage_events'));
      assert.ok(tables.includes('landing'));
    });
  });
}

const usageColumns = {
  cost_usd: 'daily_cost_usd',
  requests: 'daily_requests',
  cpu_hours: 'daily_cpu_hours',
  storage_gb_hours: 'daily_storage_gb_hours',
  genai_tokens: 'daily_genai_tokens',
  carbon_kg: 'daily_carbon_kg',
  event_count: 'event_count',
};

/** Without zeros at the end, as rows of the lake are read in tests; null counts as nothing. */
function plain(value: Row[string] | undefined): string {
  const text = String(value ?? 0);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function sumRows(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + Number(row.rows), 0);
}
