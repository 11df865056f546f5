/** Metered cost against invoiced subtotal by organisation and month. */
import type { Table } from 'apache-arrow';
import { sumDecimal } from '../../engine/columnar/aggregate.ts';
import type { Column, Int32Column } from '../../engine/columnar/column.ts';
import { dictionaryColumn } from '../../engine/columnar/column-of.ts';
import { concatColumns } from '../../engine/columnar/concat.ts';
import { decimalOf, rescaleDecimal, subtractDecimals } from '../../engine/columnar/decimal.ts';
import { groupBy } from '../../engine/columnar/group.ts';
import { hashJoin } from '../../engine/columnar/join.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import * as contracts from '../../schemas/gold.ts';
import { monthsOf, nextMonthOf } from '../time.ts';
import { underContract } from '../under-contract.ts';
import { ratioOf, zeroForNull } from './measures.ts';

export interface ReconciliationInput {
  /** Rows of `gold.org_daily_usage_by_service`, whole months. */
  readonly usage: Table;
  /** Rows of `gold.org_monthly_revenue`. */
  readonly revenue: Table;
  /** The months wanted, by first day; all that the inputs hold when absent. */
  readonly months?: readonly number[];
}

/**
 * The mart: a row for every organisation and month that has usage or invoices. `partial_month` says that the month has
 * days without any usage row over all organisations: its metering is not complete.
 */
export function orgMonthlyReconciliation({ usage, revenue, months }: ReconciliationInput): Table {
  const metering = metered(usage);
  const invoiced = [columnOf(revenue, 'org_id'), columnOf(revenue, 'month')] as const;
  const allOrgs = concatColumns([metering.keys[0], invoiced[0]]);
  const allMonths = concatColumns([metering.keys[1], invoiced[1]]) as Int32Column;
  const { first } = groupBy([allOrgs, allMonths]);
  const wanted = months === undefined ? first : first.filter((row) => months.includes(allMonths.values[row]!));
  const org = takeColumn(allOrgs, wanted);
  const month = takeColumn(allMonths, wanted) as Int32Column;
  const meteredRows = hashJoin([org, month], metering.keys);
  const invoicedRows = hashJoin([org, month], invoiced);
  const cost = decimalOf(takeColumn(metering.cost, meteredRows));
  const subtotal = decimalOf(takeColumn(columnOf(revenue, 'subtotal_usd'), invoicedRows));
  const difference = subtractDecimals(rescaleDecimal(zeroForNull(cost), 9), zeroForNull(subtotal));
  return underContract(contracts.orgMonthlyReconciliation, {
    org_id: org,
    month,
    metered_cost_usd: cost,
    invoiced_subtotal_usd: subtotal,
    difference_usd: { ...difference, precision: 38 },
    metered_to_invoiced: ratioOf(cost, subtotal),
    flags: dictionaryColumn(
      Array.from(month.values, (day, i) => {
        const flags = [
          ...(meteredRows[i]! < 0 ? ['not_metered'] : []),
          ...(invoicedRows[i]! < 0 ? ['not_invoiced'] : []),
          ...((metering.days.get(day) ?? 0) < nextMonthOf(day) - day ? ['partial_month'] : []),
        ];
        return flags.length === 0 ? null : flags.join(',');
      }),
    ),
  });
}

/** Cost by organisation and month, and how many days of each month have a row. */
function metered(usage: Table): { keys: [Column, Column]; cost: Column; days: Map<number, number> } {
  const dates = columnOf(usage, 'usage_date') as Int32Column;
  const org = columnOf(usage, 'org_id');
  const month = monthsOf(dates);
  const grouping = groupBy([org, month]);
  const days = new Map<number, number>();
  for (const row of groupBy([dates]).first) {
    const of = month.values[row]!;
    days.set(of, (days.get(of) ?? 0) + 1);
  }
  return {
    keys: [takeColumn(org, grouping.first), takeColumn(month, grouping.first)],
    cost: sumDecimal(columnOf(usage, 'daily_cost_usd'), grouping),
    days,
  };
}
