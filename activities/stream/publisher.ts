/** Publishing beside the stream: as often as there is something new, and later when Cassandra does not answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { orgDailyUsageByService } from '../../schemas/gold.ts';
import { publish } from '../../serving/publish.ts';
import type { MartReader } from '../../serving/served-rows.ts';
import type { ActivityContext, Run } from '../context.ts';
import { publishing } from '../serving.ts';
import { tellPublication, tellServing } from './metrics.ts';
import { type Spread, spreadOf } from './spread.ts';

export interface PublisherStatus {
  readonly publications: number;
  readonly rows: number;
  /** Number of the last one; null before the first. */
  readonly number: number | null;
  /** Milliseconds from when there was something new until its publication began. */
  readonly waits: Spread;
  /** Milliseconds a publication took. */
  readonly times: Spread;
  /** Why the last attempt failed; null when it did not. */
  readonly problem: string | null;
}

const leastPauseMs = 250;
const mostPauseMs = 10_000;
/** So long a publication under way may hold up the end of a round, milliseconds. */
const mostCloseMs = 5_000;

/**
 * Publishes the daily usage mart whenever it is told that increments are there: one publication at a time, each with all that is
 * there when it begins. A failure stops nobody: it is reported, and tried again after a pause.
 */
export class StreamPublisher {
  readonly #context: ActivityContext;
  readonly #run: Run;
  readonly #reader: MartReader;
  readonly #times: number[] = [];
  readonly #waits: number[] = [];
  #rows = 0;
  #number: number | null = null;
  #problem: string | null = null;
  #wanted = true;
  #wantedSince = performance.now();
  #closed = false;
  /** Whether nobody waits for it any more. */
  #isLeft = false;
  #wake: () => void = () => undefined;
  readonly #ended: Promise<void>;

  /** `reader` is this publisher's alone: it goes from one publication to the next. */
  constructor(context: ActivityContext, run: Run, reader: MartReader) {
    this.#context = context;
    this.#run = run;
    this.#reader = reader;
    this.#ended = this.#loop();
  }

  /** There are new increments. */
  notify(): void {
    if (!this.#wanted) this.#wantedSince = performance.now();
    this.#wanted = true;
    // After a failure the pause is kept.
    if (this.#problem === null) this.#wake();
  }

  get status(): PublisherStatus {
    return {
      publications: this.#times.length,
      rows: this.#rows,
      number: this.#number,
      waits: spreadOf(this.#waits),
      times: spreadOf(this.#times),
      problem: this.#problem,
    };
  }

  /**
   * Publishes what it was told of, unless that fails, and ends. A publication that takes long goes on by itself: the next
   * publisher waits for it.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    const waiting = new AbortController();
    const tooLong = sleep(mostCloseMs, true, { signal: waiting.signal }).catch(() => false);
    this.#isLeft = await Promise.race([this.#ended.then(() => false), tooLong]);
    waiting.abort();
    if (this.#isLeft) this.#problem ??= `a publication under way has not ended within ${mostCloseMs / 1000} s`;
  }

  async #loop(): Promise<void> {
    let pauseMs = leastPauseMs;
    while (!this.#isLeft) {
      if (!this.#wanted) {
        if (this.#closed) return;
        await this.#sleep(Number.POSITIVE_INFINITY);
        continue;
      }
      this.#wanted = false;
      const since = this.#wantedSince;
      try {
        await this.#publish();
        this.#problem = null;
        pauseMs = leastPauseMs;
        this.#tellWaiting(this.#wanted ? this.#wantedSince : null);
      } catch (error) {
        this.#problem = error instanceof Error ? error.message : String(error);
        this.#wantedSince = since;
        this.#tellWaiting(since);
        if (this.#closed) return;
        this.#wanted = true;
        await this.#sleep(pauseMs);
        pauseMs = Math.min(mostPauseMs, pauseMs * 2);
      }
    }
  }

  async #publish(): Promise<void> {
    const { lake, lakeRoot, serving } = this.#context;
    const session = await serving();
    const mart = orgDailyUsageByService;
    const start = performance.now();
    const waitedMs = start - this.#wantedSince;
    const published = await publishing(lakeRoot, mart.name, async () =>
      this.#isLeft ? null : publish({ lake, session, mart, runId: this.#run.runId, reader: this.#reader }),
    );
    if (published === null) return;
    const { unchanged, number, written, deleted } = published;
    this.#number = number;
    if (unchanged) return;
    this.#rows += written + deleted;
    const ms = performance.now() - start;
    this.#times.push(ms);
    tellPublication(this.#run, ms);
    this.#waits.push(waitedMs);
  }

  #tellWaiting(since: number | null): void {
    tellServing(this.#run, this.#context.clock(), since === null ? null : performance.now() - since);
  }

  /** Until it is woken, or for so long. */
  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(ms) ? setTimeout(resolve, ms) : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
