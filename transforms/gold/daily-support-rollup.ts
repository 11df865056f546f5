/** Support tickets over all organisations by the day they were opened, region and plan. */
import type { Table } from 'apache-arrow';
import { sumInt64 } from '../../engine/columnar/aggregate.ts';
import type { Int32Column, Int64Column } from '../../engine/columnar/column.ts';
import { decimalOf } from '../../engine/columnar/decimal.ts';
import { groupBy } from '../../engine/columnar/group.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import { validMask } from '../../engine/columnar/validity.ts';
import * as contracts from '../../schemas/gold.ts';
import { asOf } from '../silver/as-of.ts';
import { endOfDays } from '../time.ts';
import { underContract } from '../under-contract.ts';
import { measure, orUnknown, ratioOf, total, wholeDecimal } from './measures.ts';

const counts = [
  'total_tickets',
  'critical_tickets',
  'sla_breached_count',
  'open_tickets',
  'resolved_tickets',
  'rated_tickets',
] as const;

/** The mart over rows of `gold.org_daily_support_metrics`; each organisation as of the end of the day, from `silver.dim_orgs`. */
export function dailySupportRollup({ support, orgs }: { readonly support: Table; readonly orgs: Table }): Table {
  const column = (name: string) => columnOf(support, name);
  const day = column('ticket_date') as Int32Column;
  const organisation = asOf(orgs, 'org_id', column('org_id'), endOfDays(day));
  const keys = {
    ticket_date: day,
    hq_region: orUnknown(organisation('hq_region')),
    plan_tier: orUnknown(organisation('plan_tier')),
  };
  const grouping = groupBy(Object.values(keys));
  const count = Object.fromEntries(counts.map((name) => [name, sumInt64(column(name), grouping)]));
  const scores = total(column('csat_total'), grouping);
  const hours = column('hours_to_resolve_total');
  // Hours are summed over resolved tickets whose day of opening is known: those of rows that have a mean.
  const timed = validMask(column('mean_hours_to_resolve'));
  const timedTickets = measure(wholeDecimal(column('resolved_tickets') as Int64Column), grouping, timed);
  return underContract(contracts.dailySupportRollup, {
    ...Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, takeColumn(key, grouping.first)])),
    ...count,
    sla_breach_rate: ratioOf(wholeDecimal(count.sla_breached_count!), wholeDecimal(count.total_tickets!)),
    avg_csat: ratioOf(scores, wholeDecimal(count.rated_tickets!)),
    mean_hours_to_resolve: ratioOf(measure(decimalOf(hours), grouping, timed), timedTickets),
    csat_total: scores,
    hours_to_resolve_total: total(hours, grouping),
  });
}
