/** The dashboard beside a running stream: figures move, say that they are live, and are the same once the batch layer has them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startStream, stopStream } from '../../cli/stream/running-stream.ts';
import type { CubeAnswer, FreshnessAnswer, Value } from '../../dashboard/api.ts';
import type { Dashboard } from '../../dashboard/server/server.ts';
import { dashboardOf } from '../dashboard/api.suite.ts';
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

  const total = async (query: string): Promise<[cost: Value | undefined, live: Value | undefined]> => {
    const path = `${dashboard.url}/api/v1/usage?from=2025-07-10&to=2025-07-11&${query}`;
    const answer = (await (await fetch(path)).json()) as CubeAnswer;
    return [answer.total?.cost_usd, answer.total?.live];
  };
  const liveEvents = async () =>
    ((await (await fetch(`${dashboard.url}/api/v1/freshness`)).json()) as FreshnessAnswer).live;

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
