/** Invariant 1 for what is built: no row and no amount is lost between an upstream table and its target. */
import type { Table } from 'apache-arrow';
import { countTrue, totalDecimal } from '../../engine/columnar/aggregate.ts';
import type { Column } from '../../engine/columnar/column.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { textMask, trueMask } from '../../transforms/masks.ts';

/** A target's columns that must sum to the same as an upstream's, each side over the rows where a column has a value. */
interface Conserved {
  readonly upstream: string;
  readonly where?: readonly [column: string, value: string | true];
  /** Target column that counts the upstream rows, with a number or as what is true of each. */
  readonly rows?: string;
  readonly sums: readonly { readonly from: string; readonly to: string; readonly where?: readonly [string, string] }[];
}

const measures = [
  { from: 'cost_usd', to: 'daily_cost_usd' },
  { from: 'carbon_kg', to: 'daily_carbon_kg' },
  { from: 'genai_tokens', to: 'daily_genai_tokens' },
  { from: 'value', to: 'daily_requests', where: ['metric', 'requests'] },
  { from: 'value', to: 'daily_cpu_hours', where: ['metric', 'cpu_hours'] },
  { from: 'value', to: 'daily_storage_gb_hours', where: ['metric', 'storage_gb_hours'] },
] as const;

const conserved: Readonly<Record<string, Conserved>> = {
  'gold.org_daily_usage_by_service': { upstream: 'silver.usage_events', rows: 'event_count', sums: measures },
  'gold.org_daily_genai_usage': {
    upstream: 'silver.usage_events',
    where: ['service', 'genai'],
    rows: 'event_count',
    sums: [
      { from: 'cost_usd', to: 'genai_daily_cost' },
      { from: 'genai_tokens', to: 'genai_tokens' },
    ],
  },
  'gold.org_daily_support_metrics': { upstream: 'silver.support_tickets', rows: 'total_tickets', sums: [] },
  'gold.org_monthly_revenue': { upstream: 'silver.billing_monthly', rows: 'invoices', sums: [] },
  'gold.daily_usage_rollup': {
    upstream: 'gold.org_daily_usage_by_service',
    rows: 'organisations',
    sums: [...measures.map(({ to }) => ({ from: to, to }))],
  },
  'gold.monthly_revenue_rollup': {
    upstream: 'gold.org_monthly_revenue',
    sums: ['subtotal_usd', 'credits_usd', 'taxes_usd', 'revenue_usd'].map((c) => ({ from: c, to: c })),
  },
  'gold.daily_cost_anomalies': {
    upstream: 'gold.org_daily_cost_anomalies',
    where: ['is_anomaly', true],
    rows: 'is_anomaly',
    sums: [{ from: 'actual_cost_usd', to: 'actual_cost_usd' }],
  },
};

/** Row tables: every row of these is written or rejected. */
const rowTables = new Set([
  'silver.usage_events',
  'silver.dim_users',
  'silver.support_tickets',
  'silver.billing_monthly',
  'silver.marketing_touches',
  'silver.nps_surveys',
]);

/** Rows or amounts went missing or were made up between two tables. Never worth a retry. */
export class Imbalance extends Error {
  override readonly name = 'Imbalance';
}

/** Throws `Imbalance` naming the table, the measure, both sides and the difference. */
export function checkConserved(
  target: string,
  inputs: Readonly<Record<string, Table>>,
  output: Table,
  rejected: number,
): void {
  if (rowTables.has(target)) {
    const upstream = Object.keys(inputs)[0]!;
    equal(
      `${target}: rows read from ${upstream} = written + quarantined`,
      inputs[upstream]!.numRows,
      output.numRows + rejected,
    );
    return;
  }
  const rule = conserved[target];
  if (rule === undefined) return;
  const input = inputs[rule.upstream]!;
  const rows = rule.where === undefined ? null : rowsWhere(columnOf(input, rule.where[0]), rule.where[1]);
  if (rule.rows !== undefined) {
    const read = rows === null ? input.numRows : rows.reduce((a, b) => a + b, 0);
    equal(
      `${target}: sum of ${rule.rows} = rows read from ${rule.upstream}`,
      read,
      Number(integerSum(output, rule.rows)),
    );
  }
  for (const { from, to, where } of rule.sums) {
    const mask = where === undefined ? rows : rowsWhere(columnOf(input, where[0]), where[1]);
    equal(
      `${target}: sum of ${to} = sum of ${rule.upstream}.${from}`,
      decimalSum(input, from, mask),
      decimalSum(output, to, null),
    );
  }
}

function equal(what: string, upstream: number | bigint, target: number | bigint): void {
  if (upstream === target) return;
  throw new Imbalance(
    `${what} does not hold: ${upstream} upstream, ${target} in the target, difference ${BigInt(upstream) - BigInt(target)}`,
  );
}

function rowsWhere(column: Column, value: string | true): Uint8Array {
  return (value === true ? trueMask(column) : textMask(column, [value])) ?? new Uint8Array(column.length);
}

function decimalSum(table: Table, name: string, where: Uint8Array | null): bigint {
  return totalDecimal(columnOf(table, name), where === null ? {} : { where }) ?? 0n;
}

function integerSum(table: Table, name: string): bigint {
  const column = columnOf(table, name);
  if (column.kind === 'bool') return BigInt(countTrue(column));
  if (column.kind !== 'int64') throw new Error(`${name} is ${column.kind}, expected int64`);
  return column.values.reduce((a, b) => a + b, 0n);
}
