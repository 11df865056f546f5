/** Invoiced revenue by organisation and month, in US dollars. */
import type { Table } from 'apache-arrow';
import { countDistinct, countRows, countValid, sumDecimal } from '../../engine/columnar/aggregate.ts';
import type { Column, DecimalColumn, DictionaryColumn } from '../../engine/columnar/column.ts';
import { dictionaryColumn, valueAt } from '../../engine/columnar/column-of.ts';
import {
  addDecimals,
  decimalOf,
  multiplyDecimals,
  rescaleDecimal,
  subtractDecimals,
} from '../../engine/columnar/decimal.ts';
import { type Grouping, groupBy } from '../../engine/columnar/group.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import * as contracts from '../../schemas/gold.ts';
import { masterFlagRules } from '../../schemas/master-rules.ts';
import { textMask } from '../masks.ts';
import { underContract } from '../under-contract.ts';
import { orUndated, orUnknown, zeroForNull } from './measures.ts';

/** Amounts and rates of one invoice in US dollars, and their sums. */
const usd = { precision: 38, scale: 9 };

/**
 * The mart over rows of `silver.billing_monthly`: revenue = (subtotal − credits + taxes) × rate. A null credit is 0; the
 * rate of US dollar invoices is 1 whatever they state. Each invoice is converted and rounded half to even at 9 decimals,
 * then summed. An invoice without a rate, subtotal or taxes adds nothing to what it lacks them for; its flags say so. One
 * without organisation counts under `unknown`, one without month in that of 1970-01-01.
 */
export function orgMonthlyRevenue({ billing }: { readonly billing: Table }): Table {
  const column = (name: string) => columnOf(billing, name);
  const keys = [orUnknown(column('org_id')), orUndated(column('month'))] as const;
  const grouping = groupBy(keys);
  const [org, month] = keys.map((key) => takeColumn(key, grouping.first));
  const [currency, stated] = [column('currency'), decimalOf(column('exchange_rate_to_usd'))];
  const applied = withOne(stated, textMask(currency, ['USD']));
  const [subtotal, taxes] = [decimalOf(column('subtotal')), decimalOf(column('taxes'))];
  const credits = zeroForNull(decimalOf(column('credits')));
  const net = addDecimals(subtractDecimals(subtotal, credits), taxes);
  const sumOf = (amount: DecimalColumn, rate: DecimalColumn) =>
    sumDecimal(multiplyDecimals(amount, rate, usd), grouping);
  const currencies = sharedRows(currency, grouping);
  return underContract(contracts.orgMonthlyRevenue, {
    org_id: org!,
    month: month!,
    currency: takeColumn(currency, currencies),
    fx_stated: takeColumn(stated, both(currencies, sharedRows(stated, grouping))),
    fx_applied: takeColumn(applied, both(currencies, sharedRows(applied, grouping))),
    invoices: countRows(grouping),
    subtotal_usd: sumOf(subtotal, applied),
    credits_usd: sumOf(credits, applied),
    taxes_usd: sumOf(taxes, applied),
    revenue_usd: sumOf(net, applied),
    revenue_rate_as_stated_usd: sumOf(net, stated),
    revenue_already_usd: sumDecimal(rescaleDecimal(net, usd.scale), grouping),
    flags: unionOfFlags(column('flags') as DictionaryColumn, grouping),
  });
}

/** The rates, 1 where the mask says. */
function withOne(rates: DecimalColumn, where: Uint8Array | null): DecimalColumn {
  if (where === null) return rates;
  const one = 10 ** rates.scale;
  const words = rates.words.slice();
  const validity = rates.validity?.slice() ?? null;
  for (let i = 0; i < where.length; i++) {
    if (where[i] === 0) continue;
    words.fill(0, 4 * i, 4 * i + 4);
    words[4 * i] = one;
    if (validity !== null) validity[i >> 3]! |= 1 << (i & 7);
  }
  return { ...rates, words, validity };
}

/** For each group a row that holds the value all its rows share; −1 where they differ. */
function sharedRows(column: Column, grouping: Grouping): Int32Array {
  const distinct = countDistinct(column, grouping).values;
  const valid = countValid(column, grouping).values;
  const rows = countRows(grouping).values;
  return grouping.first.map((first, g) => (distinct[g] === 1n && valid[g] === rows[g] ? first : -1));
}

/** The rows of `b` in the groups in which `a` has one too. */
function both(a: Int32Array, b: Int32Array): Int32Array {
  return b.map((row, g) => (a[g]! < 0 ? -1 : row));
}

/** The flags of any row of each group, in rule order. */
function unionOfFlags(flags: DictionaryColumn, grouping: Grouping): DictionaryColumn {
  const found: (Set<string> | null)[] = Array.from({ length: grouping.count }, () => null);
  for (let i = 0; i < flags.length; i++) {
    const text = valueAt(flags, i) as string | null;
    if (text === null) continue;
    const group = grouping.ids[i]!;
    const set = found[group] ?? new Set();
    found[group] = set;
    for (const id of text.split(',')) set.add(id);
  }
  const order = masterFlagRules['silver.billing_monthly']!.map((rule) => rule.id);
  return dictionaryColumn(found.map((set) => (set === null ? null : order.filter((id) => set.has(id)).join(','))));
}
