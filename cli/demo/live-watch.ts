/** Watches the stream of the demo from all sides, and shows it while it runs. */
import { setTimeout as wait } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Session } from '../../serving/session.ts';
import { liveBlock } from '../live-block.ts';
import type { CompletedFile } from '../produce/write.ts';
import { type LiveStatus, liveStatus } from '../stream/live-status.ts';
import { rateOver } from '../stream/rate.ts';
import { lagNow, totalsNow } from '../stream/status-text.ts';
import type { LatencyProbe } from './latency-probe.ts';
import { type LiveFigures, liveLine, liveLines } from './live-view.ts';
import { type DayCost, dayCost } from './served-usage.ts';

export interface LiveWatchOptions {
  readonly session: Session;
  readonly handle: WorkflowHandle;
  readonly probe: LatencyProbe;
  /** How long the source is to run. */
  readonly durationMs: number;
  readonly orgs: readonly string[];
}

const { stdout } = process;
const refreshMs = stdout.isTTY ? 1000 : 5000;
const askMs = 1000;
/** A question for each organisation takes its time from what is shown. */
const askCassandraMs = 2000;
/** How much of the past rate and latency are of. */
const rateWindowMs = 10_000;
const latencyWindowMs = 30_000;

export class LiveWatch {
  readonly #options: LiveWatchOptions;
  readonly #ended = new AbortController();
  readonly #block = liveBlock(stdout);
  readonly #rate = rateOver(rateWindowMs);
  readonly #startedMs = Date.now();
  #produced = { events: 0, files: 0 };
  #sourceRate: number | null = null;
  #status: LiveStatus | null = null;
  #today: DayCost | null = null;

  constructor(options: LiveWatchOptions) {
    this.#options = options;
  }

  /** The source has completed a file. */
  file({ events }: CompletedFile): void {
    this.#produced = { events: this.#produced.events + events, files: this.#produced.files + 1 };
  }

  /** There are no more files; so many events a second it has produced. */
  sourceEnded(eventsPerSecond: number): void {
    this.#sourceRate = eventsPerSecond;
  }

  /** Watches until it is told to stop. Rejects when the stream or Cassandra do not answer. */
  async run(): Promise<void> {
    const { signal } = this.#ended;
    await Promise.all([
      this.#options.probe.run(signal),
      this.#again(() => this.#askStream()),
      this.#again(() => this.#askCassandra(), askCassandraMs),
      this.#again(async () => this.#show(), refreshMs),
    ]);
  }

  /** Shows how it ends. */
  async finish(): Promise<void> {
    this.stop();
    await Promise.all([this.#askStream(), this.#askCassandra()]);
    this.#show();
  }

  stop(): void {
    this.#ended.abort();
  }

  async #again(work: () => Promise<void>, everyMs = askMs): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await work();
      await wait(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #askStream(): Promise<void> {
    this.#status = await liveStatus(this.#options.handle);
    if (this.#status === null) throw new Error('the stream has ended: somebody else has stopped it');
  }

  async #askCassandra(): Promise<void> {
    const { session, orgs } = this.#options;
    this.#today = await dayCost(session, new Date().toISOString().slice(0, 10), orgs);
  }

  #show(): void {
    const figures = this.#figures();
    this.#block.show(stdout.isTTY ? liveLines(figures) : [liveLine(figures)]);
  }

  #figures(): LiveFigures {
    const { probe, durationMs } = this.#options;
    const nowMs = Date.now();
    const status = this.#status;
    return {
      elapsedMs: nowMs - this.#startedMs,
      durationMs,
      produced: this.#produced,
      eventsPerSecond: this.#sourceRate ?? this.#rate(nowMs, this.#produced.events),
      bronze: status === null ? null : totalsNow(status),
      lag: status === null ? null : lagNow(status),
      latency: probe.since(nowMs - latencyWindowMs),
      today: this.#today,
      problem: status?.round?.servingProblem ?? status?.round?.speedProblem ?? status?.lastFailure ?? null,
    };
  }
}
