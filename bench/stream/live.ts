/** A live source beside the continuous stream: how long it takes until its files are served. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CompletedFile, produceEvents } from '../../cli/produce/produce-events.ts';
import { type Budget, budgets } from '../budgets.ts';
import { budgeted, type Figure, measured, percentile } from '../report.ts';
import { untilExact } from './exact.ts';
import { ExpectedUsage } from './expected-usage.ts';
import { processorTime } from './processor-time.ts';
import type { Rig } from './rig.ts';
import { stepFigures, waitFigures } from './rounds.ts';
import { ServedWatch } from './served-watch.ts';
import { eventsIn, servedCounts } from './usage-key.ts';

export interface LiveOptions {
  /** Events a second. */
  readonly rate: number;
  /** Time of the stream that counts, and before it. */
  readonly seconds: number;
  readonly warmSeconds: number;
  /** Share of late events, and how many days old they are at most. */
  readonly late: number;
  readonly dates: number;
  /** Whether the times answer to budgets. */
  readonly hasBudget: boolean;
}

/**
 * Runs the source over a lake that has its masters. Throws when a file is not served in a minute, or when not exactly its events
 * are in the end.
 */
export async function benchLive(rig: Rig, options: LiveOptions): Promise<{ about: string; figures: Figure[] }> {
  const { rate, seconds, warmSeconds, late, dates, hasBudget } = options;
  const expected = new ExpectedUsage(await servedCounts(rig.session));
  const before = eventsIn(expected.counts);
  const stream = await rig.startStream();
  rig.log(`${rate} events/s for ${seconds} s, after ${warmSeconds} s that do not count…`);
  const countedMs = Date.now() + warmSeconds * 1000;
  const { times, processors, produced } = await latencies(rig, options, expected, countedMs);
  await untilExact(rig.session, expected, produced);
  const history = await rig.endStream(stream);
  rig.log('the whole line, after the stream…');
  await rig.dailyRun();
  await untilExact(rig.session, expected, produced);
  const figure = (budget: Budget, value: number): Figure =>
    hasBudget ? budgeted(budget, value) : measured(budget.figure, budget.unit, value);
  return {
    about:
      `${rate} events/s for ${seconds} s in files of 50 to 500, ${late * 100} % of them late by up to ${dates} days, 1 % repeats, 0.5 % malformed, ` +
      `beside the continuous stream, over a mart of ${before.toLocaleString('en')} events, after ${warmSeconds} s that do not count. ` +
      'A file is served when the rows of its first and its last key and of its last event, asked for by CQL every 10 ms, have all its events. ' +
      'Every row was exact in the end, before and after a `dailyRun`, whose audit passed. Where time goes: medians of the rounds’ own figures.',
    figures: [
      figure(budgets.visibleHalf, percentile(times, 0.5)),
      figure(budgets.visible95, percentile(times, 0.95)),
      measured('… 99 % of the files', 'ms', percentile(times, 0.99)),
      measured('… the slowest file', 'ms', percentile(times, 1)),
      measured('files that count', '', times.length),
      ...waitFigures(history, countedMs),
      ...stepFigures(history, countedMs),
      ...processors,
    ],
  };
}

interface Latencies {
  /** Of the files completed in the time that counts, milliseconds. */
  readonly times: readonly number[];
  readonly processors: readonly Figure[];
  /** New sound events, by the source. */
  readonly produced: number;
}

async function latencies(
  { landing, session, processes }: Rig,
  { rate, seconds, warmSeconds, late, dates }: LiveOptions,
  expected: ExpectedUsage,
  countedMs: number,
): Promise<Latencies> {
  const times: number[] = [];
  const watch = new ServedWatch(session);
  const pending: Promise<unknown>[] = [];
  const onFile = ({ name, completedMs }: CompletedFile): void => {
    const probes = expected.add(readFileSync(join(landing, name)), completedMs);
    if (probes.length === 0) return;
    const served = watch.servedMs(probes).then((servedMs) => {
      if (completedMs >= countedMs) times.push(servedMs - completedMs);
    });
    // Thrown when all are awaited.
    served.catch(() => undefined);
    pending.push(served);
  };
  const measuring = sleep(countedMs - Date.now()).then(() => processorTime(processes));
  const durationMs = (warmSeconds + seconds) * 1000;
  const summary = await produceEvents({
    ...{ landing, rate, durationMs, late, dates, duplicate: 0.01, malformed: 0.005, seed: 1 },
    onFile,
  });
  const processors = await (await measuring)();
  await Promise.all(pending);
  return { times, processors, produced: summary.events - summary.duplicate - summary.malformed };
}
