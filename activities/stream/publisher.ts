/** Publishing beside the stream: as often as there is something new, and less often while the stream is behind. */
import { setTimeout as sleep } from 'node:timers/promises';
import { orgDailyUsageByService } from '../../schemas/gold.ts';
import { publish } from '../../serving/publish.ts';
import type { MartReader } from '../../serving/served-rows.ts';
import type { ActivityContext, Run } from '../context.ts';
import { Recurring } from '../recurring.ts';
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

/** While the stream is behind, a publication is followed by so many times its duration without one: catching up needs the time. */
const pauseWhenBehind = 4;
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
  /** Since when there is something new that no publication has begun to serve; null: there is none. */
  #newSince: number | null = null;
  #notBefore: number;
  /** Whether nobody waits for it any more. */
  #isLeft = false;
  #problem: string | null = null;
  readonly #publishing: Recurring;

  /** `reader` is this publisher's alone: it goes from one publication to the next. `notBefore`: that of the publisher before it. */
  constructor(context: ActivityContext, run: Run, reader: MartReader, notBefore: number) {
    this.#context = context;
    this.#run = run;
    this.#reader = reader;
    this.#notBefore = notBefore;
    this.#publishing = new Recurring(() => this.#publish());
  }

  /** While the stream is behind, nothing is published before this time, of `performance.now()`. */
  get notBefore(): number {
    return this.#notBefore;
  }

  /** There may be new increments. While the stream `isBehind` they may wait for the next ones. */
  notify(isBehind: boolean): void {
    this.#newSince ??= performance.now();
    if (!isBehind || performance.now() >= this.#notBefore) void this.#publishing.ask();
  }

  get status(): PublisherStatus {
    return {
      publications: this.#times.length,
      rows: this.#rows,
      number: this.#number,
      waits: spreadOf(this.#waits),
      times: spreadOf(this.#times),
      problem: this.#publishing.problem ?? this.#problem,
    };
  }

  /**
   * Publishes what it was told of, unless that fails or the stream `isBehind`, and ends. A publication that takes long goes on by
   * itself: the next publisher waits for it.
   */
  async close(isBehind: boolean): Promise<void> {
    if (isBehind) {
      this.#isLeft = true;
      void this.#publishing.close();
      return;
    }
    if (this.#newSince !== null) void this.#publishing.ask();
    const waiting = new AbortController();
    const isOver = sleep(mostCloseMs, true, { signal: waiting.signal }).catch(() => false);
    this.#isLeft = await Promise.race([this.#publishing.close().then(() => false), isOver]);
    waiting.abort();
    if (this.#isLeft) this.#problem = `a publication under way has not ended within ${mostCloseMs / 1000} s`;
  }

  async #publish(): Promise<number> {
    const since = this.#newSince;
    if (this.#isLeft || since === null) return Number.POSITIVE_INFINITY;
    this.#newSince = null;
    try {
      await this.#publishNew(since);
    } catch (error) {
      this.#newSince = since;
      throw error;
    } finally {
      const waitedMs = this.#newSince === null ? null : performance.now() - this.#newSince;
      tellServing(this.#run, this.#context.clock(), waitedMs);
    }
    return Number.POSITIVE_INFINITY;
  }

  async #publishNew(since: number): Promise<void> {
    const { lake, lakeRoot, serving } = this.#context;
    const session = await serving();
    const mart = orgDailyUsageByService;
    const start = performance.now();
    const published = await publishing(lakeRoot, mart.name, async () =>
      this.#isLeft ? null : publish({ lake, session, mart, runId: this.#run.runId, reader: this.#reader }),
    );
    if (published === null) return;
    const { unchanged, number, written, deleted } = published;
    this.#number = number;
    if (unchanged) return;
    this.#rows += written + deleted;
    const end = performance.now();
    this.#notBefore = end + pauseWhenBehind * (end - start);
    this.#times.push(end - start);
    this.#waits.push(start - since);
    tellPublication(this.#run, end - start);
  }
}
