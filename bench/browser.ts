/** A real browser, for tests and for the bench. */
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as engine, type Page } from 'playwright-core';

/** Starts a browser; `close` it. */
export async function startBrowser(): Promise<Browser> {
  return engine.launch({ executablePath: await chromium.executablePath(), args: chromium.args, headless: true });
}

/** A page of the size of a small laptop's. */
export function openPage(browser: Browser): Promise<Page> {
  return browser.newPage({ viewport: { width: 1440, height: 900 } });
}
