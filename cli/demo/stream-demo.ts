/** The demo of the continuous stream: live events are served as they come, then the batch layer says the same. */
import { setTimeout as wait } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { Lake } from '../../engine/delta/lake.ts';
import { openStore } from '../../engine/storage/open.ts';
import { orgDailyUsageByServiceSpeed } from '../../schemas/gold.ts';
import { openServing } from '../../serving/serving.ts';
import type { Session } from '../../serving/session.ts';
import type { Config } from '../../worker/config.ts';
import { terminalStyle } from '../format.ts';
import type { Line } from '../line.ts';
import { type ProduceSummary, produceEvents } from '../produce/produce-events.ts';
import { ensureLanding } from '../sample.ts';
import { drainStream, findStream, startStream, stopStream } from '../stream/running-stream.ts';
import { rowsText } from '../stream/status-text.ts';
import { textTable } from '../table.ts';
import { dailyRun } from './daily-run.ts';
import { LatencyProbe } from './latency-probe.ts';
import { LiveWatch } from './live-watch.ts';
import { keyOf, type ServedTotals, servedEvents, servedTotals } from './served-usage.ts';

export interface StreamDemoOptions {
  readonly minutes: number;
  /** Events a second. */
  readonly rate: number;
  /** Rejects when the demo is to end early. */
  readonly stopped: Promise<never>;
}

/** Shares of the events that are not as they should be. */
const defects = { late: 0.02, duplicate: 0.01, malformed: 0.005 } as const;
/** How long the stream may take to end before everything is stopped anyway. */
const endMs = 20_000;
/** How long what is in Bronze may take to be served. */
const servedWithinMs = 60_000;

const say = (text: string): void => console.log(text);
const n = (number: number): string => number.toLocaleString('en');

/** Runs the line, the stream and its source, and the line again. Throws when Cassandra does not hold exactly what was produced. */
export async function streamDemo(config: Config, line: Line, options: StreamDemoOptions): Promise<void> {
  const { stopped } = options;
  const { client } = line.temporal;
  await ensureLanding(config, say);
  if (line.uiUrl !== null) say(`Temporal UI: ${line.uiUrl}`);
  // A demo that was killed may have left a paused one behind.
  await (await findStream(client, config.taskQueue))?.signal('resume');

  say('\nThe history first: the batch layer runs once');
  await Promise.race([dailyRun(config, line), stopped]);
  const session = await openServing(line.cassandra);
  try {
    const before = await servedTotals(session);
    const { handle } = await startStream(client, config.taskQueue, null);
    try {
      const live = await liveEvents(config, session, handle, before, options);
      say('\nThe batch layer replaces what the speed layer has served');
      await Promise.race([dailyRun(config, line), stopped]);
      const batch = await servedTotals(session);
      report(live, before, batch, await incrementsLeft(config));
    } finally {
      await endStream(handle);
    }
  } finally {
    await session.close();
  }
}

interface LiveResult {
  readonly produced: ProduceSummary;
  readonly valid: number;
  /** When all of them were served, before the batch layer ran. */
  readonly speed: ServedTotals;
}

