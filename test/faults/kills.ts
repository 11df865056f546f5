/** Runs of the whole line whose worker is killed again and again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../cli/generate/random.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import { commitsIn } from './outcome.ts';
import { startWorkerProcess, type WorkerPlace } from './worker-process.ts';

export interface KillPlan {
  /** Commits of a lake that nobody disturbed: kills are spread over those of them that are not there yet. */
  readonly commits: number;
  readonly kills: number;
  readonly random: Random;
  /** Most time between the commit that a kill waits for and the kill, milliseconds. */
  readonly jitterMs: number;
}

/** `dailyRun` with one worker process that nobody disturbs. */
export async function undisturbedRun(place: WorkerPlace): Promise<DailyRunResult> {
  const worker = await startWorkerProcess(place);
  try {
    return await place.line.run<DailyRunResult>('dailyRun');
  } finally {
    await worker.stop();
  }
}

/**
 * `dailyRun` with a worker that gets SIGKILL at seeded moments, a new one in its place each time. Says in `log` when it was
 * killed and how long it took until the lake grew again.
 */
export async function killedRun(
  place: WorkerPlace,
  { commits, kills, random, jitterMs }: KillPlan,
  log: (line: string) => void,
): Promise<DailyRunResult> {
  const { line } = place;
  const there = commitsIn(line.lakeRoot);
  const moments = Array.from(
    { length: kills },
    () => [there + random.below(Math.max(1, commits - there)), random.below(jitterMs)] as const,
  ).sort((a, b) => a[0] - b[0]);
  let worker = await startWorkerProcess(place);
  let ended = false;
  const result = line.run<DailyRunResult>('dailyRun').finally(() => {
    ended = true;
  });
  // Its failure is reported when it is awaited.
  result.catch(() => undefined);
  try {
    for (const [commit, jitter] of moments) {
      while (!ended && commitsIn(line.lakeRoot) < commit) await sleep(5);
      await sleep(jitter);
      if (ended) break;
      await worker.kill();
      const killedMs = Date.now();
      const before = commitsIn(line.lakeRoot);
      worker = await startWorkerProcess(place);
      while (!ended && commitsIn(line.lakeRoot) === before) await sleep(20);
      log(`killed after commit ${before} (${jitter} ms after ${commit}); went on after ${Date.now() - killedMs} ms`);
    }
    return await result;
  } finally {
    await worker.stop();
  }
}
