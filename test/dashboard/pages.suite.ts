/** The pages in a real browser, over a line that has run: the figures that people read, and what they can do with them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { startBrowser } from '../../bench/browser.ts';
import type { Dashboard } from '../../dashboard/server/server.ts';
import type { TestLine } from '../line/line.ts';
import { dashboardOf } from './dashboard-of.ts';
import { goldRows, sumOf } from './gold.ts';

const pages = ['/', '/finops', '/support', '/revenue', '/genai', '/carbon', '/data'];
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const usd = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
const patience = 30_000;

export function pagesSuite(lineOf: () => TestLine, landing: string): void {
  describe('the pages of the dashboard', () => {
    let line: TestLine;
    let dashboard: Dashboard;
    let browser: Browser;
    let page: Page;
    const complaints: string[] = [];

    before(async () => {
      line = lineOf();
      dashboard = await dashboardOf(line, landing);
      browser = await startBrowser();
      page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      page.setDefaultTimeout(patience);
      await page.addInitScript(watchShifts);
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => {
        const url = request.url();
        if (!url.startsWith(dashboard.url) && !/^(data|blob):/.test(url)) complaints.push(`asked ${url}`);
      });
    });
    after(async () => {
      await browser?.close();
      await dashboard?.close();
    });

    /** Opens an address and waits until nothing is loading any more. */
    const visit = async (path: string): Promise<void> => {
      await page.goto(dashboard.url + path);
      await settled(page);
    };

    for (const path of pages) {
      it(`shows ${path} without a complaint, also to those who use it otherwise`, async () => {
        complaints.length = 0;
        await visit(path);
        assert.deepEqual(await page.evaluate('shifts'), [], `${path} moves while it loads`);
        assert.deepEqual(await seriousFindings(page), [], path);
        await page.setViewportSize({ width: 390, height: 844 });
        await visit(path);
        assert.deepEqual(await page.evaluate('shifts'), [], `${path} moves while it loads on a phone`);
        const beyond = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        assert.ok(beyond <= 0, `${path} is ${beyond} pixels wider than a phone`);
        await page.setViewportSize({ width: 1440, height: 900 });
        assert.equal(await page.locator('[role=alert]').count(), 0);
        assert.deepEqual(complaints, []);
      });
    }

    it('shows the cost of everything, and of what the filters leave', async () => {
      const gold = await goldRows(line.lake(), 'org_daily_usage_by_service');
      const days = gold.map((row) => String(row.usage_date)).sort();
      const period = `from=${days[0]}&to=${days.at(-1)}`;
      await visit(`/finops?${period}`);
      assert.equal(await kpi(page, 'Cost').textContent(), usd.format(Number(sumOf(gold, 'daily_cost_usd'))));

      const service = String(gold[0]!.service_name);
      await page.getByLabel('Service', { exact: true }).selectOption(service);
      await settled(page);
      const own = gold.filter((row) => row.service_name === service);
      assert.equal(await kpi(page, 'Cost').textContent(), usd.format(Number(sumOf(own, 'daily_cost_usd'))));
      assert.equal(new URL(page.url()).searchParams.get('service'), service);

      const org = String(own[0]!.org_id);
      const search = page.getByRole('combobox', { name: 'Organisation' });
      await search.fill(org);
      await page.getByRole('listbox', { name: 'Organisations' }).getByRole('option').first().waitFor();
      await search.press('Enter');
      await settled(page);
      assert.equal(new URL(page.url()).searchParams.get('org'), org);
      const ownOrg = own.filter((row) => row.org_id === org);
      assert.equal(await kpi(page, 'Cost').textContent(), usd.format(Number(sumOf(ownOrg, 'daily_cost_usd'))));

      // A shared address shows the same.
      await visit(new URL(page.url()).pathname + new URL(page.url()).search);
      assert.equal(await kpi(page, 'Cost').textContent(), usd.format(Number(sumOf(ownOrg, 'daily_cost_usd'))));
      await page.goBack();
    });

    it('shows on every page what Gold says, and what stands behind each figure gives it', async () => {
      const lake = line.lake();
      const usage = await goldRows(lake, 'org_daily_usage_by_service');
      const days = usage.map((row) => String(row.usage_date)).sort();
      const [from, to] = [days[0]!, days.at(-1)!];
      const genai = usage.filter((row) => row.service_name === 'genai');
      const support = await goldRows(lake, 'org_daily_support_metrics', ({ ticket_date }) => {
        return from <= String(ticket_date) && String(ticket_date) <= to;
      });
      const revenue = await goldRows(lake, 'org_monthly_revenue', ({ month }) => {
        return from.slice(0, 7) <= String(month).slice(0, 7) && String(month) <= to;
      });
      const sums = (rows: typeof usage, columns: Record<string, string>) =>
        Object.fromEntries(Object.entries(columns).map(([title, column]) => [title, sumOf(rows, column)]));
      const expected: Record<string, Record<string, string>> = {
        '/': {
          ...sums(usage, { Cost: 'daily_cost_usd', Requests: 'daily_requests', Carbon: 'daily_carbon_kg' }),
          ...sums(usage, { 'GenAI tokens': 'daily_genai_tokens' }),
          ...sums(revenue, { 'Revenue (months)': 'revenue_usd' }),
          ...sums(support, { 'Critical tickets': 'critical_tickets' }),
        },
        '/finops': sums(usage, { 'CPU hours': 'daily_cpu_hours', Storage: 'daily_storage_gb_hours' }),
        '/support': sums(support, {
          'Tickets opened': 'total_tickets',
          Critical: 'critical_tickets',
          'Still open': 'open_tickets',
        }),
        '/revenue': sums(revenue, {
          Revenue: 'revenue_usd',
          Subtotal: 'subtotal_usd',
          Credits: 'credits_usd',
          Taxes: 'taxes_usd',
          Invoices: 'invoices',
        }),
        '/genai': sums(genai, { Tokens: 'daily_genai_tokens', 'GenAI cost': 'daily_cost_usd' }),
        '/carbon': sums(usage, { Carbon: 'daily_carbon_kg', Cost: 'daily_cost_usd' }),
      };
      for (const [path, figures] of Object.entries(expected)) {
        await visit(`${path}?from=${from}&to=${to}`);
        for (const [title, value] of Object.entries(figures)) {
          const exact = String(await kpi(page, title).getAttribute('title')).replace(/:.*/, '');
          assert.equal(plain(exact), value, `${path}: ${title}`);
        }
        const buttons = page.locator('.kpi button.figure');
        for (let n = 0; n < (await buttons.count()); n++) {
          await buttons.nth(n).click();
          const verdict = page.locator('.verdict');
          await verdict.waitFor();
          assert.match(String(await verdict.textContent()), /^✓ /, `${path}: ${await buttons.nth(n).textContent()}`);
          await page.keyboard.press('Escape');
          await page.locator('dialog').waitFor({ state: 'detached' });
        }
      }
    });

    it('goes from a figure to its rows, and from there to the lines of the landing zone', async () => {
      const gold = await goldRows(line.lake(), 'org_daily_usage_by_service');
      const org = String(gold[0]!.org_id);
      const days = gold.map((row) => String(row.usage_date)).sort();
      await visit(`/finops?org=${org}&from=${days[0]}&to=${days.at(-1)}`);
      await page.locator('.kpi button.figure').first().click();
      const verdict = page.locator('.verdict');
      await verdict.waitFor();
      const own = gold.filter((row) => row.org_id === org);
      assert.match(String(await verdict.textContent()), new RegExp(`^✓ ${own.length} rows (add up to|give) `));
      await page.locator('dialog td button.figure').first().click();
      await page.getByText('Lines of the landing zone').first().waitFor();
      const [listed] = await Promise.all([
        page.waitForEvent('download'),
        page
          .locator('dialog section', { hasText: 'Lines of the landing zone' })
          .first()
          .getByRole('button', { name: 'CSV' })
          .click(),
      ]);
      assert.match(readFileSync(await listed.path(), 'utf8'), /^file,generation,line,offset,/);
      assert.match(String(await verdict.textContent()), /^✓ /);
      await page.keyboard.press('Escape');
      await page.locator('dialog').waitFor({ state: 'detached' });
    });

    it('gives tables and charts away as files', async () => {
      await visit('/finops');
      const panel = page.getByRole('region', { name: 'Daily cost by service' });
      const saved = async (name: string): Promise<Buffer> => {
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          panel.getByRole('button', { name }).click(),
        ]);
        return readFileSync(await download.path());
      };
      const csv = (await saved('CSV')).toString();
      assert.match(csv, /^day,service,cost_usd,requests,cost_per_request\r\n\d{4}-\d\d-\d\d,\w+,\d+\.\d{6},/);
      assert.deepEqual([...(await saved('PNG')).subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    });

    it('says that the dashboard is away, and goes on by itself when it is back', async () => {
      await visit('/');
      const port = Number(new URL(dashboard.url).port);
      await dashboard.close();
      await page.getByText('The dashboard does not answer').first().waitFor();
      dashboard = await dashboardOf(line, landing, { port });
      await page.locator('.trouble').waitFor({ state: 'hidden' });
      await settled(page);
      assert.equal(await page.locator('[role=alert]').count(), 0);
    });
  });
}

