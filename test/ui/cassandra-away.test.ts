/** Cassandra taken away from under an open page, and given back: the page says so, keeps what it shows, and goes on by itself. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openPage, startBrowser } from '../../bench/browser.ts';
import type { Dashboard } from '../../dashboard/server/server.ts';
import { startCassandra } from '../../stack/cassandra.ts';
import { dashboardOf } from '../dashboard/dashboard-of.ts';
import { type TestLine, testLine } from '../line/line.ts';
import { useCassandra } from '../line/own-cassandra.ts';
import { eventLine, smallLanding } from '../line/small-landing.ts';

/** Longer than the page takes to say so, and than a node takes to start. */
const patience = 60_000;

describe('a page whose Cassandra fails', () => {
  const home = mkdtempSync(join(tmpdir(), 'cpa-ui-cassandra-'));
  const shared = process.env.CPA_TEST_CASSANDRA;
  const landing = smallLanding();
  const log: string[] = [];
  let cassandra: Awaited<ReturnType<typeof startCassandra>>;
  let line: TestLine;
  let dashboard: Dashboard;
  let browser: Browser;
  let page: Page;

  before(async () => {
    landing.events('a.jsonl', [
      eventLine('e1', { timestamp: '2025-07-03T10:00:00Z', org_id: 'org_a', cost_usd_increment: 1.25 }),
      eventLine('e2', { timestamp: '2025-07-04T10:00:00Z', org_id: 'org_b', cost_usd_increment: 2 }),
    ]);
    cassandra = await startCassandra({ home, brief: true, log: () => undefined });
    useCassandra(cassandra);
    line = await testLine({ landing: landing.folder });
    await line.run('dailyRun');
    dashboard = await dashboardOf(line, landing.folder, { log: (message) => void log.push(message) });
    browser = await startBrowser();
    page = await openPage(browser);
    page.setDefaultTimeout(patience);
  });
  after(async () => {
    // One that is frozen would hold up what ends here.
    process.kill(cassandra.pid, 'SIGCONT');
    await browser?.close();
    await dashboard?.close();
    await line?.stop();
    await cassandra?.stop();
    if (shared === undefined) delete process.env.CPA_TEST_CASSANDRA;
    else process.env.CPA_TEST_CASSANDRA = shared;
    rmSync(home, { recursive: true, force: true });
    landing.remove();
    // The driver keeps a timer of a node that has been away, also after it was shut down.
    setTimeout(() => process.exit(), 1000);
  });

  const cost = () => page.locator('.kpi .value').first().textContent();
  const answer = async (query: string): Promise<{ status: number; ms: number; body: string }> => {
    const startMs = performance.now();
    const response = await fetch(`${dashboard.url}/api/v1/usage?from=2025-07-01&to=2025-07-31&${query}`);
    const body = await response.text();
    return { status: response.status, ms: performance.now() - startMs, body };
  };

  for (const [how, org, away, back] of [
    [
      'does not answer',
      'org_a',
      () => process.kill(cassandra.pid, 'SIGSTOP'),
      () => process.kill(cassandra.pid, 'SIGCONT'),
    ],
    [
      'is killed',
      'org_b',
      () => process.kill(cassandra.pid, 'SIGKILL'),
      async () => {
        cassandra = await startCassandra({ home, brief: true, log: () => undefined });
      },
    ],
  ] as const) {
    it(`says that Cassandra ${how}, keeps the figures, and goes on by itself`, async () => {
      await page.goto(`${dashboard.url}/?from=2025-07-01&to=2025-07-31`);
      await page.getByText('$3.25').first().waitFor();
      away();
      await page.locator('.trouble').waitFor();
      assert.match(String(await page.locator('.trouble').textContent()), /Cassandra/);
      assert.equal(await cost(), '$3.25');
      // What nobody has asked for before.
      const refused = await answer(`org=${org}`);
      assert.equal(refused.status, 503);
      assert.ok(refused.ms < 10_000, `it took ${refused.ms} ms to say so`);
      assert.doesNotMatch(refused.body, /127\.0\.0\.1|SELECT|\bat .*\.[jt]s/);
      await page.reload();
      await page.locator('[role=alert]').first().waitFor();

      await back();
      await page.getByText('$3.25').first().waitFor();
      await page.locator('.trouble').waitFor({ state: 'hidden' });
      // Each part of the page asks again by itself, every three seconds.
      await page.locator('[role=alert]').first().waitFor({ state: 'detached' });
      assert.equal(await page.locator('[role=alert]').count(), 0);
      assert.equal((await answer(`org=${org}`)).status, 200);
    });
  }

  it('tells the log once each time, not every second', () => {
    assert.ok(log.length >= 1 && log.length <= 8, log.join('\n'));
  });
});
