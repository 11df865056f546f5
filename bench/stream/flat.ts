/** Many small micro-batches, one after another: whether the last ones cost more than the first ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { budgets } from '../budgets.ts';
import { rssBytesOf } from '../process.ts';
import { budgeted, type Figure, measured } from '../report.ts';
import { untilExact } from './exact.ts';
import { ExpectedUsage } from './expected-usage.ts';
import { feed } from './feeder.ts';
import { fifthsOf } from './fifths.ts';
import type { Rig } from './rig.ts';
import { phaseFifths } from './rounds.ts';
import { eventsIn, servedCounts } from './usage-key.ts';

export interface FlatOptions {
  readonly batches: number;
}

const filesOf: readonly [number, number] = [5, 10];
/** Looks at the worker's memory, at most. */
const looks = 1000;

/**
 * Runs the micro-batches over a lake that has its masters. Throws when a file did not become one of its own, or when not exactly
 * their events are served.
 */
export async function benchFlat(rig: Rig, { batches }: FlatOptions): Promise<{ about: string; figures: Figure[] }> {
  const { landing, lakeRoot, session } = rig;
  const expected = new ExpectedUsage(await servedCounts(session));
  const before = eventsIn(expected.counts);
  const stream = await rig.startStream();
  rig.log(`${batches.toLocaleString('en')} micro-batches…`);
  const plannedMs: number[] = [];
  const memory: Promise<number>[] = [];
  const every = Math.ceil(batches / looks);
  const fed = await feed({
    ...{ landing, lakeRoot, lake: rig.lake(), files: batches, filesOf },
    onFile: ({ name }) => void expected.add(readFileSync(join(landing, name)), Date.now()),
    onBatch: (atMs) => {
      plannedMs.push(atMs);
      if (plannedMs.length % every === 0) memory.push(rssBytesOf(rig.worker.pid));
      if (plannedMs.length % 1000 === 0) rig.log(`… ${plannedMs.length.toLocaleString('en')}`);
    },
  });
  await untilExact(session, expected, fed.events - fed.duplicate - fed.malformed);
  const history = await rig.endStream(stream);
  const peakRss = await rig.worker.peakRssBytes();
  rig.log('the whole line, after the stream…');
  const startedMs = performance.now();
  await rig.dailyRun();
  const dailyMs = performance.now() - startedMs;
  await untilExact(session, expected, expected.events);
  const times = fifthsOf(plannedMs.slice(1).map((ms, i) => ms - plannedMs[i]!));
  const rss = fifthsOf((await Promise.all(memory)).map((bytes) => bytes / 2 ** 20));
  return {
    about:
      `${batches.toLocaleString('en')} micro-batches of ${filesOf.join(' to ')} events, as fast as the continuous stream takes them, over a mart of ` +
      `${before.toLocaleString('en')} events. A micro-batch’s time is that from one plan to the next. Every row was exact in the end, before and after a \`dailyRun\`, whose audit passed.`,
    figures: [
      budgeted(budgets.flatBatches, times.ratio),
      measured('… second fifth', 'ms', times.second),
      measured('… last fifth', 'ms', times.last),
      budgeted(budgets.flatMemory, rss.ratio),
      measured('… second fifth', 'MiB', rss.second),
      measured('… last fifth', 'MiB', rss.last),
      measured('peak resident memory of the worker', 'MiB', peakRss / 2 ** 20),
      ...phaseFifths(history),
      measured('the `dailyRun` after them', 's', dailyMs / 1000),
    ],
  };
}