async function liveEvents(
  config: Config,
  session: Session,
  handle: WorkflowHandle,
  before: ServedTotals,
  { minutes, rate, stopped }: StreamDemoOptions,
): Promise<LiveResult> {
  const durationMs = minutes * 60_000;
  say(`\nLive: ${n(rate)} events/s into ${config.landing}, read and served by ${handle.workflowId}`);
  const probe = new LatencyProbe({ before: before.counts, served: (key) => servedEvents(session, key) });
  const watch = new LiveWatch({ session, handle, probe, durationMs, orgs: organisationsOf(before) });
  const producing = new AbortController();
  const watched = watch.run();
  /** Rejects when the demo is to end early, or cannot go on. */
  const broken = Promise.race([stopped, watched.then(() => stopped)]);
  broken.catch(() => producing.abort());
  try {
    const produced = await produceEvents({
      landing: config.landing,
      rate,
      durationMs,
      ...defects,
      // Other events in every demo.
      seed: Date.now() % 1_000_000,
      signal: producing.signal,
      onLine: (line) => probe.line(line),
      onFile: (file) => {
        probe.file(file);
        watch.file(file);
      },
    });
    if (producing.signal.aborted) await broken;
    watch.sourceEnded(produced.eventsPerSecond);
    const valid = produced.events - produced.duplicate - produced.malformed;
    const endedMs = Date.now();
    await Promise.race([drainStream(handle), broken]);
    const drainedMs = Date.now() - endedMs;
    const speed = await Promise.race([allServed(session, before.events + valid), broken]);
    const servedMs = Date.now() - endedMs;
    await watch.finish();
    const { p50, p95, max, files } = probe.since(0);
    say(
      `  from a complete file to its rows by CQL: p50 ${ms(p50)}, p95 ${ms(p95)}, at most ${ms(max)} (${n(files)} of ${n(produced.files)} files)`,
    );
    say(`  after the last file: all of it in Bronze within ${ms(drainedMs)}, all of it served within ${ms(servedMs)}`);
    return { produced, valid, speed };
  } finally {
    producing.abort();
    watch.stop();
  }
}

/** Waits until that many events are served, or more. */
async function allServed(session: Session, events: number): Promise<ServedTotals> {
  for (const deadlineMs = Date.now() + servedWithinMs; ; await wait(100)) {
    const served = await servedTotals(session);
    if (served.events >= events) return served;
    if (Date.now() > deadlineMs)
      throw new Error(`Cassandra counts ${n(served.events)} events after a minute, not ${n(events)}`);
  }
}

/** Says what was produced and what became of it. Throws when that is not the same. */
function report({ produced, valid, speed }: LiveResult, before: ServedTotals, batch: ServedTotals, left: number): void {
  const rows: [string, number][] = [
    ['produced', produced.events],
    ['  repeated', produced.duplicate],
    ['  malformed', produced.malformed],
    ['valid', valid],
    ['  of these one to 60 days late', produced.late],
    ['in Cassandra by the speed layer', speed.events - before.events],
    ['in Cassandra by the batch layer', batch.events - before.events],
  ];
  const columns = [
    { name: `${n(produced.files)} files`, kind: 'text' },
    { name: 'events', kind: 'count' },
  ] as const;
  say(`\n${textTable({ columns, rows }, terminalStyle()).text}`);
  for (const [layer, { events }] of Object.entries({ speed, batch })) {
    if (events - before.events !== valid)
      throw new Error(`the ${layer} layer serves ${n(events - before.events)} of ${n(valid)} valid events`);
  }
  if (speed.costUsd !== batch.costUsd)
    throw new Error(`the speed layer serves a cost of ${speed.costUsd} USD, the batch layer ${batch.costUsd} USD`);
  say(`  cost of all organisations and days: ${grouped(batch.costUsd)} USD, by the speed layer and by the batch layer`);
  say(`  increments left in the lake: ${n(left)}`);
}

/** Rows of increments that the batch layer has not consumed. */
async function incrementsLeft({ lake }: Config): Promise<number> {
  const snapshot = await new Lake(openStore(lake), Date.now).table(orgDailyUsageByServiceSpeed.name).latest();
  return (snapshot?.files ?? []).reduce((rows, { stats }) => rows + stats.numRecords, 0);
}

function organisationsOf({ counts }: ServedTotals): string[] {
  return [...new Set([...counts.keys()].map((text) => keyOf(text).org))];
}

async function endStream(handle: WorkflowHandle): Promise<void> {
  const { totals } =
    (await Promise.race([stopStream(handle), wait(endMs, null, { ref: false })]).catch(() => null)) ?? {};
  if (totals !== undefined) say(`  the stream has stopped: ${rowsText(totals)}`);
}

/** With thousands separators, every digit kept. */
function grouped(decimal: string): string {
  return decimal.replace(/\d(?=(\d{3})+\.)/g, '$&,');
}

function ms(number: number): string {
  return `${n(Math.round(number))} ms`;
}
