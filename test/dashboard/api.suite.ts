/** The dashboard's API over a line that has run: every figure against Gold, and what it says when something is wrong. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type {
  AnomaliesAnswer,
  CubeAnswer,
  DimensionsAnswer,
  OrganisationsAnswer,
  OverviewAnswer,
  ProblemDetails,
  ReconciliationAnswer,
  Row,
} from '../../dashboard/api.ts';
import type { Explanation } from '../../dashboard/lineage/explanation.ts';
import { type Dashboard, startDashboard } from '../../dashboard/server/server.ts';
import type { TestLine } from '../line/line.ts';
import { rowsIn } from '../line/tables.ts';
import { until } from '../line/until.ts';
import { goldRows, sumOf } from './gold.ts';

const open = { token: null, proxyHeader: null };
const budgets = { defaultUsd: 250_000_000n, organisations: new Map() };

/** A dashboard over the line's lake and keyspace. */
export function dashboardOf(
  line: TestLine,
  landing: string,
  change: Partial<Parameters<typeof startDashboard>[0]> = {},
) {
  return startDashboard({
    host: '127.0.0.1',
    port: 0,
    access: open,
    cassandra: line.cassandra,
    lake: line.lakeRoot,
    landing,
    budgets,
    temporalUi: 'http://127.0.0.1:1/namespaces/default/workflows',
    log: () => undefined,
    ...change,
  });
}

