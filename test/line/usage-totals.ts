/**
 * The daily usage mart at every version of Bronze, from Bronze's rows alone: the rules of `docs/` in plain JavaScript, sharing with
 * what it checks only the reading of files.
 */
import { valuesOf } from '../../engine/columnar/column-of.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile } from '../../engine/delta/types.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { metadataWith, pathOf } from '../../schemas/contract.ts';

/** The measures of a row in the order of `measureScales`, unscaled; then its events. */
export type Total = readonly (bigint | null)[];

/** Columns of the mart that events decide, with their decimal places; `null` for whole numbers. */
export const measureScales = {
  daily_cost_usd: 6,
  daily_requests: 6,
  daily_cpu_hours: 6,
  daily_storage_gb_hours: 6,
  daily_genai_tokens: 6,
  daily_carbon_kg: 9,
  daily_carbon_cost_usd: 6,
  daily_genai_stated_cost_usd: 6,
  cost_per_request: 12,
  carbon_per_dollar: 12,
  stated_measures: 0,
  event_count: 0,
} as const;

const metrics = ['requests', 'cpu_hours', 'storage_gb_hours'] as const;
const read = [
  'org_id',
  'event_date',
  'service',
  'metric',
  'value',
  'cost_usd_increment',
  'carbon_kg',
  'genai_tokens',
  'rescued',
] as const;
type Event = Readonly<Record<(typeof read)[number], unknown>>;

/** Sums of a key so far. */
interface Sums {
  events: bigint;
  cost: bigint;
  readonly measures: Record<(typeof metrics)[number], { sum: bigint; events: number; values: number }>;
  readonly tokens: { sum: bigint; cost: bigint; values: number };
  readonly carbon: { sum: bigint; cost: bigint; values: number };
}

/** Key (`org day service`) → its totals, each from the version that brought it on, ascending. */
export type Totals = ReadonlyMap<string, readonly { readonly version: number; readonly total: Total | null }[]>;

export async function usageTotals(lake: Lake): Promise<Totals> {
  const { name } = bronzeUsageEvents;
  const table = lake.table(name);
  const metadata = metadataWith(bronzeUsageEvents, (await table.latest())!.metadata);
  const files = new Map<string, AddFile>();
  const sums = new Map<string, Sums>();
  const totals = new Map<string, { version: number; total: Total | null }[]>();
  for (const { version, adds, removes } of await table.commitsSince(-1)) {
    const touched = new Set<string>();
    const count = async (changed: readonly AddFile[], sign: 1n | -1n): Promise<void> => {
      if (changed.length === 0) return;
      const rows = await readFiles(lake.store, pathOf(name), metadata, changed);
      const columns = read.map((column) => valuesOf(columnOf(rows, column)));
      for (let i = 0; i < rows.numRows; i++) {
        const event = Object.fromEntries(read.map((column, c) => [column, columns[c]![i] ?? null])) as Event;
        if (isRejected(event)) continue;
        const day = new Date(Number(event.event_date) * 86_400_000).toISOString().slice(0, 10);
        const key = `${event.org_id} ${day} ${event.service ?? 'unknown'}`;
        const own = sums.get(key) ?? noSums();
        sums.set(key, own);
        add(own, event, sign);
        touched.add(key);
      }
    };
    for (const file of adds) files.set(file.path, file);
    await count(
      removes.filter((file) => file.dataChange).map(({ path }) => files.get(path)!),
      -1n,
    );
    await count(
      adds.filter((file) => file.dataChange),
      1n,
    );
    for (const key of touched) {
      const list = totals.get(key) ?? [];
      totals.set(key, list);
      const own = sums.get(key)!;
      list.push({ version, total: own.events === 0n ? null : totalOf(own) });
    }
  }
  return totals;
}

/** A key's total at a version; null where it had no event. */
export function totalAt(totals: Totals, key: string, version: number): Total | null {
  return totals.get(key)?.findLast((at) => at.version <= version)?.total ?? null;
}

/** What Silver refuses. */
function isRejected(event: Event): boolean {
  const rescued = JSON.parse((event.rescued as string | null) ?? '{}') as Record<string, unknown>;
  const isNumber = (raw: unknown) => raw !== undefined && typeof raw !== 'object' && !Number.isNaN(Number(raw));
  return (
    event.org_id === null ||
    event.cost_usd_increment === null ||
    (event.cost_usd_increment as bigint) < -10_000n ||
    (event.value === null && rescued.value !== undefined) ||
    (event.carbon_kg === null && isNumber(rescued.carbon_kg)) ||
    (event.genai_tokens === null && isNumber(rescued.genai_tokens))
  );
}

function noSums(): Sums {
  const none = () => ({ sum: 0n, events: 0, values: 0 });
  return {
    events: 0n,
    cost: 0n,
    measures: { requests: none(), cpu_hours: none(), storage_gb_hours: none() },
    tokens: { sum: 0n, cost: 0n, values: 0 },
    carbon: { sum: 0n, cost: 0n, values: 0 },
  };
}

/** Counts an event, or with `sign` −1 takes it out again. */
function add(sums: Sums, event: Event, sign: 1n | -1n): void {
  const cost = sign * (event.cost_usd_increment as bigint);
  const one = Number(sign);
  sums.events += sign;
  sums.cost += cost;
  const measure = sums.measures[event.metric as (typeof metrics)[number]];
  if (measure !== undefined) {
    measure.events += one;
    if (event.value !== null) {
      measure.values += one;
      measure.sum += sign * (event.value as bigint);
    }
  }
  for (const [name, stated] of [
    ['tokens', event.genai_tokens],
    ['carbon', event.carbon_kg],
  ] as const) {
    if (stated === null) continue;
    sums[name].values += one;
    sums[name].sum += sign * (stated as bigint);
    sums[name].cost += cost;
  }
}

function totalOf({ events, cost, measures, tokens, carbon }: Sums): Total {
  const measured = metrics.map((metric) => {
    const { sum, events: of, values } = measures[metric];
    return of > 0 && values === 0 ? null : sum;
  });
  const stated = metrics.reduce((bits, metric, i) => bits + (measures[metric].values > 0 ? 1 << i : 0), 0);
  const ifStated = ({ values }: { readonly values: number }, sum: bigint) => (values === 0 ? null : sum);
  return [
    cost,
    ...measured,
    ifStated(tokens, tokens.sum),
    ifStated(carbon, carbon.sum),
    ifStated(carbon, carbon.cost),
    ifStated(tokens, tokens.cost),
    ratio(cost * 10n ** 12n, measured[0] ?? null),
    // Nine places over six.
    carbon.values === 0 ? null : ratio(carbon.sum * 10n ** 9n, carbon.cost),
    BigInt(stated),
    events,
  ];
}

/** Rounded half to even; null over null or 0. */
function ratio(numerator: bigint, denominator: bigint | null): bigint | null {
  if (denominator === null || denominator === 0n) return null;
  const [n, d] = denominator < 0n ? [-numerator, -denominator] : [numerator, denominator];
  let whole = n / d;
  if (whole * d > n) whole--;
  const twice = 2n * (n - whole * d);
  return twice > d || (twice === d && whole % 2n !== 0n) ? whole + 1n : whole;
}
