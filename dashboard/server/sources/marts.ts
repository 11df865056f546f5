/** Rows of the marts in columns: a rollup whole, as long as its publication is the newest; of an organisation what was asked for. */
import { dayNumber, dayText } from '../../../engine/columnar/cell.ts';
import type { Int32Column } from '../../../engine/columnar/column.ts';
import { constantColumn } from '../../../engine/columnar/column-of.ts';
import { concatColumns } from '../../../engine/columnar/concat-columns.ts';
import { filterColumns } from '../../../engine/columnar/filter.ts';
import { sliceColumn } from '../../../engine/columnar/take.ts';
import { bitsFromMask } from '../../../engine/columnar/validity.ts';
import { mapBounded } from '../../../engine/delta/map-bounded.ts';
import { dailyUsageRollup } from '../../../schemas/gold.ts';
import { cubeOf, cubes, isNeeded, rolledUp, usageCube } from '../../../serving/cube.ts';
import { type Columns, columnsOfRows, type MartQuery, martQuery } from '../../../serving/mart-query.ts';
import type { MartState, PublicationState } from '../../../serving/publication-state.ts';
import { isServed } from '../../../serving/queries.ts';
import { servedDays } from '../../../serving/served-days.ts';
import type { Session } from '../../../serving/session.ts';
import { textMask } from '../../../transforms/masks.ts';
import type { Source } from '../../api.ts';
import { nothingPending, type Pending } from './increments.ts';
import { keptRows } from './kept-rows.ts';
import { type PublicationWatch, servingProblem, withPatience } from './publications.ts';

/** Rows of a mart from one day (month) to another, and the publication that they come from. */
export interface MartRows {
  readonly columns: Columns;
  readonly source: Source;
}

export interface Marts {
  /** Rows of one organisation, first and last day `YYYY-MM-DD`, both included. `query`: a file of `cql/queries`. */
  organisation(query: string, org: string, from: string, to: string): Promise<MartRows>;
  /** Rows of a rollup; with `dimensions`, its columns that tell rows apart besides the time, summed over the others. */
  rollup(query: string, from: string, to: string, dimensions?: readonly string[]): Promise<MartRows>;
  /** The first day (month) of a rollup that is stated, `YYYY-MM-DD`; null without any. */
  firstDay(query: string): Promise<string | null>;
  /** Days with usage over all organisations, live or not, since 1970-01-01, ascending. */
  usageDays(): Promise<readonly number[]>;
  /** Whether any mart has rows of the organisation. */
  has(org: string): Promise<boolean>;
}

/** A rollup as it was read. */
interface Rollup {
  readonly rows: MartRows;
  /** Column of the days (months) by which rows are in order. */
  readonly time: string;
  /** Rows by fewer dimensions, as they were asked for. */
  readonly rolledUp: Map<string, Columns>;
  /** Increments that it lacks: those that were found for its version last. */
  pending: Pending;
  /** `usageDays` of it and the increments. */
  distinct: { readonly pending: Pending; readonly days: readonly number[] } | null;
}

const readsAtATime = 32;
const rollupQueries = new Set([...cubes.map(({ queries }) => queries.all), 'anomalies_all']);

/** Reads marts over the watched session. */
export function martsOf(watch: PublicationWatch): Marts {
  const rollups = new Map<string, { current: Promise<Rollup>; number: number }>();
  const organisations = keptRows();
  const plans = new Map<string, Promise<MartQuery>>();
  const planOf = (query: string): Promise<MartQuery> => {
    const plan = plans.get(query) ?? planned(query);
    plans.set(query, plan);
    return plan;
  };

  const rollup = async (query: string): Promise<Rollup> => {
    const { session, publications, speed } = await watch.now();
    const { pending } = speed;
    const found = await newestRead(query, session, publications);
    // Of another version other increments are pending.
    if (pending.rollupVersion === found.rows.source.version) found.pending = pending;
    return found;
  };

  const newestRead = async (query: string, session: Session, publications: PublicationState): Promise<Rollup> => {
    const plan = await planOf(query);
    const state = publications.get(plan.mart.contract.name);
    const number = state?.number ?? 0;
    const kept = rollups.get(query);
    if (kept !== undefined && kept.number >= number) return kept.current;
    const reading = readRollup(session, query, plan, state);
    if (kept === undefined) {
      rollups.set(query, { current: reading, number });
      reading.catch(() => rollups.delete(query));
      return reading;
    }
    // Who asks meanwhile gets the rollup as it was, under its own number.
    kept.number = number;
    reading.then(
      () => rollups.set(query, { current: reading, number }),
      () => {
        kept.number = 0;
      },
    );
    return kept.current;
  };

  // Nobody waits for a rollup: it is read when it is published.
  watch.subscribe(async ({ state }) => {
    if (state === 'served') for (const query of rollupQueries) await rollup(query).catch(() => undefined);
  });

  return {
    organisation: async (query, org, from, to) => {
      const { session, publications, speed } = await watch.now();
      const plan = await planOf(query);
      const published = sourceOf(plan, publications.get(plan.mart.contract.name));
      const isLive = plan.mart.serving.speed !== null;
      const source = isLive ? { ...published, speed_version: speed.servedVersion } : published;
      const key = JSON.stringify([query, org, source.publication]);
      const read = () => readOrganisation(session, query, plan, org, from, to);
      return { columns: await organisations(key, plan.mart.partition, { from, to }, read), source };
    },
    rollup: async (query, from, to, dimensions) => {
      const found = await rollup(query);
      const { rows, pending, time } = found;
      const all = dimensions === undefined ? rows.columns : byDimensions(found, dimensions);
      const days = daysOf(all, time);
      const period = [dayNumber(from), dayNumber(to)] as const;
      const columns = sliced(all, lowerBound(days, period[0]), lowerBound(days, period[1] + 1));
      if (query !== usageCube.queries.all) return { columns, source: rows.source };
      return {
        columns: withPending(columns, pending, period),
        source: { ...rows.source, speed_version: pending.speedVersion },
      };
    },
    firstDay: async (query) => {
      const { rows, time, pending } = await rollup(query);
      const days = daysOf(rows.columns, time);
      // 1970-01-01 stands for not stated.
      const stated = days.subarray(lowerBound(days, 1), lowerBound(days, 1) + 1);
      const first = Math.min(...stated, ...(query === usageCube.queries.all ? pendingDays(pending) : []));
      return Number.isFinite(first) ? dayText(first) : null;
    },
    usageDays: async () => {
      const found = await rollup(usageCube.queries.all);
      const { rows, time, pending } = found;
      if (found.distinct?.pending !== pending) {
        const more = pendingDays(pending);
        const distinct = [...new Set([...daysOf(rows.columns, time), ...more])].sort((a, b) => a - b);
        found.distinct = { pending, days: distinct };
      }
      return found.distinct!.days;
    },
    has: async (org) => {
      const { session } = await watch.now();
      return answered(isServed(session, org));
    },
  };
}

