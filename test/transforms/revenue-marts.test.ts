import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as gold from '../../schemas/gold.ts';
import { monthlyRevenueRollup } from '../../transforms/gold/monthly-revenue-rollup.ts';
import { orgMonthlyReconciliation } from '../../transforms/gold/org-monthly-reconciliation.ts';
import { orgMonthlyRevenue } from '../../transforms/gold/org-monthly-revenue.ts';
import { checkContract, master } from './contracts.ts';
import { dayOf, type Row, rowsOf, tableFrom } from './rows.ts';
import { orgs } from './usage.ts';

const invoice = {
  invoice_id: 'i',
  org_id: 'o1',
  month: '2025-07-01',
  subtotal: '100',
  taxes: '21',
  currency: 'EUR',
  exchange_rate_to_usd: '1.1',
};

const invoices = (rows: readonly Row[]) =>
  tableFrom(
    master('billing_monthly').fields,
    rows.map((row) => ({ ...invoice, ...row })),
  );

test('revenue: (subtotal − credits + taxes) × rate, the rate 1 for US dollars, the other readings beside it', () => {
  const table = orgMonthlyRevenue({
    billing: invoices([
      { credits: '10' },
      { org_id: 'o2', currency: 'USD', exchange_rate_to_usd: '0.97684', flags: 'usd_rate_not_one' },
    ]),
  });
  checkContract(table, gold.orgMonthlyRevenue);
  assert.deepEqual(rowsOf(table), [
    {
      org_id: 'o1',
      month: '2025-07-01',
      currency: 'EUR',
      fx_stated: '1.1',
      fx_applied: '1.1',
      invoices: 1,
      subtotal_usd: '110',
      credits_usd: '11',
      taxes_usd: '23.1',
      revenue_usd: '122.1',
      revenue_rate_as_stated_usd: '122.1',
      revenue_already_usd: '111',
      flags: null,
    },
    {
      org_id: 'o2',
      month: '2025-07-01',
      currency: 'USD',
      fx_stated: '0.97684',
      fx_applied: '1',
      invoices: 1,
      subtotal_usd: '100',
      credits_usd: '0',
      taxes_usd: '21',
      revenue_usd: '121',
      revenue_rate_as_stated_usd: '118.19764',
      revenue_already_usd: '121',
      flags: 'usd_rate_not_one',
    },
  ]);
});

test('revenue: several currencies or rates in a month, no rate, amounts missing', () => {
  const revenue = (rows: readonly Row[]) => rowsOf(orgMonthlyRevenue({ billing: invoices(rows) }))[0]!;
  const mixed = revenue([{ flags: 'tax_sign' }, { currency: 'USD', flags: 'usd_rate_not_one,rounded' }]);
  assert.deepEqual(
    [mixed.currency, mixed.fx_stated, mixed.fx_applied, mixed.revenue_usd, mixed.invoices, mixed.flags],
    [null, null, null, '254.1', 2, 'tax_sign,usd_rate_not_one,rounded'],
  );
  const twoRates = revenue([{}, { exchange_rate_to_usd: '1.2' }]);
  assert.deepEqual([twoRates.currency, twoRates.fx_applied, twoRates.revenue_usd], ['EUR', null, '278.3']);
  const noRate = revenue([{ exchange_rate_to_usd: null }]);
  assert.deepEqual([noRate.revenue_usd, noRate.fx_applied, noRate.revenue_already_usd], [null, null, '121']);
  const dollars = revenue([{ exchange_rate_to_usd: null, currency: 'USD' }]);
  assert.deepEqual([dollars.revenue_usd, dollars.fx_applied, dollars.revenue_rate_as_stated_usd], ['121', '1', null]);
  const taxless = revenue([{ taxes: null }]);
  assert.deepEqual([taxless.subtotal_usd, taxless.taxes_usd, taxless.revenue_usd], ['110', null, null]);
  const nowhere = revenue([{ org_id: null, month: null }]);
  assert.deepEqual([nowhere.org_id, nowhere.month, nowhere.revenue_usd], ['unknown', '1970-01-01', '133.1']);
});

test('revenue: each invoice is rounded half to even at nine decimals', () => {
  const billing = invoices([{ subtotal: '0.000001', taxes: '0', exchange_rate_to_usd: '0.0005' }]);
  const twice = invoices([{ subtotal: '0.000003', taxes: '0', exchange_rate_to_usd: '0.0005' }]);
  assert.equal(rowsOf(orgMonthlyRevenue({ billing }))[0]!.revenue_usd, '0');
  assert.equal(rowsOf(orgMonthlyRevenue({ billing: twice }))[0]!.revenue_usd, '0.000000002');
});

test('the revenue rollup sums organisations by region and plan at the end of the month', () => {
  const revenue = orgMonthlyRevenue({ billing: invoices([{}, { org_id: 'o2' }, { org_id: 'o9' }]) });
  const table = monthlyRevenueRollup({ revenue, orgs });
  checkContract(table, gold.monthlyRevenueRollup);
  assert.deepEqual(rowsOf(table, ['hq_region', 'plan_tier', 'invoices', 'revenue_usd']), [
    { hq_region: 'eu-west', plan_tier: 'free', invoices: 1, revenue_usd: '133.1' },
    { hq_region: 'unknown', plan_tier: 'unknown', invoices: 1, revenue_usd: '133.1' },
    { hq_region: 'us-east', plan_tier: 'pro', invoices: 1, revenue_usd: '133.1' },
  ]);
});

const usageRow = {
  service_name: 'compute',
  event_count: 1,
  daily_cost_usd: '10',
  daily_requests: '1',
  hq_region: 'r',
  plan_tier: 'p',
};

const usage = (rows: readonly Row[]) =>
  tableFrom(
    gold.orgDailyUsageByService.fields,
    rows.map((row) => ({ ...usageRow, ...row })),
  );

test('reconciliation: both sides of every organisation and month, a missing one named', () => {
  const july = Array.from({ length: 31 }, (_, i) => ({
    org_id: 'o1',
    usage_date: `2025-07-${String(i + 1).padStart(2, '0')}`,
  }));
  const input = {
    usage: usage([...july, { org_id: 'o3', usage_date: '2025-07-05' }, { org_id: 'o1', usage_date: '2025-08-05' }]),
    revenue: orgMonthlyRevenue({ billing: invoices([{}, { org_id: 'o2' }]) }),
  };
  const table = orgMonthlyReconciliation(input);
  checkContract(table, gold.orgMonthlyReconciliation);
  const row = (
    org_id: string,
    month: string,
    metered: string | null,
    invoiced: string | null,
    difference: string,
    ratio: string | null,
    flags: string | null,
  ) => ({
    org_id,
    month,
    metered_cost_usd: metered,
    invoiced_subtotal_usd: invoiced,
    difference_usd: difference,
    metered_to_invoiced: ratio,
    flags,
  });
  const expected = [
    row('o1', '2025-07-01', '310', '110', '200', '2.818181818182', null),
    row('o1', '2025-08-01', '10', null, '10', null, 'not_invoiced,partial_month'),
    row('o2', '2025-07-01', null, '110', '-110', null, 'not_metered'),
    row('o3', '2025-07-01', '10', null, '10', null, 'not_invoiced'),
  ];
  assert.deepEqual(rowsOf(table), expected);
  const only = orgMonthlyReconciliation({ ...input, months: [dayOf('2025-08-01')] });
  assert.deepEqual(rowsOf(only), [expected[1]]);
});
