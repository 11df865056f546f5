/**
 * Cubes: what can be asked of the marts by time, service, region and plan, and how rows of an answer are summed. One mart answers
 * for an organisation, a rollup over all.
 */

import { anyTrue, sumDecimal, sumInt64 } from '../engine/columnar/aggregate.ts';
import { dayNumber } from '../engine/columnar/cell.ts';
import type { Column, DecimalColumn, Int32Column, Int64Column } from '../engine/columnar/column.ts';
import { filterColumns } from '../engine/columnar/filter.ts';
import { type Grouping, groupBy, oneGroup } from '../engine/columnar/group.ts';
import { sortIndices } from '../engine/columnar/sort.ts';
import { takeColumn } from '../engine/columnar/take.ts';
import { ratioOf, wholeDecimal } from '../transforms/gold/measures.ts';
import { textMask } from '../transforms/masks.ts';
import { monthsOf } from '../transforms/time.ts';
import { readerOf } from './cell-value.ts';
import type { Columns } from './mart-query.ts';
import type { AnswerRow } from './query-rows.ts';

export type Dimension = 'day' | 'month' | 'service' | 'region' | 'plan';

export interface Measure {
  readonly name: string;
  readonly doc: string;
  /** Column of the mart that is summed. */
  readonly column: string;
  /** Its name in the rollup where that is another; null where the rollup does not have it. */
  readonly rollupColumn?: string | null;
  /** Not shown: a part of a ratio only. */
  readonly hidden?: true;
}

export interface CubeRatio {
  readonly name: string;
  readonly doc: string;
  readonly numerator: string;
  readonly denominator: string;
  /** The ratio is per so many units of the denominator: a power of ten, written as its exponent. */
  readonly tens?: number;
}

export interface Cube {
  readonly name: string;
  readonly doc: string;
  /** `cql/queries/<organisation>.cql` and, once a day or month, `cql/queries/<all>.cql`. */
  readonly queries: { readonly organisation: string; readonly all: string };
  readonly unit: 'day' | 'month';
  /** Columns of the dimensions; those that only the rollup has are dimensions over all organisations alone. */
  readonly time: { readonly organisation: string; readonly all: string };
  readonly dimensions: Readonly<Partial<Record<Dimension, string>>>;
  /** Rows of the rollup that belong to the cube: `[column, value]`. */
  readonly only?: readonly [string, string];
  readonly measures: readonly Measure[];
  readonly ratios: readonly CubeRatio[];
  /** Measures' columns that the mart does not have, made of those it has, `from` among them. */
  readonly derived?: { readonly from: readonly string[]; readonly columns: (columns: Columns) => Columns };
}

const usd = 'US dollars';

export const usageCube: Cube = {
  name: 'usage',
  doc: 'Cost and usage',
  queries: { organisation: 'usage', all: 'usage_all' },
  unit: 'day',
  time: { organisation: 'usage_date', all: 'usage_date' },
  dimensions: { service: 'service_name', region: 'hq_region', plan: 'plan_tier' },
  measures: [
    { name: 'cost_usd', doc: `Cost, ${usd}`, column: 'daily_cost_usd' },
    { name: 'requests', doc: 'Requests', column: 'daily_requests' },
    { name: 'cpu_hours', doc: 'CPU hours', column: 'daily_cpu_hours' },
    { name: 'storage_gb_hours', doc: 'GB hours stored', column: 'daily_storage_gb_hours' },
    { name: 'genai_tokens', doc: 'GenAI tokens; null when no event states them', column: 'daily_genai_tokens' },
    { name: 'carbon_kg', doc: 'Carbon, kg CO2e; null when no event states it', column: 'daily_carbon_kg' },
    { name: 'carbon_cost_usd', doc: 'Cost of the events that state carbon', column: 'daily_carbon_cost_usd' },
    {
      name: 'genai_stated_cost_usd',
      doc: 'Cost of the events that state tokens',
      column: 'daily_genai_stated_cost_usd',
    },
    { name: 'event_count', doc: 'Usage events', column: 'event_count' },
  ],
  ratios: [
    { name: 'cost_per_request', doc: 'cost_usd / requests', numerator: 'cost_usd', denominator: 'requests' },
    {
      name: 'carbon_per_dollar',
      doc: 'carbon_kg / carbon_cost_usd',
      numerator: 'carbon_kg',
      denominator: 'carbon_cost_usd',
    },
    {
      name: 'cost_per_1k_tokens',
      doc: '1000 × genai_stated_cost_usd / genai_tokens',
      numerator: 'genai_stated_cost_usd',
      denominator: 'genai_tokens',
      tens: 3,
    },
  ],
};

