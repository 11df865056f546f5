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
    const page = await openPage(browser);
    const devtools = await page.context().newCDPSession(page);
    await page.addInitScript(watch);
    await devtools.send('Network.enable');
    await devtools.send('Network.setCacheDisabled', { cacheDisabled: true });
    let bytes = 0;
    devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    const seen: FirstPage[] = [];
    // The first one wakes the browser.
    for (let n = 0; n <= visits; n++) {
      await page.goto('about:blank');
      bytes = 0;
      seen.push({ ...(await visit(page, url)), bytes });
    }
    return seen.slice(1);
  } finally {
    await browser.close();
  }
}

/** Notes when what is asked for has been painted: to ask the page from outside takes longer than its work. */
const watch = `
  globalThis.seen = {};
  const note = (name) => requestAnimationFrame(() => setTimeout(() => { seen[name] ??= performance.now(); }));
  const has = (what) => document.querySelector(what) !== null;
  new MutationObserver(() => {
    if (has('.kpi button.figure') && !has('.kpi[aria-busy=true]')) note('figuresMs');
    if (has('.chart') && !has('.skeleton') && !has('.chart:not(:has(canvas))')) note('chartsMs');
  }).observe(document, { subtree: true, childList: true, attributes: true });
`;

async function visit(page: Page, url: string): Promise<Omit<FirstPage, 'bytes'>> {
  await page.goto(url);
  await page.locator('.chart canvas').first().waitFor();
  await page.locator('.chart:not(:has(canvas))').first().waitFor({ state: 'detached' });
  // Painting follows.
  await page.waitForTimeout(500);
  return page.evaluate<Omit<FirstPage, 'bytes'>>('seen');
}
