/** A landing zone that gets everything at once: how fast the continuous stream brings it to Cassandra. */
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Truth } from '../../cli/generate/landing.ts';
import { eventsFolder } from '../../cli/produce/write.ts';
import { formatDecimal } from '../../engine/columnar/decimal.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import type { Commit } from '../../engine/delta/types.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { orgDailyUsageByService, orgDailyUsageByServiceSpeed } from '../../schemas/gold.ts';
import { readPublications } from '../../serving/publication-log.ts';
import type { Session } from '../../serving/session.ts';
import { budgets } from '../budgets.ts';
import { budgeted, type Figure, measured } from '../report.ts';
import { servedTotals } from '../served-totals.ts';
import { type LakeSize, lakeLanding } from './lake-landing.ts';
import { putInOrderOfTime } from './order-of-time.ts';
import { processorTime } from './processor-time.ts';
import type { Rig } from './rig.ts';
import { stepFigures } from './rounds.ts';

export interface BacklogOptions {
  readonly backlog: LakeSize;
  /** Whether its files are in the order of time, as a source leaves them, or each has events of all days. */
  readonly inOrder: boolean;
}

/** Reads the backlog into an empty lake. Throws when not exactly its events and their cost are served in the end. */
export async function benchBacklog(
  rig: Rig,
  { backlog, inOrder }: BacklogOptions,
): Promise<{ about: string; figures: Figure[] }> {
  const { events, days } = backlog;
  rig.log(`generating ${events.toLocaleString('en')} events…`);
  const { truth, files } = await lakeLanding(rig.landing, backlog);
  if (inOrder) await putInOrderOfTime(rig.landing);
  const landed = join(rig.landing, eventsFolder);
  const aside = `${rig.landing}-events`;
  await rename(landed, aside);
  await mkdir(landed);
  rig.log('the whole line, without events…');
  await rig.dailyRun();
  await rename(aside, landed);
  rig.log('the stream, with all of them…');
  const startedMs = Date.now();
  const processors = await processorTime(rig.processes);
  const stream = await rig.startStream();
  const reached = await untilServed(rig.lake(), truth.events.written, startedMs);
  const used = await processors();
  const rows = await checkTotals(rig.session, truth);
  const history = await rig.endStream(stream);
  const peakRss = await rig.worker.peakRssBytes();
  const rate = (events * 1000) / reached.served;
  rig.log('the whole line, after the stream…');
  await rig.dailyRun();
  await checkTotals(rig.session, truth);
  return {
    about:
      `${events.toLocaleString('en')} events of ${days} days in ${files.toLocaleString('en')} files, ${inOrder ? 'in the order of time' : 'each with events of all days'}, are there when the continuous stream starts; the masters were loaded before. ` +
      'Until all of them are in Bronze, in the increments, and in Cassandra: the events and their cost were exact then, and after a `dailyRun`, whose audit passed.',
    figures: [
      inOrder ? budgeted(budgets.backlog, rate) : measured(budgets.backlog.figure, budgets.backlog.unit, rate),
      measured('start → all in Bronze', 's', reached.bronze / 1000),
      measured('start → all in the increments', 's', reached.speed / 1000),
      measured('start → all in Cassandra', 's', reached.served / 1000),
      measured('rows served', '', rows),
      ...stepFigures(history, startedMs),
      measured('peak resident memory of the worker', 'GiB', peakRss / 2 ** 30),
      ...used,
    ],
  };
}

/** Milliseconds from the start until all events were there. */
interface Reached {
  readonly bronze: number;
  readonly speed: number;
  readonly served: number;
}

/** The version of a table that has all, and when it was there. */
interface Seen {
  readonly version: number;
  readonly ms: number;
}

const pauseMs = 100;
const patienceMs = 1_800_000;

/** Looks at the lake alone: a publication is closed when all its rows are written. Throws after half an hour. */
async function untilServed(lake: Lake, bronzeRows: number, startedMs: number): Promise<Reached> {
  let bronze: Seen | null = null;
  let speed: Seen | null = null;
  for (;;) {
    const ms = Date.now() - startedMs;
    if (bronze === null) {
      const snapshot = await lake.table(bronzeUsageEvents.name).latest();
      const rows = snapshot?.files.reduce((n, file) => n + file.stats.numRecords, 0) ?? 0;
      const hasRows = ({ adds }: Commit): boolean => adds.some((file) => file.dataChange);
      if (rows >= bronzeRows) bronze = { version: await lastVersion(lake, bronzeUsageEvents.name, hasRows), ms };
    }
    if (bronze !== null && speed === null) {
      const { version } = bronze;
      const snapshot = await lake.table(orgDailyUsageByServiceSpeed.name).latest();
      const isIn = ({ txns }: Commit): boolean => (txns.get('bronze') ?? -1) >= version;
      if ((snapshot?.txns.get('bronze') ?? -1) >= version)
        speed = { version: await lastVersion(lake, orgDailyUsageByServiceSpeed.name, isIn), ms };
    }
    if (bronze !== null && speed !== null) {
      const { closed } = await readPublications(lake, orgDailyUsageByService.name);
      if ((closed[0]?.speedVersion ?? -1) >= speed.version) return { bronze: bronze.ms, speed: speed.ms, served: ms };
    }
    if (ms > patienceMs) throw new Error(`the backlog is not served after ${ms} ms`);
    await sleep(pauseMs);
  }
}

/** The version of the last commit that is so: those after it rearrange files, which nobody follows. */
async function lastVersion(lake: Lake, table: string, isSo: (commit: Commit) => boolean): Promise<number> {
  return (await lake.table(table).commitsSince(-1)).filter(isSo).at(-1)!.version;
}

/** Rows served. Throws when their events or their cost are not those of the landing zone. */
async function checkTotals(session: Session, { silver }: Truth): Promise<number> {
  const { rows, events, cost6 } = await servedTotals(session, orgDailyUsageByService.name.replace('gold.', ''));
  const served = `${events} events of ${formatDecimal(cost6, 6)} US dollars`;
  const expected = `${silver.written} events of ${silver.sums.cost_usd} US dollars`;
  if (served !== expected) throw new Error(`served are ${served}, not ${expected}`);
  return rows;
}
