/** The dashboard beside a running stream: figures move, say that they are live, and are the same once the batch layer has them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startStream, stopStream } from '../../cli/stream/running-stream.ts';
import type { CubeAnswer, FreshnessAnswer, Value } from '../../dashboard/api.ts';
import type { Explanation } from '../../dashboard/lineage/explanation.ts';
import type { Dashboard } from '../../dashboard/server/server.ts';
import { dashboardOf, get as getOf } from '../dashboard/dashboard-of.ts';
import { type TestLine, testLine } from './line.ts';
import { eventLine, type SmallLanding, smallLanding } from './small-landing.ts';
import { until } from './until.ts';

describe('the dashboard beside a stream', () => {
  let landing: SmallLanding;
  let line: TestLine;
  let dashboard: Dashboard;

  before(async () => {
    landing = smallLanding();
    line = await testLine({ landing: landing.folder });
    landing.events('1.jsonl', [
      eventLine('e1', { timestamp: '2025-07-10T01:00:00Z', org_id: 'org_a', cost_usd_increment: 1.25 }),
      eventLine('e2', { timestamp: '2025-07-10T02:00:00Z', org_id: 'org_b', cost_usd_increment: 2 }),
    ]);
    await line.run('dailyRun');
    dashboard = await dashboardOf(line, landing.folder);
  });
  after(async () => {
    await dashboard?.close();
    await line.stop();
    landing.remove();
  });

  const get = <T>(path: string): Promise<T> => getOf<T>(dashboard, path);
  const usage = (query: string) => get<CubeAnswer>(`usage?from=2025-07-10&to=2025-07-11&${query}`);
  const total = async (query: string): Promise<[cost: Value | undefined, live: Value | undefined]> => {
    const answer = await usage(query);
    return [answer.total?.cost_usd, answer.total?.live];
  };
  const liveEvents = async () => (await get<FreshnessAnswer>('freshness')).live;
  /** What is behind the cost of a table's rows, as the page asks it. */
  const behind = async (table: string, query: string): Promise<Explanation> => {
    const { source, total: of } = await usage(query);
    const parameters = new URLSearchParams({ table, column: 'daily_cost_usd', stated: String(of?.cost_usd) });
    parameters.set('version', String(source.version));
    parameters.set('speed_version', String(source.speed_version));
    if (query.startsWith('org=')) parameters.set('where', query.replace('org', 'org_id'));
    return get<Explanation>(`lineage/figure?${parameters}`);
  };

  it('adds what the stream reads to the figures of one organisation and of all, and marks it', async () => {
    assert.deepEqual(await total('by=day'), ['3.250000', false]);
    const { handle } = await startStream(line.client, line.taskQueue, null);
    try {
      landing.events('2.jsonl', [
        eventLine('e3', { timestamp: '2025-07-10T03:00:00Z', org_id: 'org_a', cost_usd_increment: 0.5 }),
        eventLine('e4', { timestamp: '2025-07-11T03:00:00Z', org_id: 'org_b', cost_usd_increment: 4 }),
      ]);
      await until('the live total', async () => (await total('by=day'))[0] === '7.750000');
      assert.deepEqual(await total('by=day'), ['7.750000', true]);
      await until('the live row', async () => (await total('org=org_a'))[0] === '1.750000');
      assert.deepEqual(await total('org=org_a'), ['1.750000', true]);
      assert.equal(await liveEvents(), 2);

      const all = await behind('gold.daily_usage_rollup', 'by=day');
      assert.deepEqual([all.holds, all.levels[1]?.total], [true, 2], all.verdict);
      // Rows are there a moment before the publication that they are of.
      await until('the publication', async () => (await usage('org=org_a')).source.speed_version !== null);
      const own = await behind('gold.org_daily_usage_by_service', 'org=org_a');
      assert.equal(own.verdict, '1 row and 1 increment give 1.750000');
      // Asked by a page that knows of no increments yet.
      const table = 'table=gold.org_daily_usage_by_service&column=daily_cost_usd';
      const { verdict } = await get<Explanation>(`lineage/figure?${table}&where=org_id%3Dorg_a&stated=1.75`);
      assert.match(verdict, /a difference of 0\.5.*; newer increments of the speed layer are there/);
      const [increments] = own.levels.slice(-1);
      const key = increments!.key.map((name, i): [string, string] => ['key', `${name}=${increments!.rows[0]![i]}`]);
      const of: [string, string][] = [['table', increments!.table], ['version', String(increments!.version)], ...key];
      const row = await get<Explanation>(`lineage/row?${new URLSearchParams(of)}`);
      assert.equal(row.holds, true, row.verdict);
      const lines = row.levels.find(({ table }) => table === 'landing')!;
      assert.match(String(lines.rows[0]!.at(-1)), /"event_id":"e3"/);
    } finally {
      await stopStream(handle);
    }
  });

  it('keeps the figures while the batch layer takes over, and marks nothing after it', async () => {
    const seen = new Set<string>();
    let done = false;
    const watching = (async () => {
      while (!done) seen.add(String((await total('by=day'))[0]));
    })();
    await line.run('dailyRun');
    await until('the batch layer’s total', async () => (await total('by=day'))[1] === false);
    done = true;
    await watching;
    assert.deepEqual([...seen], ['7.750000']);
    assert.deepEqual(await total('org=org_a'), ['1.750000', false]);
    assert.equal(await liveEvents(), 0);
  });
});
