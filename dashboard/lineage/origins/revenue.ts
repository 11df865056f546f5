/** Invoices as revenue in US dollars. */
import type { Column } from '../../../engine/columnar/column.ts';
import { decimalColumn, dictionaryColumn, nullColumn, valuesOf } from '../../../engine/columnar/column-of.ts';
import { typeOf } from '../../../engine/columnar/concat-columns.ts';
import { roundHalfEven } from '../../../engine/columnar/decimal.ts';
import { sliceColumn } from '../../../engine/columnar/take.ts';
import { orgMonthlyRevenue } from '../../../schemas/gold.ts';
import { masterFlagRules } from '../../../schemas/master-rules.ts';
import { orUndated, orUnknown } from '../../../transforms/gold/measures.ts';
import { countOf, type Measure, made, sumOf } from '../measure.ts';
import type { Origin } from '../origin.ts';
import { type Columns, sameAs } from '../picked-rows.ts';

const invoices = 'silver.billing_monthly';
const amounts = [
  'subtotal_usd',
  'credits_usd',
  'taxes_usd',
  'revenue_usd',
  'revenue_rate_as_stated_usd',
  'revenue_already_usd',
] as const;

const revenue: Origin = {
  sources: [
    {
      table: invoices,
      tested: ['org_id', 'month'],
      picks: ({ org_id, month }, row) =>
        sameAs([orUnknown(org_id!), orUndated(month!)], [row.column('org_id'), row.column('month')]),
      listed: [
        'invoice_id',
        'org_id',
        'month',
        'currency',
        'exchange_rate_to_usd',
        'subtotal',
        'credits',
        'taxes',
        'flags',
      ],
      derived: inDollars,
      order: ['invoice_id'],
    },
  ],
  measures: {
    ...Object.fromEntries(amounts.map((name) => [name, sumOf(invoices, name)])),
    invoices: countOf(invoices),
    currency: shared('currency'),
    fx_stated: shared('exchange_rate_to_usd'),
    fx_applied: shared('fx_applied'),
    flags: made('flags of any invoice', ({ rows }) => {
      const found = new Set(valuesOf(rows(invoices).columns.flags!).flatMap((flags) => String(flags ?? '').split(',')));
      const flags = masterFlagRules[invoices]!.map(({ id }) => id).filter((id) => found.has(id));
      return dictionaryColumn([flags.length === 0 ? null : flags.join(',')]);
    }),
  },
};

/** Amounts have 6 decimals, rates 9; converted amounts 9, each rounded half to even. */
const rateOne = 10n ** 9n;
const roundedAway = 10n ** 6n;

/** Each invoice in US dollars: a null credit is 0, and the rate of invoices in US dollars is 1 whatever they state. */
function inDollars(columns: Columns): Columns {
  const values = (name: string) => valuesOf(columns[name]!) as (bigint | null)[];
  const [subtotal, credits, taxes] = [values('subtotal'), values('credits').map((c) => c ?? 0n), values('taxes')];
  const stated = values('exchange_rate_to_usd');
  const currencies = valuesOf(columns.currency!);
  const applied = stated.map((rate, i) => (currencies[i] === 'USD' ? rateOne : rate));
  const net = subtotal.map((s, i) => (s === null || taxes[i] === null ? null : s - credits[i]! + taxes[i]!));
  const usd = (amount: readonly (bigint | null)[], rates: readonly (bigint | null)[]): Column =>
    decimalColumn(
      amount.map((a, i) => (a === null || rates[i] == null ? null : roundHalfEven(a * rates[i], roundedAway))),
      38,
      9,
    );
  return {
    fx_applied: decimalColumn(applied, 18, 9),
    subtotal_usd: usd(subtotal, applied),
    credits_usd: usd(credits, applied),
    taxes_usd: usd(taxes, applied),
    revenue_usd: usd(net, applied),
    revenue_rate_as_stated_usd: usd(net, stated),
    revenue_already_usd: usd(
      net,
      net.map(() => rateOne),
    ),
  };
}

/** What all invoices of the row have in common, where they have one currency. */
function shared(column: string): Measure {
  return made(`${column} of all invoices, of one currency`, ({ rows }) => {
    const { columns, length } = rows(invoices);
    const isOne = (name: string): boolean => {
      const values = valuesOf(columns[name]!);
      return values.length > 0 && values[0] !== null && values.every((value) => value === values[0]);
    };
    const values = columns[column]!;
    return length > 0 && isOne('currency') && isOne(column) ? sliceColumn(values, 0, 1) : nullColumn(typeOf(values), 1);
  });
}

export const revenueOrigins: Readonly<Record<string, Origin>> = { [orgMonthlyRevenue.name]: revenue };
