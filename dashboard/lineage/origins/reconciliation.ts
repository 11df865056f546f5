/** Metered cost against invoices. */

import { dayNumber } from '../../../engine/columnar/cell.ts';
import { dictionaryColumn } from '../../../engine/columnar/column-of.ts';
import { rescaleDecimal, subtractDecimals } from '../../../engine/columnar/decimal.ts';
import { partitionsOf } from '../../../engine/delta/partitions.ts';
import { orgDailyUsageByService, orgMonthlyReconciliation, orgMonthlyRevenue } from '../../../schemas/gold.ts';
import { zeroForNull } from '../../../transforms/gold/measures.ts';
import { monthOf, nextMonthOf } from '../../../transforms/time.ts';
import { decimalIn, type Inputs, made, quotient, sumOf } from '../measure.ts';
import type { Origin } from '../origin.ts';
import { sameAs } from '../picked-rows.ts';
import { orgs } from './organisation.ts';

const usage = orgDailyUsageByService.name;
const revenue = orgMonthlyRevenue.name;

const reconciliation: Origin = {
  sources: [
    {
      table: usage,
      tested: ['org_id'],
      picks: ({ org_id }, row) => sameAs([org_id!], [row.column('org_id')]),
      listed: ['org_id', 'usage_date', 'service_name', 'daily_cost_usd', 'event_count'],
      order: ['usage_date', 'service_name'],
    },
    {
      table: revenue,
      tested: ['org_id'],
      picks: ({ org_id }, row) => sameAs([org_id!], [row.column('org_id')]),
      listed: ['org_id', 'month', 'currency', 'invoices', 'subtotal_usd', 'revenue_usd', 'flags'],
      order: ['month'],
    },
  ],
  measures: {
    metered_cost_usd: sumOf(usage, 'daily_cost_usd'),
    invoiced_subtotal_usd: sumOf(revenue, 'subtotal_usd'),
    difference_usd: {
      ...made('metered_cost_usd − invoiced_subtotal_usd', (_, value) =>
        subtractDecimals(
          rescaleDecimal(zeroForNull(decimalIn(value('metered_cost_usd'))), 9),
          zeroForNull(decimalIn(value('invoiced_subtotal_usd'))),
        ),
      ),
      overRows: 'sum',
    },
    metered_to_invoiced: quotient('metered_cost_usd', 'invoiced_subtotal_usd'),
    flags: made('which sides there are, and days of the month with usage', (inputs) => {
      const month = inputs.row.day('month');
      const flags = [
        ...(inputs.rows(usage).length === 0 ? ['not_metered'] : []),
        ...(inputs.rows(revenue).length === 0 ? ['not_invoiced'] : []),
        ...(meteredDays(inputs, month) < nextMonthOf(month) - month ? ['partial_month'] : []),
      ];
      return dictionaryColumn([flags.length === 0 ? null : flags.join(',')]);
    }),
  },
  missing: (row) => ({
    orgs: orgs(row.column('org_id')),
    fromDay: row.day('month'),
    toDay: nextMonthOf(row.day('month')) - 1,
  }),
};

/** Days of the month with a usage row of any organisation. */
function meteredDays({ upstream }: Inputs, month: number): number {
  const snapshot = upstream(usage);
  const partitions = snapshot === null ? [] : partitionsOf(snapshot);
  return partitions.filter(({ values, rows }) => rows > 0 && monthOf(dayNumber(values.usage_date!)) === month).length;
}

export const reconciliationOrigins: Readonly<Record<string, Origin>> = {
  [orgMonthlyReconciliation.name]: reconciliation,
};
