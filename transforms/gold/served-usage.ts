/** Rows of `org_daily_usage_by_service` as they are served: what the batch layer says, and what the speed layer adds to it. */
import type { Table } from 'apache-arrow';
import { maximum, sumDecimal, sumInt64 } from '../../engine/columnar/aggregate.ts';
import type { Column, ColumnSpec, DecimalColumn, Int32Column } from '../../engine/columnar/column.ts';
import { constantColumn } from '../../engine/columnar/column-of.ts';
import { concatColumns } from '../../engine/columnar/concat.ts';
import { type Grouping, groupBy } from '../../engine/columnar/group.ts';
import { columnOf, tableOf } from '../../engine/columnar/table.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import { bitsFromMask, validMask } from '../../engine/columnar/validity.ts';
import { orgDailyUsageByService } from '../../schemas/gold.ts';
import { ratioOf } from './measures.ts';

/** Measures that are 0 without an event and null without a value, in the order of their bits in `stated_measures`. */
const measures = ['daily_requests', 'daily_cpu_hours', 'daily_storage_gb_hours'] as const;
/** Sums of what events state; null when none does. */
const sums = [
  'daily_cost_usd',
  'daily_genai_tokens',
  'daily_carbon_kg',
  'daily_carbon_cost_usd',
  'daily_genai_stated_cost_usd',
] as const;
const { key } = orgDailyUsageByService;

/** The columns of a served row. */
export const servedUsageColumns: readonly ColumnSpec[] = [
  ...orgDailyUsageByService.fields,
  { name: 'layer', type: { kind: 'dictionary' }, nullable: false },
  { name: 'bronze_version', type: { kind: 'int64' }, nullable: false },
];

/** Rows of the mart as served without increments; `bronzeVersions`: the version that the batch layer consumed, for each row. */
export function batchUsage(mart: Table, bronzeVersions: Column): Table {
  const columns = Object.fromEntries(orgDailyUsageByService.fields.map(({ name }) => [name, columnOf(mart, name)]));
  return tableOf(
    { ...columns, layer: layerColumn('batch', mart.numRows), bronze_version: bronzeVersions },
    servedUsageColumns,
  );
}

/**
 * Served rows with increments added to them: every key once, with its total, its ratios recomputed, and the newest Bronze
 * version in it. Names and plan are those of the served row; of a key that has none those of its first increment.
 * `increments`: rows of the speed mart, a key's in the order of their Bronze versions, none of them in `served` yet.
 */
export function servedUsage(served: Table, increments: Table): Table {
  const both = (name: string): Column => concatColumns([columnOf(served, name), columnOf(increments, name)]);
  const columns = Object.fromEntries(
    [...orgDailyUsageByService.fields, { name: 'bronze_version' }].map(({ name }) => [name, both(name)]),
  );
  const layer = concatColumns([columnOf(served, 'layer'), layerColumn('speed', increments.numRows)]);
  const grouping = groupBy(key.map((name) => columns[name]!));
  const firsts = ['org_name', 'hq_region', 'plan_tier', ...key];
  const stated = columns.stated_measures as Int32Column;
  const total = (name: string): DecimalColumn => sumDecimal(columns[name]!, grouping);
  const out: Record<string, Column> = {
    ...Object.fromEntries(firsts.map((name) => [name, takeColumn(columns[name]!, grouping.first)])),
    ...Object.fromEntries(sums.map((name) => [name, total(name)])),
    ...Object.fromEntries(
      measures.map((name, at) => [name, withoutUnstated(total(name), columns[name]!, stated, 1 << at, grouping)]),
    ),
    stated_measures: union(stated, grouping),
    event_count: sumInt64(columns.event_count!, grouping),
    bronze_version: maximum(columns.bronze_version!, grouping),
    layer: takeColumn(layer, lastRows(grouping)),
  };
  const cost = out.daily_cost_usd as DecimalColumn;
  out.cost_per_request = ratioOf(cost, out.daily_requests as DecimalColumn);
  out.carbon_per_dollar = ratioOf(out.daily_carbon_kg as DecimalColumn, out.daily_carbon_cost_usd as DecimalColumn);
  return tableOf(out, servedUsageColumns);
}

/** Null for groups in which no row states a value and some row is null: they have events of the measure, and no value. */
function withoutUnstated(
  total: DecimalColumn,
  parts: Column,
  stated: Int32Column,
  bit: number,
  { ids, count }: Grouping,
): DecimalColumn {
  if (parts.validity === null) return total;
  const valid = validMask(parts);
  const hasValue = new Uint8Array(count);
  const hasNull = new Uint8Array(count);
  for (let i = 0, end = ids.length; i < end; i++) {
    if (valid[i] === 0) hasNull[ids[i]!] = 1;
    if ((stated.values[i]! & bit) !== 0) hasValue[ids[i]!] = 1;
  }
  const mask = Uint8Array.from(hasNull, (none, g) => (none === 1 && hasValue[g] === 0 ? 0 : 1));
  return { ...total, validity: bitsFromMask(mask) };
}

function union(bits: Int32Column, { ids, count }: Grouping): Int32Column {
  const values = new Int32Array(count);
  for (let i = 0, end = ids.length; i < end; i++) values[ids[i]!]! |= bits.values[i]!;
  return { kind: 'int32', length: count, validity: null, values };
}

/** The last row of each group. */
function lastRows({ ids, count }: Grouping): Int32Array {
  const last = new Int32Array(count);
  for (let i = 0, end = ids.length; i < end; i++) last[ids[i]!] = i;
  return last;
}

function layerColumn(layer: 'batch' | 'speed', length: number): Column {
  return constantColumn({ kind: 'dictionary' }, layer, length);
}
