/** Invoiced revenue over all organisations by month, region and plan, in US dollars. */
import type { Table } from 'apache-arrow';
import { sumDecimal, sumInt64 } from '../../engine/columnar/aggregate.ts';
import type { Int32Column } from '../../engine/columnar/column.ts';
import { groupBy } from '../../engine/columnar/group.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import * as contracts from '../../schemas/gold.ts';
import { asOf } from '../silver/as-of.ts';
import { endOfDays, nextMonthOf } from '../time.ts';
import { underContract } from '../under-contract.ts';
import { orUnknown } from './measures.ts';

const sums = [
  'subtotal_usd',
  'credits_usd',
  'taxes_usd',
  'revenue_usd',
  'revenue_rate_as_stated_usd',
  'revenue_already_usd',
] as const;

/** The mart over rows of `gold.org_monthly_revenue`; each organisation as of the end of the month, from `silver.dim_orgs`. */
export function monthlyRevenueRollup({ revenue, orgs }: { readonly revenue: Table; readonly orgs: Table }): Table {
  const column = (name: string) => columnOf(revenue, name);
  const month = column('month') as Int32Column;
  const lastDays: Int32Column = { ...month, values: month.values.map((day) => nextMonthOf(day) - 1) };
  const organisation = asOf(orgs, 'org_id', column('org_id'), endOfDays(lastDays));
  const keys = {
    month,
    hq_region: orUnknown(organisation('hq_region')),
    plan_tier: orUnknown(organisation('plan_tier')),
  };
  const grouping = groupBy(Object.values(keys));
  return underContract(contracts.monthlyRevenueRollup, {
    ...Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, takeColumn(key, grouping.first)])),
    ...Object.fromEntries(sums.map((name) => [name, sumDecimal(column(name), grouping)])),
    invoices: sumInt64(column('invoices'), grouping),
  });
}