export const supportCube: Cube = {
  name: 'support',
  doc: 'Support tickets by the day they were opened',
  queries: { organisation: 'support', all: 'support_all' },
  unit: 'day',
  time: { organisation: 'ticket_date', all: 'ticket_date' },
  dimensions: { region: 'hq_region', plan: 'plan_tier' },
  measures: [
    { name: 'total_tickets', doc: 'Tickets opened', column: 'total_tickets' },
    { name: 'critical_tickets', doc: 'Of these, severity critical', column: 'critical_tickets' },
    { name: 'sla_breached_count', doc: 'Of these, service level breached', column: 'sla_breached_count' },
    { name: 'open_tickets', doc: 'Not resolved in the snapshot', column: 'open_tickets' },
    { name: 'resolved_tickets', doc: 'Resolved', column: 'resolved_tickets' },
    { name: 'rated_tickets', doc: 'Tickets with a valid score', column: 'rated_tickets' },
    { name: 'csat_total', doc: 'Sum of the valid scores', column: 'csat_total' },
    { name: 'hours_to_resolve_total', doc: 'Hours from opened to resolved', column: 'hours_to_resolve_total' },
    {
      name: 'timed_tickets',
      doc: 'Resolved tickets that state both days',
      column: 'timed_tickets',
      hidden: true,
    },
  ],
  // Rows without a mean have no ticket that states both days.
  derived: {
    from: ['mean_hours_to_resolve'],
    columns: ({ mean_hours_to_resolve, resolved_tickets }) => ({
      timed_tickets: { ...(resolved_tickets as Int64Column), validity: mean_hours_to_resolve!.validity },
    }),
  },
  ratios: [
    {
      name: 'sla_breach_rate',
      doc: 'sla_breached_count / total_tickets',
      numerator: 'sla_breached_count',
      denominator: 'total_tickets',
    },
    { name: 'avg_csat', doc: 'csat_total / rated_tickets', numerator: 'csat_total', denominator: 'rated_tickets' },
    {
      name: 'mean_hours_to_resolve',
      doc: 'Mean hours from opened to resolved, of the tickets that state both days',
      numerator: 'hours_to_resolve_total',
      denominator: 'timed_tickets',
    },
  ],
};

export const revenueCube: Cube = {
  name: 'revenue',
  doc: 'Invoiced revenue by month, US dollars',
  queries: { organisation: 'revenue', all: 'revenue_all' },
  unit: 'month',
  time: { organisation: 'month', all: 'month' },
  dimensions: { region: 'hq_region', plan: 'plan_tier' },
  measures: [
    { name: 'invoices', doc: 'Invoices', column: 'invoices' },
    { name: 'subtotal_usd', doc: `Subtotal, ${usd}`, column: 'subtotal_usd' },
    { name: 'credits_usd', doc: `Credits, ${usd}`, column: 'credits_usd' },
    { name: 'taxes_usd', doc: `Taxes, ${usd}`, column: 'taxes_usd' },
    { name: 'revenue_usd', doc: '(subtotal − credits + taxes) × rate applied', column: 'revenue_usd' },
    {
      name: 'revenue_rate_as_stated_usd',
      doc: 'Reading 2: the stated rate, also for US dollar invoices',
      column: 'revenue_rate_as_stated_usd',
    },
    {
      name: 'revenue_already_usd',
      doc: 'Reading 3: the amounts are US dollars already',
      column: 'revenue_already_usd',
    },
  ],
  ratios: [],
};

