/** Runs of the whole line that an operator ends: by cancelling or by terminating them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../cli/generate/random.ts';
import type { RunProgress } from '../../workflows/progress.ts';
import { commitsIn } from './outcome.ts';
import { startWorkerProcess, type WorkerPlace } from './worker-process.ts';

export interface Interruption {
  readonly how: 'cancel' | 'terminate';
  /** Commits of the lake that it waits for, and for how long after them, milliseconds. */
  readonly commit: number;
  readonly jitterMs: number;
}

/** How an interruption went. */
export interface Interrupted extends Interruption {
  /** The layer that the run was at. */
  readonly stage: string;
  /** What became of the run. */
  readonly status: string;
  /** From the request until the run was closed. */
  readonly closedMs: number;
  /** From then until the worker had ended what it did for the run. */
  readonly endedMs: number;
}

/** Interruptions in turns, in the order of the commits of an undisturbed line, over which they are spread. */
export function interruptionsOf(count: number, commits: number, random: Random): Interruption[] {
  const share = Math.ceil(commits / count);
  return Array.from({ length: count }, (_, i) => ({
    how: i % 2 === 0 ? 'cancel' : 'terminate',
    commit: i * share + random.below(share),
    jitterMs: random.below(100),
  }));
}

/** Starts a worker and a `dailyRun`, interrupts the run and ends the worker; null when the run ended before. */
export async function interrupt(place: WorkerPlace, interruption: Interruption): Promise<Interrupted | null> {
  const { line } = place;
  const worker = await startWorkerProcess(place);
  const run = await line.start('dailyRun');
  let ended = false;
  const closed = run.result().then(
    () => undefined,
    () => undefined,
  );
  void closed.then(() => {
    ended = true;
  });
  while (!ended && commitsIn(line.lakeRoot) < interruption.commit) await sleep(5);
  await sleep(interruption.jitterMs);
  const { stage } = await run.query<RunProgress>('progress');
  if (stage === 'done') {
    await worker.stop();
    return null;
  }
  const askedMs = performance.now();
  await run[interruption.how]();
  await closed;
  const closedMs = performance.now() - askedMs;
  await worker.stop();
  const endedMs = performance.now() - askedMs - closedMs;
  const { status } = await run.describe();
  return { ...interruption, stage, status: status.name, closedMs, endedMs };
}
