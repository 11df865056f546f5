/** Support tickets by organisation and the day they were opened. */
import type { Table } from 'apache-arrow';
import { countRows, countValid, sumDecimal } from '../../engine/columnar/aggregate.ts';
import type { Column, DecimalColumn } from '../../engine/columnar/column.ts';
import { isValid } from '../../engine/columnar/column.ts';
import { decimalColumn } from '../../engine/columnar/column-of.ts';
import { groupBy } from '../../engine/columnar/group.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import { validMask } from '../../engine/columnar/validity.ts';
import * as contracts from '../../schemas/gold.ts';
import { comparisonMask, inverse, textMask, trueMask, union } from '../masks.ts';
import { underContract } from '../under-contract.ts';
import { orUndated, orUnknown, ratioOf, total, wholeDecimal } from './measures.ts';

/**
 * The mart over rows of `silver.support_tickets`, state as in the snapshot. A valid score counts on open tickets too;
 * hours count where both days are stated. A ticket without organisation counts under `unknown`, one without a day of
 * opening on 1970-01-01.
 */
export function orgDailySupportMetrics({ tickets }: { readonly tickets: Table }): Table {
  const column = (name: string) => columnOf(tickets, name);
  const none = new Uint8Array(tickets.numRows);
  const [created, resolved, csat] = [column('created_at'), column('resolved_at'), column('csat')];
  const keys = [orUnknown(column('org_id')), orUndated(created)] as const;
  const grouping = groupBy(keys);
  const [org, day] = keys.map((key) => takeColumn(key, grouping.first));
  const outside = union(comparisonMask(csat, 'below', '1'), comparisonMask(csat, 'above', '5'));
  const valid = inverse(outside, tickets.numRows);
  const hours = hoursBetween(created, resolved);
  const opened = countRows(grouping);
  const breached = countRows(grouping, { where: trueMask(column('sla_breached')) ?? none });
  const rated = countValid(csat, grouping, { where: valid });
  const scores = total(csat, grouping, valid);
  return underContract(contracts.orgDailySupportMetrics, {
    org_id: org!,
    ticket_date: day!,
    total_tickets: opened,
    critical_tickets: countRows(grouping, { where: textMask(column('severity'), ['critical']) ?? none }),
    sla_breached_count: breached,
    sla_breach_rate: ratioOf(wholeDecimal(breached), wholeDecimal(opened)),
    avg_csat: ratioOf(scores, wholeDecimal(rated)),
    open_tickets: countRows(grouping, { where: inverse(validMask(resolved), tickets.numRows) }),
    resolved_tickets: countValid(resolved, grouping),
    mean_hours_to_resolve: ratioOf(sumDecimal(hours, grouping), wholeDecimal(countValid(hours, grouping))),
    rated_tickets: rated,
    csat_total: scores,
    hours_to_resolve_total: total(hours, grouping),
  });
}

/** Hours from one day to another at 6 decimals; null where a day is not stated. */
function hoursBetween(from: Column, to: Column): DecimalColumn {
  if (from.kind !== 'date' || to.kind !== 'date') throw new Error(`hours between ${from.kind} and ${to.kind}`);
  const hours = Array.from(from.values, (day, i) =>
    isValid(from, i) && isValid(to, i) ? BigInt(to.values[i]! - day) * 24_000_000n : null,
  );
  return decimalColumn(hours, 18, 6);
}
