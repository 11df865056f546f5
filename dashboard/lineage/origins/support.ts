/** Support tickets by organisation and day. */
import { type Column, type Int32Column, isValid } from '../../../engine/columnar/column.ts';
import { decimalColumn } from '../../../engine/columnar/column-of.ts';
import { decimalOf } from '../../../engine/columnar/decimal.ts';
import { andValidity, bitsFromMask } from '../../../engine/columnar/validity.ts';
import { orgDailySupportMetrics } from '../../../schemas/gold.ts';
import { orUndated, orUnknown, ratioOf } from '../../../transforms/gold/measures.ts';
import { comparisonMask, inverse, union } from '../../../transforms/masks.ts';
import { countOf, decimalIn, made, quotient, sumOf, whereNull, whereStated, whereText, whereTrue } from '../measure.ts';
import type { Origin } from '../origin.ts';
import { sameAs } from '../picked-rows.ts';

const tickets = 'silver.support_tickets';
const hours = countOf(tickets, whereStated('hours_to_resolve'));

const support: Origin = {
  sources: [
    {
      table: tickets,
      tested: ['org_id', 'created_at'],
      picks: ({ org_id, created_at }, row) =>
        sameAs([orUnknown(org_id!), orUndated(created_at!)], [row.column('org_id'), row.column('ticket_date')]),
      listed: ['ticket_id', 'org_id', 'severity', 'created_at', 'resolved_at', 'csat', 'sla_breached', 'flags'],
      derived: ({ created_at, resolved_at, csat }) => ({
        valid_csat: within(csat!, '1', '5'),
        hours_to_resolve: hoursBetween(created_at as Int32Column, resolved_at as Int32Column),
      }),
      order: ['ticket_id'],
    },
  ],
  measures: {
    total_tickets: countOf(tickets),
    critical_tickets: countOf(tickets, whereText('severity', 'critical')),
    sla_breached_count: countOf(tickets, whereTrue('sla_breached')),
    sla_breach_rate: quotient('sla_breached_count', 'total_tickets'),
    avg_csat: quotient('csat_total', 'rated_tickets'),
    open_tickets: countOf(tickets, whereNull('resolved_at')),
    resolved_tickets: countOf(tickets, whereStated('resolved_at')),
    mean_hours_to_resolve: made('hours_to_resolve_total / tickets that state both days', (inputs, value) =>
      ratioOf(decimalIn(value('hours_to_resolve_total')), decimalIn(hours.of(inputs, value))),
    ),
    rated_tickets: countOf(tickets, whereStated('valid_csat')),
    csat_total: sumOf(tickets, 'valid_csat', undefined, 'zero'),
    hours_to_resolve_total: sumOf(tickets, 'hours_to_resolve', undefined, 'zero'),
  },
};

/** The numbers from `least` to `most`; null for others. */
export function within(column: Column, least: string, most: string): Column {
  const outside = union(comparisonMask(column, 'below', least), comparisonMask(column, 'above', most));
  const inside = bitsFromMask(inverse(outside, column.length));
  return { ...decimalOf(column), validity: andValidity(column.validity, inside, column.length) };
}

function hoursBetween(from: Int32Column, to: Int32Column): Column {
  const hour = 1_000_000n;
  return decimalColumn(
    Array.from({ length: from.length }, (_, i) =>
      isValid(from, i) && isValid(to, i) ? BigInt(to.values[i]! - from.values[i]!) * 24n * hour : null,
    ),
    18,
    6,
  );
}

export const supportOrigins: Readonly<Record<string, Origin>> = { [orgDailySupportMetrics.name]: support };