export const genaiCube: Cube = {
  name: 'genai',
  doc: 'GenAI tokens and their cost (service genai)',
  queries: { organisation: 'genai', all: 'usage_all' },
  unit: 'day',
  time: { organisation: 'event_date', all: 'usage_date' },
  dimensions: { region: 'hq_region', plan: 'plan_tier' },
  only: ['service_name', 'genai'],
  measures: [
    {
      name: 'genai_tokens',
      doc: 'Tokens; null when no event states them',
      column: 'genai_tokens',
      rollupColumn: 'daily_genai_tokens',
    },
    {
      name: 'cost_usd',
      doc: `Cost of all genai events, ${usd}`,
      column: 'genai_daily_cost',
      rollupColumn: 'daily_cost_usd',
    },
    {
      name: 'stated_cost_usd',
      doc: 'Cost of the events that state tokens',
      column: 'genai_stated_cost',
      rollupColumn: 'daily_genai_stated_cost_usd',
    },
    {
      name: 'estimated_cost_usd',
      doc: 'Tokens × the configured price; of one organisation only',
      column: 'genai_estimated_cost',
      rollupColumn: null,
    },
    { name: 'requests', doc: 'Requests', column: 'genai_requests_count', rollupColumn: 'daily_requests' },
    { name: 'event_count', doc: 'Usage events', column: 'event_count' },
  ],
  ratios: [
    {
      name: 'cost_per_1k_tokens',
      doc: '1000 × stated_cost_usd / genai_tokens',
      numerator: 'stated_cost_usd',
      denominator: 'genai_tokens',
      tens: 3,
    },
  ],
};

/** What is asked of a cube: dimensions that tell the rows of the answer apart, and values that rows must have. */
export interface Slice {
  readonly by: readonly Dimension[];
  readonly where: Readonly<Partial<Record<Dimension, string>>>;
}

export interface Summary {
  /** In order of the dimensions. Decimals are exact text, counts are numbers, days `YYYY-MM-DD`, months their first days. */
  readonly rows: readonly AnswerRow[];
  /** The same measures over all rows together; null without a row. */
  readonly total: AnswerRow | null;
}

/**
 * Sums rows of the mart (`organisation`) or of the rollup (`all`). A sum of nulls is null, a ratio is a ratio of sums. Rows may
 * have a column `live` (whether the speed layer wrote them): then a sum is `live` when one of its rows is.
 */
export function summarise(cube: Cube, scope: 'organisation' | 'all', columns: Columns, slice: Slice): Summary {
  const kept = rowsWhere(cube, scope, columns, slice);
  const length = Object.values(kept)[0]?.length ?? 0;
  if (length === 0) return { rows: [], total: null };
  const keys = slice.by.map((dimension) => keyOf(cube, scope, kept, dimension));
  const [total] = rowsOf(cube, scope, kept, oneGroup(length), []);
  if (keys.length === 0) return { rows: [], total: total! };
  const grouping = groupBy(keys);
  const named = slice.by.map((name, i) => ({ name, column: takeColumn(keys[i]!, grouping.first) }));
  const order = sortIndices(named.map(({ column }) => ({ column })));
  const rows = rowsOf(cube, scope, kept, grouping, named);
  return { rows: Array.from(order, (row) => rows[row]!), total: total! };
}

export const cubes: readonly Cube[] = [usageCube, supportCube, revenueCube, genaiCube];

/** The cube that rows of a named query are for, and whether they are those of one organisation. */
export function cubeOf(query: string): { readonly cube: Cube; readonly scope: 'organisation' | 'all' } | null {
  for (const cube of cubes) {
    for (const scope of ['organisation', 'all'] as const) if (cube.queries[scope] === query) return { cube, scope };
  }
  return null;
}

/** Whether answers about one organisation need a column of the mart. */
export function isNeeded({ time, dimensions, measures, derived }: Cube, column: string): boolean {
  const { region, plan, ...own } = dimensions;
  return [time.organisation, ...Object.values(own), ...measures.map((of) => of.column), ...(derived?.from ?? [])]
    .concat('layer')
    .includes(column);
}

/** Columns of the rollup that a slice tells rows apart by, or chooses them by, besides the time. */
export function sliceColumns(cube: Cube, { by, where }: Slice): string[] {
  const dimensions = [...by, ...(Object.keys(where) as Dimension[])].map((name) => dimensionColumn(cube, 'all', name));
  const names = [...dimensions, cube.only?.[0]].filter((name) => name != null && name !== cube.time.all);
  return [...new Set(names as string[])].sort();
}

/**
 * Rows of a rollup with fewer dimensions: a row for each time and value of `columns`, sums in the rest. What `summarise` makes of them
 * is the same, of fewer rows. They stay in the order of time.
 */
