/** A live source: writes event files into a landing zone as events come, at a rate. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '../generate/random.ts';
import { UsageError } from '../usage-error.ts';
import { type EventLine, EventLines, runName } from './event-lines.ts';
import { knownResources } from './known-resources.ts';
import { dueBy, dueMs, nextFile, type Pace } from './schedule.ts';
import { type CompletedFile, eventsFolder, growingWriter, renamingWriter } from './write.ts';

export type { CompletedFile } from './write.ts';

/** What to produce, how fast, and where. */
export interface ProduceOptions {
  /** Folder of the landing zone; must hold the masters. */
  readonly landing: string;
  /** Events a second, a whole number. */
  readonly rate: number;
  readonly durationMs: number;
  /** Shares of the events, 0–1, together at most 1. */
  readonly late: number;
  readonly duplicate: number;
  readonly malformed: number;
  /** The same seed gives the same events, but for ids and times, which follow from the start. */
  readonly seed: number;
  /** One file a minute that grows, instead of files that appear when they are complete. */
  readonly grow?: boolean;
  /** Late events are from one day to this many days old. Default 60. */
  readonly dates?: number;
  /** Least and most events of a file, or of what a growing one grows by at a time. Default 50 to 500. */
  readonly filesOf?: readonly [number, number];
  /** Ends the run: what is due by then is still written, and the last file completed. */
  readonly signal?: AbortSignal;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** Resolves after a time, or as soon as the signal says so. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Told of each line, in order, before it is written. */
  readonly onLine?: (line: EventLine) => void;
  readonly onFile?: (file: CompletedFile) => void;
  /** Told after each write. */
  readonly onProgress?: (events: number, files: number) => void;
}

/** What was produced. `events` are all lines; those of the three kinds are among them. */
export interface ProduceSummary {
  readonly events: number;
  readonly late: number;
  readonly duplicate: number;
  readonly malformed: number;
  readonly files: number;
  readonly bytes: number;
  readonly elapsedMs: number;
  readonly eventsPerSecond: number;
}

/**
 * Produces events until the time is over or the signal comes. When writing takes longer than events do, files get larger: the
 * rate is kept against the clock. Throws a UsageError when the options cannot be met, an error when masters are missing.
 */
export async function produceEvents(options: ProduceOptions): Promise<ProduceSummary> {
  const pace = paceOf(options);
  const { landing, seed, late, duplicate, malformed, dates = 60, onLine, onFile, onProgress } = options;
  const { clock = Date.now, sleep = sleepUnlessAborted, signal = new AbortController().signal } = options;
  const resources = await knownResources(landing);
  await mkdir(join(landing, eventsFolder), { recursive: true });

  const startedMs = Math.floor(clock());
  const run = runName(startedMs, seed);
  const lines = new EventLines({ resources, late, duplicate, malformed, dates }, run, seed);
  const random = seededRandom(seed, 'produce files');
  const counts = { on_time: 0, late: 0, duplicate: 0, malformed: 0 };
  let files = 0;
  let bytes = 0;
  const completed = (file: CompletedFile): void => {
    files++;
    bytes += file.bytes;
    onFile?.(file);
  };
  const target = { landing, clock, onFile: completed };
  const writer = options.grow ? growingWriter(target, run, random) : renamingWriter(target);

  let events = 0;
  while (!signal.aborted) {
    const planned = nextFile(pace, events, clock() - startedMs, random);
    if (planned === null) break;
    const earlyMs = startedMs + planned.dueMs - clock();
    if (earlyMs > 0) await sleep(earlyMs, signal);
    const end = signal.aborted
      ? Math.min(events + planned.events, dueBy(pace, clock() - startedMs))
      : events + planned.events;
    if (end <= events) break;
    const batch: (string | Uint8Array)[] = [];
    for (; events < end; events++) {
      const made = lines.next(startedMs + dueMs(pace, events));
      onLine?.(made);
      counts[made.kind]++;
      batch.push(made.line);
    }
    await writer.write(batch);
    onProgress?.(events, files);
  }
  await writer.end();
  const elapsedMs = clock() - startedMs;
  return {
    events,
    late: counts.late,
    duplicate: counts.duplicate,
    malformed: counts.malformed,
    files,
    bytes,
    elapsedMs,
    eventsPerSecond: elapsedMs === 0 ? 0 : (events * 1000) / elapsedMs,
  };
}

function paceOf({
  rate,
  durationMs,
  late,
  duplicate,
  malformed,
  dates = 60,
  filesOf = [50, 500],
}: ProduceOptions): Pace {
  for (const [name, n] of Object.entries({ rate, dates, 'events of a file': filesOf[0] })) {
    if (!Number.isInteger(n) || n < 1) throw new UsageError(`${name} must be a whole number from 1, not ${n}`);
  }
  if (!(filesOf[1] >= filesOf[0])) throw new UsageError(`files of ${filesOf.join(' to ')} events: that is no range`);
  if (Math.min(late, duplicate, malformed) < 0 || !(late + duplicate + malformed < 1 + 1e-9))
    throw new UsageError(
      `late, duplicate and malformed are shares of one whole, not ${[late, duplicate, malformed].map(percent).join(', ')}`,
    );
  const events = Math.round((rate * durationMs) / 1000);
  // Ids count to 2^32 within a run.
  if (!(events >= 1 && events <= 2 ** 32))
    throw new UsageError(`${rate} events/s for ${durationMs} ms: ${events} events, not 1 to ${2 ** 32}`);
  return { rate, events, filesOf };
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(12))} %`;
}

async function sleepUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