/** Notes in `shifts` what moves without having been asked to (Layout Instability API), and from where to where. */
const watchShifts = `
  globalThis.shifts = [];
  const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(' ');
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, sources } of list.getEntries()) {
      for (const { node, previousRect, currentRect } of hadRecentInput ? [] : sources) {
        shifts.push((node?.className ?? '') + ' ' + (node?.textContent ?? '').slice(0, 40) + ': ' + place(previousRect) + ' to ' + place(currentRect));
      }
    }
  }).observe({ type: 'layout-shift', buffered: true });
`;

async function settled(page: Page): Promise<void> {
  await page.locator('.kpi, .panel').first().waitFor();
  await page.locator('.skeleton, [aria-busy=true]').first().waitFor({ state: 'detached' });
  await page.locator('.chart:not(:has(canvas))').first().waitFor({ state: 'detached' });
}

function kpi(page: Page, title: string): Locator {
  const card = page.locator('.kpi').filter({ has: page.getByRole('heading', { name: title, exact: true }) });
  return card.locator('.value');
}

/** Without zeros at the end. */
function plain(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

interface Axe {
  run(): Promise<{
    violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[];
  }>;
}

/** Findings of the accessibility scan that hinder people, with where they are. */
async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<Awaited<ReturnType<Axe['run']>>>(
    `axe.run({ resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })`,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.target.join(' ')} ${nodes[0]?.failureSummary}`);
}