export function rolledUp(columns: Columns, time: string, dimensions: readonly string[]): Columns {
  const keys = [time, ...dimensions];
  const grouping = groupBy(keys.map((name) => columns[name]!));
  const rest = Object.entries(columns).filter(
    ([name, { kind }]) => !keys.includes(name) && (kind === 'decimal' || kind === 'int64'),
  );
  return {
    ...Object.fromEntries(keys.map((name) => [name, takeColumn(columns[name]!, grouping.first)])),
    ...Object.fromEntries(rest.map(([name, column]) => [name, sumOf(column, grouping)])),
    ...(columns.live !== undefined && { live: anyTrue(columns.live, grouping) }),
  };
}

/** The column of a dimension; null where this scope does not have it. */
export function dimensionColumn(cube: Cube, scope: 'organisation' | 'all', dimension: Dimension): string | null {
  if (dimension === 'month' || (dimension === 'day' && cube.unit === 'day')) return cube.time[scope];
  return cube.dimensions[dimension] ?? null;
}

function rowsWhere(cube: Cube, scope: 'organisation' | 'all', columns: Columns, { where }: Slice): Columns {
  const tests = Object.entries(where).map(([dimension, value]) => {
    return [dimensionColumn(cube, scope, dimension as Dimension)!, value] as const;
  });
  if (scope === 'all' && cube.only !== undefined) tests.push(cube.only);
  return tests.reduce((rows, [name, text]) => {
    const column = rows[name]!;
    return filterColumns(rows, textMask(column, [text]) ?? new Uint8Array(column.length));
  }, columns);
}

/** The rows of days (months), which `time` holds, from one to another, both `YYYY-MM-DD` and included. */
export function rowsWithin(columns: Columns, time: string, from: string, to: string): Columns {
  const [first, last] = [dayNumber(from), dayNumber(to)];
  const { values, length } = columns[time] as Int32Column;
  const mask = new Uint8Array(length);
  for (let row = 0; row < length; row++) mask[row] = values[row]! >= first && values[row]! <= last ? 1 : 0;
  return filterColumns(columns, mask);
}

function keyOf(cube: Cube, scope: 'organisation' | 'all', columns: Columns, dimension: Dimension): Column {
  const column = columns[dimensionColumn(cube, scope, dimension) ?? ''];
  if (column === undefined) throw new Error(`cube ${cube.name} has no dimension ${dimension} ${scope}`);
  return dimension === 'month' && cube.unit === 'day' ? monthsOf(column as Int32Column) : column;
}

function rowsOf(
  cube: Cube,
  scope: 'organisation' | 'all',
  columns: Columns,
  grouping: Grouping,
  keys: readonly { readonly name: string; readonly column: Column }[],
): AnswerRow[] {
  const sums = new Map<string, Column>();
  for (const measure of cube.measures) {
    const name = scope === 'all' && measure.rollupColumn !== undefined ? measure.rollupColumn : measure.column;
    if (name === null) continue;
    sums.set(measure.name, sumOf(columns[name]!, grouping));
  }
  const shown = [...keys];
  for (const { name, hidden } of cube.measures) {
    const column = sums.get(name);
    if (column !== undefined && hidden !== true) shown.push({ name, column });
  }
  for (const { name, numerator, denominator, tens = 0 } of cube.ratios) {
    const above = decimals(sums.get(numerator)!);
    shown.push({ name, column: ratioOf({ ...above, scale: above.scale - tens }, decimals(sums.get(denominator)!)) });
  }
  if (columns.live !== undefined) shown.push({ name: 'live', column: anyTrue(columns.live, grouping) });
  const readers = shown.map(({ name, column }) => ({ name, read: readerOf(column) }));
  return Array.from({ length: grouping.count }, (_, group) => {
    const row: Record<string, string | number | boolean | null> = {};
    for (const { name, read } of readers) {
      const value = read(group);
      row[name] = typeof value === 'bigint' ? Number(value) : value;
    }
    return row;
  });
}

function sumOf(column: Column, grouping: Grouping): Column {
  return column.kind === 'int64' ? sumInt64(column, grouping) : sumDecimal(column, grouping);
}

function decimals(column: Column): DecimalColumn {
  return column.kind === 'decimal' ? column : wholeDecimal(column as Int64Column);
}
