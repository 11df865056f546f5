/**
 * The continuous stream: rounds of micro-batches. What a worker keeps from one round to the next only saves work: where the stream
 * stands is in the lake.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex } from '../../engine/delta/mutex.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { followingReader } from '../../serving/following-reader.ts';
import type { MartReader } from '../../serving/served-rows.ts';
import { type AlertRounds, alertRounds } from '../alerts/round-alerts.ts';
import { batchFiles } from '../bronze-events.ts';
import type { ActivityContext, Run } from '../context.ts';
import type { DedupeIndex } from '../dedupe-index.ts';
import { changedAmong, changedFiles, scanLanding } from '../landing-scan.ts';
import { commitPlan, type LandingState, readLandingState } from '../landing-state.ts';
import { type LandingWatch, watchLanding } from '../landing-watch.ts';
import { measureLanding } from '../measure-landing.ts';
import { Recurring } from '../recurring.ts';
import { commitsOfRun } from '../run-result.ts';
import { advanceSpeed } from '../speed.ts';
import { finishBatch } from '../stream-batch.ts';
import { watermark } from '../watermark.ts';
import { StreamCompactor } from './compactor.ts';
import { tellLag } from './metrics.ts';
import { StreamPublisher } from './publisher.ts';
import { type Lag, LandingQueue } from './queue.ts';
import { RoundSummary, type StreamRound } from './round.ts';

export interface RoundOptions {
  /** Least time between the starts of two micro-batches, milliseconds; 0: as fast as possible. Ignored while more waits than fits one. */
  readonly triggerMs: number;
  /** How long the round lasts when nobody ends it, milliseconds. */
  readonly roundMs: number;
}

/** Landing bytes of a micro-batch: so little that its increments are served soon, so much that a backlog is read fast. */
const streamBatchBytes = 32 * 1024 * 1024;
/** So often a round tells what it has done and what waits. */
const reportMs = 1_000;
/** Without a sign of change the landing zone is scanned so often. */
const rescanMs = 60_000;

/** The stream of one worker: one round at a time. */
export class EventStream {
  readonly #context: ActivityContext;
  readonly #index: DedupeIndex;
  readonly #rounds = new Mutex();
  readonly #queue = new LandingQueue();
  readonly #reader: MartReader;
  readonly #compactor: StreamCompactor;
  readonly #alerts: AlertRounds;
  #watch: LandingWatch | null = null;
  /** Files that changed and are being measured. */
  #unmeasured = 0;
  #state: LandingState | null = null;
  /** Last micro-batch known to have all its commits. */
  #finished = -1;
  /** Of the last round's publisher. */
  #notBefore = 0;
  /** When the last micro-batch of a workflow run began, in whichever round. */
  #started = { runId: '', ms: 0 };

  constructor(context: ActivityContext, index: DedupeIndex) {
    this.#context = context;
    this.#index = index;
    this.#reader = followingReader(context.lake);
    this.#compactor = new StreamCompactor(context);
    this.#alerts = alertRounds(context);
  }

  /**
   * Runs micro-batches until `roundMs` is over or the run's signal aborts, then ends the one under way. Increments,
   * publications and alerts follow each; none of them holds the next one up when it fails, or when the stream is behind.
   */
  round(run: Run, options: RoundOptions): Promise<StreamRound> {
    return this.#rounds.run(() => this.#round(run, options));
  }

