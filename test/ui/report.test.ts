/** A report in a real browser: nothing is asked for, nothing complains, nothing sticks out; printed, it is pages of A4. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { makeReport } from '../../dashboard/report/report.ts';
import { type PublishedLake, publishedLake } from '../dashboard/published-lake.ts';
import { startBrowser } from './browser.ts';

interface Seen {
  readonly width: number;
  readonly charts: readonly number[];
  readonly open: number;
  readonly fill: string;
}

let line: PublishedLake;
let browser: Browser;
let file: string;

before(async () => {
  line = await publishedLake();
  await line.publish();
  const { cassandra, lakeRoot: lake, landing, folder } = line;
  const log = () => undefined;
  const { html } = await makeReport({ filters: {}, cassandra, lake, landing, budgets: null, clock: Date.now, log });
  file = join(folder, 'report.html');
  writeFileSync(file, html);
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await line.stop();
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
      fill: getComputedStyle(document.querySelector('.chart text')).fill,
    })`);
    assert.equal(seen.width, width);
    assert.ok(seen.charts.filter((wide) => wide > 300).length > 15);
    assert.equal(seen.open, 0);
    assert.equal(seen.fill, colorScheme === 'dark' ? 'rgb(154, 166, 181)' : 'rgb(86, 97, 114)');
  });
}

test('printed, it is pages of A4', async () => {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(file).href);
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
  const pages = pdf.match(/\/Type \/Page\b/g)?.length ?? 0;
  assert.ok(pages >= 7 && pages <= 14, `${pages} pages`);
  assert.match(pdf, /\/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]/);
});