async function readOrganisation(
  session: Session,
  query: string,
  plan: MartQuery,
  org: string,
  from: string,
  to: string,
): Promise<Columns> {
  const rows = await answered(session.execute(plan.statement, { org, first_day: from, last_day: to }));
  return withLive(derived(query, columnsOfRows(plan, rows)));
}

/** The rollup by these dimensions: made once. */
function byDimensions({ rows, time, rolledUp: kept }: Rollup, dimensions: readonly string[]): Columns {
  const key = dimensions.join();
  let columns = kept.get(key);
  if (columns === undefined) {
    columns = rolledUp(rows.columns, time, dimensions);
    kept.set(key, columns);
  }
  return columns;
}

function pendingDays({ columns }: Pending): Iterable<number> {
  return (columns?.[usageCube.time.all] as Int32Column | undefined)?.values ?? [];
}

function daysOf(columns: Columns, time: string): Int32Array {
  const { values, length } = columns[time] as Int32Column;
  return values.subarray(0, length);
}

/** What is sent to Cassandra: of one organisation only the columns that answers need. */
function planned(query: string): Promise<MartQuery> {
  const found = cubeOf(query);
  return martQuery(query, found?.scope === 'organisation' ? (column) => isNeeded(found.cube, column) : undefined);
}

/** With the columns that the cube of the query needs besides those of the mart. */
function derived(query: string, columns: Columns): Columns {
  return { ...columns, ...cubeOf(query)?.cube.derived?.columns(columns) };
}

async function readRollup(
  session: Session,
  query: string,
  plan: MartQuery,
  state: MartState | undefined,
): Promise<Rollup> {
  const { mart } = plan;
  const days = await answered(servedDays(session, mart.table, '0001-01-01', '9999-12-31'));
  const rows = await mapBounded(days, readsAtATime, (day) => answered(session.execute(plan.statement, { day })));
  const columns = derived(query, columnsOfRows(plan, rows.flat()));
  // Only of usage are there increments.
  const isUsage = mart.contract === dailyUsageRollup;
  const live = isUsage && {
    live: constantColumn({ kind: 'bool' }, false, columns[mart.partition]!.length),
  };
  return {
    rows: { columns: { ...columns, ...live }, source: sourceOf(plan, state) },
    time: mart.partition,
    rolledUp: new Map(),
    pending: nothingPending,
    distinct: null,
  };
}

/** Cassandra's answer in time, or the `Problem`. */
function answered<T>(work: Promise<T>): Promise<T> {
  return withPatience(work).catch((error: unknown) => {
    throw servingProblem(error);
  });
}

function sourceOf({ mart }: MartQuery, state: MartState | undefined): Source {
  return { mart: mart.contract.name, publication: state?.number ?? 0, version: state?.version ?? -1 };
}

/** The columns with `live` where increments are served: whether the speed layer wrote the row last. */
function withLive(columns: Columns): Columns {
  const { layer } = columns;
  if (layer === undefined) return columns;
  const bits = bitsFromMask(textMask(layer, ['speed']) ?? new Uint8Array(layer.length));
  return { ...columns, live: { kind: 'bool', length: layer.length, validity: null, bits } };
}

/** Rows of the rollup and after them the increments of the period. */
function withPending(columns: Columns, { columns: more }: Pending, [first, last]: readonly [number, number]): Columns {
  if (more === null) return columns;
  const days = (more[usageCube.time.all] as Int32Column).values;
  const mask = Uint8Array.from(days, (day) => (day >= first && day <= last ? 1 : 0));
  const speed = filterColumns(more, mask);
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, concatColumns([column, speed[name]!])]),
  );
}

function sliced(columns: Columns, begin: number, end: number): Columns {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, sliceColumn(column, begin, end)]));
}

/** The first place in ascending numbers that is not below `value`. */
function lowerBound(values: Int32Array, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