  async #round(run: Run, { triggerMs, roundMs }: RoundOptions): Promise<StreamRound> {
    const { clock } = this.#context;
    const deadlineMs = clock() + roundMs;
    // What is under way ends; the signal only keeps the next one from starting.
    const calm: Run = { ...run, signal: new AbortController().signal };
    const summary = new RoundSummary(clock());
    const publisher = new StreamPublisher(this.#context, calm, this.#reader, this.#notBefore);
    const alerts = this.#alerts(run.runId);
    const speed = new Recurring(async () => {
      const notify = (): void => publisher.notify(!this.#queue.isEmpty);
      await advanceSpeed(this.#context, calm, (ms) => {
        summary.took('speed', ms);
        notify();
      });
      notify();
      return Number.POSITIVE_INFINITY;
    });
    const report = (): void => this.#report(run, summary, publisher, speed);
    const reporting = setInterval(report, reportMs);
    try {
      await speed.ask();
      alerts.look();
      while (!run.signal.aborted && clock() < deadlineMs) {
        const started = this.#started;
        const isEarly = this.#queue.isEmpty && started.runId === run.runId && clock() < started.ms + triggerMs;
        if (isEarly) {
          await pause(Math.min(started.ms + triggerMs, deadlineMs) - clock(), run.signal);
          continue;
        }
        const startedMs = clock();
        if (await this.#discover(calm, summary)) await speed.ask();
        if (this.#queue.isEmpty) {
          await this.#watching().wait(deadlineMs - clock(), run.signal);
          continue;
        }
        this.#started = { runId: run.runId, ms: startedMs };
        const isPlanned = await summary.timed('batch', () => this.#batch(calm, summary));
        if (isPlanned) {
          const isIn = speed.ask();
          // A stream that is behind goes on meanwhile.
          if (this.#queue.isEmpty) await isIn;
          this.#compactor.batchDone(calm);
        }
        alerts.look();
      }
    } catch (error) {
      // What was taken out of the queue may not be planned: it is looked for again.
      this.#forget();
      throw error;
    } finally {
      clearInterval(reporting);
      await speed.close();
      // Told to end, it is not sure that another round follows.
      const isBehind = !this.#queue.isEmpty && !run.signal.aborted;
      await Promise.all([publisher.close(isBehind), this.#compactor.idle(), alerts.close()]);
      this.#notBefore = publisher.notBefore;
    }
    // Attempts that failed or died have left their work in the log alone.
    if (run.attempt > 1) summary.recount(await commitsOfRun(this.#context, run, bronzeUsageEvents.name, true));
    report();
    return summary.result(clock(), this.#lag(), publisher.status, speed.problem, this.#compactor.status, alerts.status);
  }

  /**
   * Measures what may have changed. A micro-batch that was left unfinished is finished first: it says where the next begins. Returns
   * whether that was so: its rows may have no increments yet.
   */
  #discover(run: Run, summary: RoundSummary): Promise<boolean> {
    const { lake, landing } = this.#context;
    return summary.timed('discover', async () => {
      const before = this.#state;
      this.#state = await readLandingState(lake, before);
      const { last } = this.#state;
      const isUnfinished = last !== null && last.batch > this.#finished;
      if (isUnfinished) {
        // Planned by somebody else, or by this worker before it failed: what was measured meanwhile may be read by now.
        this.#forget();
        await finishBatch(this.#context, run, this.#index, last, () => undefined);
        this.#finished = last.batch;
      }
      const { all, files } = this.#watching().take();
      if (!all && files.length === 0) return isUnfinished;
      const changed = all
        ? changedFiles(await scanLanding(landing), this.#state)
        : await changedAmong(landing, files, this.#state);
      this.#unmeasured = changed.length;
      const { measured, unreadable } = await measureLanding(this.#context, run, changed);
      for (const file of measured) {
        this.#queue.put(file);
        if (file.replaced) summary.replaced(file.file);
      }
      this.#unmeasured = 0;
      summary.unreadable(unreadable);
      return isUnfinished;
    });
  }

  /** One micro-batch to Bronze; false when somebody else has planned meanwhile. */
  async #batch(run: Run, summary: RoundSummary): Promise<boolean> {
    const state = this.#state!;
    const ranges = this.#queue.take(Math.min(streamBatchBytes, this.#context.batchBytes), batchFiles);
    const batch = (state.last?.batch ?? -1) + 1;
    const modified = new Map(ranges.map(({ file, modifiedUs }) => [file, modifiedUs]));
    for (const us of modified.values()) summary.waited(this.#context.clock() - us / 1000);
    const isPlanned = await summary.timed('plan', async () => {
      const plan = { batch, watermarkUs: await watermark(this.#context), ranges };
      return commitPlan(this.#context.lake, state, plan, this.#context.clock());
    });
    this.#state = await readLandingState(this.#context.lake, state);
    const plan = this.#state.last;
    if (!isPlanned || plan?.batch !== batch) {
      this.#forget();
      return false;
    }
    const done = await summary.timed('bronze', () =>
      finishBatch(this.#context, run, this.#index, plan, () => undefined),
    );
    this.#finished = batch;
    this.#queue.done();
    const bytes = ranges.reduce((n, range) => n + range.toByte - range.fromByte, 0);
    summary.batch(batch, modified.size, bytes, done);
    return true;
  }

  #watching(): LandingWatch {
    this.#watch ??= watchLanding(this.#context.landing, { clock: this.#context.clock, rescanMs });
    return this.#watch;
  }

  /** Everything is to be looked at again. */
  #forget(): void {
    this.#queue.clear();
    this.#unmeasured = 0;
    this.#watch?.close();
    this.#watch = null;
  }

  /** Files that may have changed, and whose lines are not counted yet, are part of it. */
  #lag(): Lag {
    const waiting = this.#queue.lag(this.#context.clock());
    return { ...waiting, files: waiting.files + this.#unmeasured + (this.#watch?.noticed ?? 0) };
  }

  #report(run: Run, summary: RoundSummary, publisher: StreamPublisher, speed: Recurring): void {
    const { clock } = this.#context;
    const lag = this.#lag();
    run.report({
      layer: 'bronze',
      table: bronzeUsageEvents.name,
      done: summary.bytes,
      total: summary.bytes + lag.bytes,
      unit: 'bytes',
      rows: summary.rows,
      rowsPerSecond: summary.rowsPerSecond(clock()),
      round: summary.soFar(lag, publisher.status, speed.problem),
    });
    tellLag(run, lag);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
