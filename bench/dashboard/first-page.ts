/** How soon the first page shows its figures to somebody who has never been there, and what it makes the network carry. */
import type { Page } from 'playwright-core';
import { openPage, startBrowser } from '../browser.ts';

/** In milliseconds since the address was entered, and bytes. */
export interface FirstPage {
  /** All figures are there, and can be clicked. */
  readonly figuresMs: number;
  /** All charts are drawn. */
  readonly chartsMs: number;
  readonly bytes: number;
}

const visits = 5;

/** Opens the page in a browser that runs already, as everybody's does, with nothing of it in its cache. */
export async function firstPages(url: string): Promise<FirstPage[]> {
  const browser = await startBrowser();
  try {
    const seen: FirstPage[] = [];
    // The first one wakes the browser. Every page has a context, and so a cache, of its own.
    for (let n = 0; n <= visits; n++) seen.push(await visit(await openPage(browser), url));
    return seen.slice(1);
  } finally {
    await browser.close();
  }
}

async function visit(page: Page, url: string): Promise<FirstPage> {
  await page.goto(url, { waitUntil: 'commit' });
  const sinceEntered = (): Promise<number> => page.evaluate<number>('performance.now()');
  const gone = (what: string): Promise<void> => page.locator(what).first().waitFor({ state: 'detached' });
  await page.locator('.kpi button.figure').first().waitFor();
  await gone('.kpi[aria-busy=true]');
  const figuresMs = await sinceEntered();
  await gone('.skeleton');
  await gone('.chart:not(:has(canvas))');
  const chartsMs = await sinceEntered();
  const bytes = await page.evaluate<number>(`
    ['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type)).reduce((sum, { transferSize }) => sum + transferSize, 0)`);
  return { figuresMs, chartsMs, bytes };
}
