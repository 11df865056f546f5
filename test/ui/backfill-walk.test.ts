/** Somebody who knows nothing but what the Temporal UI shows has a range of days built. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openPage, startBrowser } from '../../bench/browser.ts';
import { runningBackfill } from '../../cli/backfill/running-backfill.ts';
import { type TestLine, testLine } from '../line/line.ts';
import { eventLine, smallLanding } from '../line/small-landing.ts';
import { rowsIn } from '../line/tables.ts';

const ui = process.env.CPA_TEST_TEMPORAL_UI ?? '';
const patience = { timeout: 60_000 };

describe('the Temporal UI', () => {
  const landing = smallLanding();
  let line: TestLine;
  let browser: Browser;
  let page: Page;
  let id: string;

  before(async () => {
    landing.events('a.jsonl', [
      eventLine('e1', { timestamp: '2025-07-03T10:00:00Z' }),
      eventLine('e2', { timestamp: '2025-07-04T10:00:00Z' }),
      eventLine('e3', { timestamp: '2025-07-20T10:00:00Z' }),
    ]);
    line = await testLine({ landing: landing.folder });
    await Promise.all([line.run('bronzeBatch'), line.run('bronzeStream')]);
    id = (await runningBackfill(line.client, line.taskQueue)).workflowId;
    browser = await startBrowser();
    page = await openPage(browser);
    page.setDefaultTimeout(patience.timeout);
  });
  after(async () => {
    await browser?.close();
    await line.client.workflow.getHandle(id).cancel();
    await line.stop();
    landing.remove();
  });

  it('says how to ask for a backfill, takes the request, and shows what came of it', async () => {
    // The list of workflows, as its search field filters it.
    await page.goto(`${ui}/namespaces/default/workflows?query=${encodeURIComponent(`WorkflowId="${id}"`)}`);
    await page.getByRole('link', { name: id, exact: true }).first().click();
    await page.getByText('User Metadata', { exact: true }).click();
    await shown(page, /To ask for one: More Actions, Send a Signal/);
    // The example that the page shows, word for word.
    const example = await shown(page, /^\{"from": .*\}$/);
    assert.equal(example, '{"from": "2025-07-01", "to": "2025-07-31"}');

    await send(page, 'request', example);

    assert.match(await shown(page, /^\s*done 2025-07-01 – 2025-07-31, missing/), /3 of 3 days/);
    const days = (await rowsIn(line.lake(), 'gold.org_daily_usage_by_service')).map((row) => row.usage_date).sort();
    assert.deepEqual(days, ['2025-07-03', '2025-07-04', '2025-07-20']);
  });

  it('says why a request is refused', async () => {
    await send(page, 'request', '{"from": "2025-07-32"}');
    await shown(page, /from: "2025-07-32" is not valid; an example is "2025-08-14"/);
  });
});

/** Opens the dialog of a signal and fills it in. */
async function send(page: Page, signal: string, input: string): Promise<void> {
  await page.getByRole('button', { name: 'More Actions' }).click();
  await page.getByRole('menuitem', { name: 'Send a Signal' }).first().click();
  const dialog = page.locator('dialog:visible');
  await dialog.getByTestId('signal-select-button').click();
  await dialog
    .getByRole('option')
    .filter({ hasText: new RegExp(`^\\s*${signal}\\s`) })
    .click();
  await dialog.getByRole('textbox', { name: 'Data' }).click();
  // What was sent before is still there.
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.insertText(input);
  const submit = dialog.getByRole('button', { name: 'Submit' });
  // The first click may only leave the field, which then lays out what it holds and moves the button.
  for (let clicks = 0; await submit.isVisible(); clicks++) {
    if (clicks === 5) throw new Error(`${signal} is not sent: ${await dialog.textContent()}`);
    await submit.click({ timeout: 5000 }).catch(() => undefined);
    await page.waitForTimeout(1000);
  }
}

/** The text of what the page shows, looked for again, as the page says (`R` refreshes it), until it is there. */
async function shown(page: Page, what: RegExp): Promise<string> {
  const deadlineMs = Date.now() + patience.timeout;
  for (;;) {
    // Markdown is shown in frames.
    for (const frame of page.frames()) {
      // One that is being refreshed has nothing to say.
      const texts = await frame
        .locator('code, p, li')
        .allTextContents()
        .catch(() => []);
      const found = texts.map((text) => text.trim()).find((text) => text.search(what) !== -1);
      if (found !== undefined) return found;
    }
    if (Date.now() > deadlineMs) throw new Error(`${page.url()} never showed ${what}`);
    await page.waitForTimeout(500);
    await page.keyboard.press('r');
  }
}
