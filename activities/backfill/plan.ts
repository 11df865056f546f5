/** What a backfill would do, and why; nothing is touched. */
import type { Snapshot } from '../../engine/delta/types.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { rowsByPartition } from '../audit/scope.ts';
import { extraVersions } from '../build-dirty.ts';
import type { ActivityContext } from '../context.ts';
import { type DayRange, madeOf, planTable, type Work } from '../dirty.ts';
import { msPerRow } from './estimate.ts';
import { type EndedBackfill, endedBackfills, versionsOf } from './log.ts';
import type { BackfillRequest } from './request.ts';
import { type BackfillStages, stagesOf } from './stages.ts';

/** A day that has something to do. */
export interface PlannedDay {
  readonly date: string;
  readonly why: readonly string[];
  /** Rows that its tables read, about. */
  readonly rows: number;
}

export interface BackfillPlan extends BackfillStages {
  /** In order. */
  readonly days: readonly PlannedDay[];
  /** Tables that are not built day by day and have something to do: how many partitions, and why. */
  readonly others: readonly { readonly table: string; readonly partitions: number; readonly why: readonly string[] }[];
  /** Partitions that a restore has pinned and this leaves as they are, as `<table>/<partition>`; the first 20. */
  readonly pinned: readonly string[];
  /** Partitions are recomputed that were not for this number, whatever their state; null: only what is dirty. */
  readonly recompute: number | null;
  /** The days over which tables are built that are not built day by day. */
  readonly range: DayRange;
  /** Rows to read and time to take, about, on one worker. */
  readonly rows: number;
  readonly estimatedMs: number;
  /** Versions of the tables now; those that do not exist are absent. */
  readonly versions: Readonly<Record<string, number>>;
}

const namedPins = 20;

/** Plans a request from the logs of the lake. */
export async function planBackfill(context: ActivityContext, request: BackfillRequest): Promise<BackfillPlan> {
  const { lake } = context;
  const stages = stagesOf(request.tables);
  const before = request.mode === 'failed' ? await endedBefore(context, request) : null;
  const failed = before && failedDays(before, request);
  // Partitions that record less than the last backfill that recomputed everything have failed since.
  const last = before?.findLast(({ mode }) => mode === 'all');
  const recompute = request.mode === 'all' ? request.askedMs : (last?.askedMs ?? null);
  const range = last === undefined ? { from: request.from, to: request.to } : common(request, last);
  const plan = async (table: string, days: DayRange): Promise<Work> => {
    const contract = contractOf(table);
    return planTable(
      lake,
      contract,
      await extraVersions(context, table, recompute ?? undefined),
      madeOf(contract, days),
    );
  };
  const why = new Map<string, Set<string>>();
  const pinned: string[] = [];
  const others = [];
  for (const table of stages.daily) {
    const work = await plan(table, request);
    for (const [day, reasons] of work.why) {
      if (failed !== null && !failed.has(day)) continue;
      why.set(day, new Set([...(why.get(day) ?? []), ...reasons]));
    }
    pinned.push(...work.held.map((partition) => `${table}/${partition}`));
  }
  for (const table of [...stages.first, ...stages.last]) {
    const work = await plan(table, range);
    const reasons = [...new Set([...work.why.values()].flat())];
    if (work.partitions.length > 0) others.push({ table, partitions: work.partitions.length, why: reasons });
    pinned.push(...work.held.map((partition) => `${table}/${partition}`));
  }
  const sizes = await Promise.all(stages.daily.map((table) => daySizes(context, table)));
  const days = [...why.keys()].sort().map((date) => ({
    date,
    why: [...why.get(date)!],
    rows: sizes.reduce((rows, { of }) => rows + of(date), 0),
  }));
  const estimatedMs = sizes.reduce(
    (ms, { of, rate }) => ms + days.reduce((rows, { date }) => rows + of(date), 0) * rate,
    0,
  );
  return {
    ...stages,
    days,
    others,
    pinned: pinned.slice(0, namedPins),
    recompute,
    range,
    rows: days.reduce((rows, day) => rows + day.rows, 0),
    estimatedMs: Math.ceil(estimatedMs),
    versions: await versionsOf(context, request),
  };
}

/** The days that both ranges have. */
function common(a: DayRange, b: DayRange): DayRange {
  return { from: [a.from, b.from].sort()[1]!, to: [a.to, b.to].sort()[0]! };
}

/** Earlier backfills of some day and table that is asked for, in their order; those that never began are none. */
async function endedBefore(context: ActivityContext, { from, to, tables }: BackfillRequest): Promise<EndedBackfill[]> {
  const ended = await endedBackfills(context);
  return ended.filter(
    (e) =>
      (e.state !== 'cancelled' || e.daysPlanned > 0) &&
      e.from <= to &&
      e.to >= from &&
      e.tables.some((table) => tables.includes(table)),
  );
}

/** The days of the range that failed, and that no later backfill of the same tables has built. */
function failedDays(before: readonly EndedBackfill[], request: BackfillRequest): ReadonlySet<string> {
  const failed = new Set<string>();
  for (const ended of before) {
    const isBuilt = ended.state !== 'cancelled' && request.tables.every((table) => ended.tables.includes(table));
    if (isBuilt) for (const day of failed) if (day >= ended.from && day <= ended.to) failed.delete(day);
    for (const what of Object.keys(ended.failed)) if (what >= request.from && what <= request.to) failed.add(what);
  }
  return failed;
}

/** The rows that a day of the table is made of, as far as they are there, and the milliseconds that one takes. */
async function daySizes({ lake }: ActivityContext, table: string) {
  const rowsOf = (snapshot: Snapshot | null) => rowsByPartition(snapshot ?? undefined);
  const upstream = rowsOf(await lake.table(contractOf(table).upstream[0]!.table).latest());
  const own = rowsOf(await lake.table(table).latest());
  return { of: (day: string): number => upstream.get(day) ?? own.get(day) ?? 0, rate: await msPerRow(lake, table) };
}