export function apiSuite(lineOf: () => TestLine, landing: string): void {
  describe('the API of the dashboard', () => {
    let line: TestLine;
    let dashboard: Dashboard;
    let days: DimensionsAnswer;
    let orgs: OrganisationsAnswer;
    let everything: string;

    const get = async <T>(path: string, headers: Record<string, string> = {}): Promise<T> => {
      const response = await fetch(`${dashboard.url}/api/v1/${path}`, { headers });
      assert.equal(response.status, 200, `${path}: ${response.status}`);
      return (await response.json()) as T;
    };
    const problem = async (path: string): Promise<ProblemDetails> => {
      const response = await fetch(`${dashboard.url}/api/v1/${path}`);
      assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
      const body = (await response.json()) as ProblemDetails;
      assert.equal(body.status, response.status);
      return body;
    };

    before(async () => {
      line = lineOf();
      dashboard = await dashboardOf(line, landing);
      days = await get<DimensionsAnswer>('dimensions');
      orgs = await get<OrganisationsAnswer>('organisations?limit=1000');
      everything = `from=${days.first_day}&to=${days.last_day}`;
    });
    after(() => dashboard.close());

    it('gives the totals of Gold over all organisations, by whatever they are told apart', async () => {
      const gold = await goldRows(line.lake(), 'org_daily_usage_by_service');
      for (const by of ['day', 'month', 'service', 'region,plan', 'day,service']) {
        const { total, rows } = await get<CubeAnswer>(`usage?${everything}&by=${by}`);
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
        const { total } = await get<CubeAnswer>(`usage?org=${id}&${everything}`);
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
      const { total, rows } = await get<CubeAnswer>(path);
      assert.equal(plain(total?.cost_usd), sumOf(gold, 'daily_cost_usd'));
      assert.equal(rows.length, new Set(gold.map((row) => row.usage_date)).size);
      const one = await get<CubeAnswer>(`usage?from=${day}&to=${day}&by=day`);
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
      const support = await get<CubeAnswer>(`support?${everything}`);
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
      const revenue = await get<CubeAnswer>(`revenue?from=${first}&to=${last}`);
      const invoiced = months.filter((row) => String(row.month) >= first!);
      for (const name of ['invoices', 'revenue_usd', 'credits_usd', 'revenue_rate_as_stated_usd']) {
        assert.equal(plain(revenue.total?.[name]), sumOf(invoiced, name), name);
      }
      const tokens = await goldRows(lake, 'org_daily_genai_usage');
      const genai = await get<CubeAnswer>(`genai?${everything}`);
      assert.equal(plain(genai.total?.genai_tokens), sumOf(tokens, 'genai_tokens'));
      assert.equal(plain(genai.total?.cost_usd), sumOf(tokens, 'genai_daily_cost'));
    });

    it('gives the anomalies of one organisation and of all', async () => {
      const gold = await goldRows(line.lake(), 'org_daily_cost_anomalies');
      const all = await get<AnomaliesAnswer>(`anomalies?${everything}`);
      assert.equal(all.anomalies, gold.filter((row) => row.is_anomaly === true).length);
      const id = String(gold[0]!.org_id);
      const one = await get<AnomaliesAnswer>(`anomalies?org=${id}&${everything}`);
      assert.equal(one.rows.length, gold.filter((row) => row.org_id === id).length);
    });

    it('reconciles what was metered with what was invoiced, of one organisation as the mart does, of all as their sum', async () => {
      const gold = await goldRows(line.lake(), 'org_monthly_reconciliation');
      const months = gold
        .map((row) => String(row.month))
        .filter((month) => month > '1970-01-01')
        .sort();
      const all = await get<ReconciliationAnswer>(`reconciliation?from=${months[0]}&to=${months.at(-1)}`);
      for (const row of all.rows) {
        const own = gold.filter((each) => each.month === row.month);
        assert.equal(Number(row.difference_usd), Number(sumOf(own, 'difference_usd')), String(row.month));
      }
      const id = String(gold[0]!.org_id);
      const one = await get<ReconciliationAnswer>(`reconciliation?org=${id}&from=${months[0]}&to=${months.at(-1)}`);
      assert.deepEqual(
        one.rows.map((row) => plain(row.difference_usd)),
        gold.filter((row) => row.org_id === id).map((row) => row.difference_usd),
      );
    });

    it('compares a period with the one before', async () => {
      const overview = await get<OverviewAnswer>('overview');
      const before = await get<CubeAnswer>(`usage?from=${overview.previous.from}&to=${overview.previous.to}&by=month`);
      assert.equal(overview.usage.previous?.cost_usd ?? null, before.total?.cost_usd ?? null);
      assert.equal(overview.usage.year_before, null);
      assert.equal(overview.period.to, days.reference_day);
    });

    it('finds organisations by a part of their name, and draws their budgets', async () => {
      const [some] = orgs.organisations;
      const part = some!.org_name!.slice(1, 6).toUpperCase();
      const found = await get<OrganisationsAnswer>(`organisations?search=${encodeURIComponent(part)}`);
      assert.ok(found.organisations.some(({ org_id }) => org_id === some!.org_id));
      assert.deepEqual(await get(`budget?org=${some!.org_id}`), {
        usd_per_day: '250.000000',
        budgeted: 1,
        organisations: 1,
      });
    });

    it('says how fresh and how complete the data is', async () => {
      const lake = line.lake();
      const { rules, rows } = await get<{ rules: Row[]; rows: number }>('quarantine');
      assert.equal(rows, sumRows(rules));
      const held = rules.find(({ source }) => source === 'usage_events')!;
      const query = `quarantine/rows?source=usage_events&rule=${held.rule}&limit=1000`;
      const lines = await get<{ rows: Row[]; total: number }>(query);
      const quarantine = await rowsIn(lake, 'quarantine.usage_events');
      assert.equal(lines.total, quarantine.filter((row) => row.rule_id === held.rule).length);
      const { layers } = await get<{ layers: { layer: string; behind: number }[] }>('layers');
      assert.deepEqual(
        layers.filter(({ behind }) => behind > 0),
        [],
      );
      const { tables } = await get<{ tables: Row[] }>('tables');
      const silver = tables.find(({ table }) => table === 'silver.usage_events');
      assert.equal(silver?.rows, (await rowsIn(lake, 'silver.usage_events')).length);
      const { versions } = await get<{ versions: Row[] }>('tables/silver.usage_events/versions');
      assert.equal(versions.at(-1)?.version, 0);
      const ledger = await get<{ rows: Row[] }>('ledger?limit=1000');
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
      const { total, source } = await get<CubeAnswer>(`usage?${everything}&by=month`);
      const where = `where=usage_date%3E=${days.first_day}&where=usage_date%3C=${days.last_day}`;
      const figure = await get<Explanation>(
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

    it('sends an answer again only when it is another', async () => {
      const path = `${dashboard.url}/api/v1/usage?${everything}`;
      const first = await fetch(path);
      const tag = first.headers.get('etag')!;
      assert.equal((await fetch(path, { headers: { 'if-none-match': tag } })).status, 304);
      assert.equal((await fetch(path, { headers: { 'if-none-match': 'W/"other"' } })).status, 200);
    });

    it('tells of publications as they come', async () => {
      const abort = new AbortController();
      const response = await fetch(`${dashboard.url}/api/v1/live`, { signal: abort.signal });
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      while (!text.includes('event: published')) text += (await reader.read()).value ?? '';
      assert.match(text, /"gold\.org_daily_usage_by_service":\d+/);
      abort.abort();
    });

    it('says which parameter is wrong, and what is expected', async () => {
      const wrong: readonly (readonly [string, string, RegExp])[] = [
        ['usage?form=2025-07-01', 'form', /no parameter form/],
        ['usage?from=2025-02-30', 'from', /a day that exists/],
        ['usage?from=2025-08-02&to=2025-08-01', 'from', /not after to/],
        ['usage?by=colour', 'by', /some of day, month, service, region, plan/],
        ['usage?org=x&region=y', 'region', /left out when org/],
        ['support?service=compute', 'service', /no parameter service/],
        ['usage?org=', 'org', /fewer than 1/],
        ['usage?org=a&org=b', 'org', /must be string/],
        ['lineage/figure?table=gold.nothing&column=x', '', /no table gold.nothing/],
        ["lineage/figure?table=gold.daily_usage_rollup&column=daily_cost_usd&where=usage_date';DROP", '', /expected/],
      ];
      for (const [path, name, expected] of wrong) {
        const { status, type, detail, parameters } = await problem(path);
        assert.equal(status, 400, path);
        assert.equal(type, '/problems/bad-parameter');
        assert.match(detail, expected, path);
        if (name !== '') assert.equal(parameters?.[0]?.name, name, path);
      }
    });

    it('tells an unknown organisation from one without rows', async () => {
      const unknown = await problem("usage?org=no'such;--");
      assert.equal(unknown.status, 404);
      assert.equal(unknown.type, '/problems/unknown-organisation');
      const known = orgs.organisations[0]!.org_id;
      const empty = await get<CubeAnswer>(`usage?org=${known}&from=1999-01-01&to=1999-01-02`);
      assert.deepEqual([empty.rows, empty.total], [[], null]);
    });

    it('describes every route in its OpenAPI document', async () => {
      const { paths } = await get<{ paths: Record<string, { get: { responses: Record<string, unknown> } }> }>(
        'openapi.json',
      );
      for (const path of ['overview', 'usage', 'anomalies', 'live', 'lineage/row', 'tables/{table}/versions']) {
        assert.ok(paths[`/api/v1/${path}`] !== undefined, path);
      }
      const undescribed = Object.entries(paths).filter(
        ([, { get: route }]) => !('content' in Object(route.responses['200'])),
      );
      assert.deepEqual(
        undescribed.map(([path]) => path),
        ['/api/v1/live'],
      );
    });

    it('shows nothing without the token, or past the proxy', async () => {
      const token = 'a-token-of-some-length';
      const guarded = await dashboardOf(line, landing, {
        access: { token, proxyHeader: { name: 'x-forwarded-user', value: null } },
      });
      try {
        const ask = async (path: string, headers: Record<string, string>) =>
          (await fetch(guarded.url + path, { headers })).status;
        const proxied = { 'x-forwarded-user': 'somebody' };
        for (const path of ['/', '/api/v1/usage', '/api/v1/live', '/api/v1/openapi.json', '/nothing.js']) {
          assert.equal(await ask(path, { authorization: `Bearer ${token}` }), 403, path);
          assert.equal(await ask(path, proxied), 401, path);
          assert.equal(await ask(path, { ...proxied, authorization: 'Bearer wrong' }), 401, path);
        }
        assert.equal(await ask('/', { ...proxied, authorization: `Bearer ${token}` }), 200);
        const basic = `Basic ${Buffer.from(`me:${token}`).toString('base64')}`;
        assert.equal(await ask('/api/v1/dimensions', { ...proxied, authorization: basic }), 200);
      } finally {
        await guarded.close();
      }
    });

    it('answers with the headers of a page that trusts nobody', async () => {
      const { headers } = await fetch(dashboard.url);
      assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'/);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('x-frame-options'), 'DENY');
    });

    it('says that the served tables are of a newer version, and answers again when they are not', async () => {
      const session = await line.session();
      await session.execute(
        "INSERT INTO schema_migrations (version, name, checksum) VALUES (9000, '9000_future', 'none')",
      );
      try {
        await until('a refusal', async () => (await fetch(`${dashboard.url}/api/v1/usage`)).status === 503);
        const { type, detail } = await problem('usage');
        assert.equal(type, '/problems/schema-ahead');
        assert.match(detail, /9000_future/);
      } finally {
        await session.execute('DELETE FROM schema_migrations WHERE version = 9000');
      }
      await until('an answer', async () => (await fetch(`${dashboard.url}/api/v1/usage`)).status === 200);
    });

    it('says that nothing is published yet, and that Cassandra is away, and serves the page all the same', async () => {
      const away = { ...line.cassandra, contactPoints: ['127.0.0.1:1'] };
      const empty = { ...line.cassandra, keyspace: 'nobody_made_this' };
      for (const [cassandra, kind] of [
        [empty, 'nothing-published'],
        [away, 'serving-unavailable'],
      ] as const) {
        const said: string[] = [];
        const other = await dashboardOf(line, landing, { cassandra, log: (message) => said.push(message) });
        try {
          const response = await fetch(`${other.url}/api/v1/usage`);
          const body = await response.text();
          assert.equal(response.status, 503, kind);
          assert.equal(response.headers.get('retry-after'), '5');
          assert.equal((JSON.parse(body) as ProblemDetails).type, `/problems/${kind}`);
          assert.doesNotMatch(body, /127\.0\.0\.1|SELECT|\bat .*\.[jt]s/);
          assert.equal((await fetch(other.url)).status, 200);
        } finally {
          await other.close();
        }
      }
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
