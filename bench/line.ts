/** The whole line, from landing to Cassandra, with everything warm. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Activities } from '../activities/activities.ts';
import { generateLanding } from '../cli/generate/landing.ts';
import type { Stack } from '../stack/stack.ts';
import { computePool } from '../worker/compute/pool.ts';
import { type Config, loadConfig } from '../worker/config.ts';
import { connectTemporal, type TemporalAccess } from '../worker/temporal.ts';
import { type LineActivities, lineActivities, startWorker } from '../worker/worker.ts';
import { covered, type RunTimes, runTimes } from './activity-time.ts';
import { budgets } from './budgets.ts';
import { budgeted, type Figure, measured } from './report.ts';

/** The original data, where it lies beside the checkout. */
const original = resolve('../shared/data/landing');

interface TimedRun {
  /** As the caller waits for it. */
  readonly wallMs: number;
  readonly times: RunTimes;
}

/** Runs before the timed ones: Java compiles until about the thirtieth. */
const warmUps = 30;
const timedRuns = 9;

/**
 * Lines one after another through one worker, each over a lake and a keyspace of its own: some warm the code up, the next are
 * timed, and the last of them runs once more with nothing to do.
 */
export async function benchLine(
  stack: Stack,
  log: (line: string) => void,
): Promise<{ about: string; figures: Figure[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'cpa-bench-'));
  const temporal = await connectTemporal({ address: stack.temporal.address });
  const { threads } = loadConfig({});
  const compute = computePool(threads);
  try {
    const hasOriginal = existsSync(join(original, 'customers_orgs.csv'));
    const landing = hasOriginal ? original : join(folder, 'landing');
    if (!hasOriginal) await generateLanding({ events: 43_200, days: 60, seed: 1, out: landing, defects: 'original' });
    const taskQueue = `bench-${unique()}`;
    const configOf = (n: number): Config =>
      loadConfig({ CPA_LANDING: landing, CPA_LAKE: join(folder, `lake-${n}`), CPA_TASK_QUEUE: taskQueue });
    let line: LineActivities;
    const cassandra = { ...stack.cassandra, keyspace: 'bench' };
    const activities = delegating(() => line.activities);
    const worker = await startWorker({ config: configOf(0), temporal, cassandra, compute, activities });
    const first: TimedRun[] = [];
    let idle: TimedRun;
    try {
      for (let n = 0; n < warmUps + timedRuns; n++) {
        const keyspace = `bench_${unique()}`;
        line = lineActivities(configOf(n), { ...cassandra, keyspace }, compute);
        // The keyspace and its tables are part of a stack that is up.
        const session = await line.serving();
        try {
          const run = await timedRun(temporal, taskQueue);
          first.push(run);
          log(`the whole line, ${n < warmUps ? 'warming up' : 'warm'}: ${(run.wallMs / 1000).toFixed(2)} s`);
          if (n === warmUps + timedRuns - 1) idle = await timedRun(temporal, taskQueue);
        } finally {
          await session.executeOnce(`DROP KEYSPACE IF EXISTS ${keyspace}`);
          await line.close();
        }
      }
    } finally {
      await worker.stop();
    }
    log(`… with nothing to do: ${(idle!.wallMs / 1000).toFixed(2)} s`);
    const timed = first.slice(warmUps).sort((a, b) => a.wallMs - b.wallMs);
    const warm = timed[timed.length >> 1]!;
    const layers = warm.times.children.map(({ type, interval }) =>
      measured(`… ${type}`, 's', (interval[1] - interval[0]) / 1000),
    );
    return {
      about:
        `\`dailyRun\` on ${hasOriginal ? 'the original data' : 'generated data of 43,200 events'} into an empty lake and an empty ` +
        `keyspace, through a worker that has done it ${warmUps} times before on other lakes; the median of ${timedRuns} runs.`,
      figures: [
        budgeted(budgets.landingToCassandra, warm.wallMs / 1000),
        ...layers,
        measured('… the fastest of them', 's', timed[0]!.wallMs / 1000),
        measured('… the slowest of them', 's', timed.at(-1)!.wallMs / 1000),
        budgeted(budgets.outsideActivities, outsideMs(warm) / 1000),
        budgeted(budgets.history, warm.times.events),
        ...warm.times.children.map(({ type, events }) => measured(`… of that of ${type}`, 'events', events)),
        measured('the same run again, with nothing to do', 's', idle!.wallMs / 1000),
        measured('… outside activities', 's', outsideMs(idle!) / 1000),
        measured('the first run of the process, code cold', 's', first[0]!.wallMs / 1000),
        measured('the second run of the process', 's', first[1]!.wallMs / 1000),
      ],
    };
  } finally {
    await compute.close();
    await temporal.connection.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Activities that are those of another line at every call. */
function delegating(current: () => Activities): Partial<Activities> {
  return {
    loadMaster: (request) => current().loadMaster(request),
    drainStream: (request) => current().drainStream(request),
    streamRound: (options) => current().streamRound(options),
    redriveEvents: (request) => current().redriveEvents(request),
    heldEvents: (selection) => current().heldEvents(selection),
    buildDirty: (request) => current().buildDirty(request),
    enterLedger: (tables) => current().enterLedger(tables),
    publish: (request) => current().publish(request),
    audit: (request) => current().audit(request),
    tablesToMaintain: (named) => current().tablesToMaintain(named),
    maintain: (request) => current().maintain(request),
    notify: (notice) => current().notify(notice),
    missedRuns: (scheduleId) => current().missedRuns(scheduleId),
  };
}

async function timedRun(temporal: TemporalAccess, taskQueue: string): Promise<TimedRun> {
  const workflowId = `${taskQueue}-${unique()}`;
  const from = performance.now();
  await temporal.client.workflow.execute('dailyRun', { taskQueue, workflowId, args: [{}] });
  return { wallMs: performance.now() - from, times: await runTimes(temporal.client, workflowId) };
}

function unique(): string {
  return randomUUID().replaceAll('-', '').slice(0, 12);
}

function outsideMs({ wallMs, times }: TimedRun): number {
  return wallMs - covered(times.activities.map((a) => a.interval));
}
