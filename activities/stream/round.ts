/** What one round of the stream has done: the sums and the times of its micro-batches. */
import type { Commit } from '../../engine/delta/types.ts';
import type { AlertStatus } from '../alerts/round-alerts.ts';
import { workOf } from '../commit-info.ts';
import { type Lateness, neverLate, sumLateness } from '../compute/lateness.ts';
import type { UnreadableFile } from '../compute/measure-files.ts';
import type { Counts } from '../counts.ts';
import { type FinishedBatch, latenessIn } from '../stream-batch.ts';
import type { CompactorStatus } from './compactor.ts';
import type { PublisherStatus } from './publisher.ts';
import type { Lag } from './queue.ts';
import type { RoundSoFar } from './round-so-far.ts';
import { type Spread, spreadOf } from './spread.ts';

/** Steps of a micro-batch. */
export const phases = ['discover', 'plan', 'bronze', 'speed'] as const;
export type Phase = (typeof phases)[number];
/** `batch`: plan and Bronze together; `wait`: from when a file was last written until its micro-batch begins. */
export type StreamTime = Phase | 'batch' | 'wait';

export interface StreamRound extends Counts {
  /** Micro-batches; the numbers of the first and the last one, null without any. */
  readonly batches: number;
  readonly first: number | null;
  readonly last: number | null;
  readonly files: number;
  readonly bytes: number;
  /** The late rows, by how late they are. */
  readonly lateness: Lateness;
  /** What waited when the round ended. */
  readonly lag: Lag;
  readonly times: Readonly<Record<StreamTime, Spread>>;
  readonly serving: PublisherStatus;
  readonly compaction: CompactorStatus;
  /** Why increments could not be made; null when they could. */
  readonly speedProblem: string | null;
  readonly alerts: AlertStatus;
  readonly unreadable: readonly UnreadableFile[];
  readonly replaced: readonly string[];
  readonly ms: number;
}

/** Files that a round names. */
const namedFiles = 20;

/** Adds up a round. */
export class RoundSummary {
  readonly #startedMs: number;
  readonly #times = new Map<StreamTime, number[]>(
    [...phases, 'batch' as const, 'wait' as const].map((name) => [name, []]),
  );
  readonly #counts = { read: 0, written: 0, unchanged: 0, quarantined: 0, duplicate: 0, late: 0 };
  readonly #unreadable: UnreadableFile[] = [];
  readonly #replaced: string[] = [];
  #batches: number[] = [];
  #lateness = neverLate;
  #files = 0;
  #bytes = 0;

  constructor(nowMs: number) {
    this.#startedMs = nowMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get rows(): number {
    return this.#counts.read;
  }

  rowsPerSecond(nowMs: number): number {
    return Math.round((this.#counts.read * 1000) / Math.max(1, nowMs - this.#startedMs));
  }

  /** Runs a step and notes how long it took. */
  async timed<T>(phase: Phase | 'batch', work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.took(phase, performance.now() - start);
    }
  }

  /** A step took so long, milliseconds. */
  took(phase: Phase | 'batch', ms: number): void {
    this.#times.get(phase)!.push(ms);
  }

  /** A file waited for so long until its micro-batch began. */
  waited(ms: number): void {
    this.#times.get('wait')!.push(ms);
  }

  /** A micro-batch that this round has planned, of so many files and landing bytes. */
  batch(batch: number, files: number, bytes: number, { counts, lateness, lost }: FinishedBatch): void {
    this.#batches.push(batch);
    this.#files += files;
    this.#bytes += bytes;
    for (const key of Object.keys(this.#counts) as (keyof Counts)[]) this.#counts[key] += counts[key];
    this.#lateness = sumLateness([this.#lateness, lateness]);
    this.unreadable(lost);
  }

  /** Counts what these commits of micro-batches did, and nothing else; files and bytes stay those of this attempt. */
  recount(commits: readonly Commit[]): void {
    this.#batches = commits.map(({ txns }) => txns.get('stream')!).sort((a, b) => a - b);
    const work = commits.map((commit) => workOf(commit)!.counts);
    for (const key of Object.keys(this.#counts) as (keyof Counts)[]) {
      this.#counts[key] = work.reduce((n, counts) => n + counts[key], 0);
    }
    this.#lateness = sumLateness(commits.map(latenessIn));
  }

  unreadable(files: readonly UnreadableFile[]): void {
    this.#unreadable.push(...files.slice(0, namedFiles - this.#unreadable.length));
  }

  replaced(file: string): void {
    if (this.#replaced.length < namedFiles) this.#replaced.push(file);
  }

  soFar(lag: Lag, { publications, problem }: PublisherStatus, speedProblem: string | null): RoundSoFar {
    return {
      batches: this.#batches.length,
      files: this.#files,
      bytes: this.#bytes,
      ...this.#counts,
      lag,
      publications,
      servingProblem: problem,
      speedProblem,
    };
  }

  result(
    nowMs: number,
    lag: Lag,
    serving: PublisherStatus,
    speedProblem: string | null,
    compaction: CompactorStatus,
    alerts: AlertStatus,
  ): StreamRound {
    return {
      batches: this.#batches.length,
      first: this.#batches[0] ?? null,
      last: this.#batches.at(-1) ?? null,
      files: this.#files,
      bytes: this.#bytes,
      ...this.#counts,
      lateness: this.#lateness,
      lag,
      times: Object.fromEntries([...this.#times].map(([phase, times]) => [phase, spreadOf(times)])) as never,
      serving,
      compaction,
      speedProblem,
      alerts,
      unreadable: this.#unreadable,
      replaced: this.#replaced,
      ms: nowMs - this.#startedMs,
    };
  }
}
