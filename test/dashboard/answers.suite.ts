/** How the dashboard's API answers: entity tags, news, headers, access, and what it says when something is wrong. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CubeAnswer, OrganisationsAnswer, ProblemDetails } from '../../dashboard/api.ts';
import type { Dashboard } from '../../dashboard/server/server.ts';
import type { TestLine } from '../line/line.ts';
import { until } from '../line/until.ts';
import { dashboardOf, get, problem } from './dashboard-of.ts';

export function answersSuite(lineOf: () => TestLine, landing: string): void {
  describe('the answers of the API', () => {
    let line: TestLine;
    let dashboard: Dashboard;

    before(async () => {
      line = lineOf();
      dashboard = await dashboardOf(line, landing);
    });
    after(() => dashboard.close());

    it('sends an answer again only when it is another', async () => {
      const path = `${dashboard.url}/api/v1/usage`;
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
        ['lineage/row?table=gold.daily_usage_rollup&key=usage_date', 'key', /expected column=value/],
        ['lineage/figure?table=gold.nothing&column=x', '', /no table gold.nothing/],
        ["lineage/figure?table=gold.daily_usage_rollup&column=daily_cost_usd&where=usage_date';DROP", '', /expected/],
      ];
      for (const [path, name, expected] of wrong) {
        const { status, type, detail, parameters } = await problem(dashboard, path);
        assert.equal(status, 400, path);
        assert.equal(type, '/problems/bad-parameter');
        assert.match(detail, expected, path);
        if (name !== '') assert.equal(parameters?.[0]?.name, name, path);
      }
    });

    it('tells an unknown organisation from one without rows', async () => {
      const unknown = await problem(dashboard, "usage?org=no'such;--");
      assert.equal(unknown.status, 404);
      assert.equal(unknown.type, '/problems/unknown-organisation');
      const { organisations } = await get<OrganisationsAnswer>(dashboard, 'organisations?limit=1');
      const known = organisations[0]!.org_id;
      const empty = await get<CubeAnswer>(dashboard, `usage?org=${known}&from=1999-01-01&to=1999-01-02`);
      assert.deepEqual([empty.rows, empty.total], [[], null]);
    });

    it('describes every route in its OpenAPI document', async () => {
      const { paths } = await get<{ paths: Record<string, { get: { responses: Record<string, unknown> } }> }>(
        dashboard,
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
        const { type, detail } = await problem(dashboard, 'usage');
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
