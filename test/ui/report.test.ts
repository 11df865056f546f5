/** A report in a real browser: nothing is asked for, nothing complains, nothing sticks out; printed, it is pages of A4. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { startBrowser } from '../../bench/browser.ts';
import { makeReport } from '../../dashboard/report/report.ts';
import { type TestLine, testLine } from '../line/line.ts';
import { eventLine, smallLanding } from '../line/small-landing.ts';

interface Seen {
  readonly width: number;
  readonly charts: readonly number[];
  readonly open: number;
  readonly images: number;
  readonly fill: string;
}

const landing = smallLanding();
let line: TestLine;
let browser: Browser;
let file: string;

before(async () => {
  landing.events('a.jsonl', [
    eventLine('e1', { timestamp: '2025-07-03T10:00:00Z' }),
    eventLine('e2', { timestamp: '2025-07-04T10:00:00Z', service: `<img src="x.png"> & 'co'` }),
  ]);
  line = await testLine({ landing: landing.folder });
  await line.run('dailyRun');
  const { html } = await makeReport({
    filters: {},
    cassandra: line.cassandra,
    lake: line.lakeRoot,
    landing: landing.folder,
    budgets: null,
    clock: Date.now,
    log: () => undefined,
  });
  file = join(line.folder, 'report.html');
  writeFileSync(file, html);
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await line.stop();
  landing.remove();
});

for (const [width, colorScheme] of [
  [1440, 'light'],
  [390, 'dark'],
] as const) {
  test(`at ${width} pixels, ${colorScheme}`, async () => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const told: string[] = [];
    page.on('console', (message) => told.push(message.text()));
    page.on('pageerror', (error) => told.push(error.message));
    page.on('request', (request) => told.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    await page.locator('article').last().waitFor();
    assert.deepEqual(told, [pathToFileURL(file).href]);
    const seen = await page.evaluate<Seen>(`({
      width: document.documentElement.scrollWidth,
      charts: [...document.querySelectorAll('.chart svg')].map((chart) => chart.getBoundingClientRect().width),
      open: document.querySelectorAll('details[open]').length,
      images: document.images.length,
      fill: getComputedStyle(document.querySelector('.chart text')).fill,
    })`);
    assert.equal(seen.width, width);
    assert.ok(seen.charts.filter((wide) => wide > 300).length > 10);
    assert.deepEqual([seen.open, seen.images], [0, 0], 'names are text, whatever is in them');
    assert.equal(seen.fill, colorScheme === 'dark' ? 'rgb(154, 166, 181)' : 'rgb(86, 97, 114)');
  });
}

test('printed, it is pages of A4', async () => {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(file).href);
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
  const pages = pdf.match(/\/Type \/Page\b/g)?.length ?? 0;
  assert.ok(pages >= 6 && pages <= 14, `${pages} pages`);
  assert.match(pdf, /\/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]/);
});
