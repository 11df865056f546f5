/** The whole line, from landing to Cassandra, with everything warm. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { generateLanding } from '../cli/generate/landing.ts';
import type { CassandraConfig } from '../serving/config.ts';
import { openServing } from '../serving/serving.ts';
import type { Stack } from '../stack/stack.ts';
import { type ComputePool, computePool } from '../worker/compute/pool.ts';
import { loadConfig } from '../worker/config.ts';
import { connectTemporal, type TemporalAccess } from '../worker/temporal.ts';
import { startWorker } from '../worker/worker.ts';
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

/** Runs before the timed ones: what compiles code, here and in Cassandra, has settled only then. */
const warmUps = 4;
const timedRuns = 3;

/**
 * Lines in one process, each with a lake and a keyspace of its own, that share their threads: some warm the code up, the next
 * are timed, and the last of them runs once more with nothing to do.
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
    const first: TimedRun[] = [];
    let idle: TimedRun | undefined;
    for (let n = 0; n < warmUps + timedRuns; n++) {
      const isLast = n === warmUps + timedRuns - 1;
      const lake = join(folder, `lake-${n}`);
      const [run, again] = await runs({ stack, temporal, compute, landing, lake }, isLast ? 2 : 1);
      first.push(run!);
      idle = again;
      log(`the whole line, ${n < warmUps ? 'warming up' : 'warm'}: ${(run!.wallMs / 1000).toFixed(2)} s`);
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
        `keyspace; stack and worker run, and have run ${warmUps} times on other lakes; the median of ${timedRuns} runs.`,
      figures: [
        budgeted(budgets.landingToCassandra, warm.wallMs / 1000),
        ...layers,
        measured('… the fastest of them', 's', timed[0]!.wallMs / 1000),
        measured('… the slowest of them', 's', timed.at(-1)!.wallMs / 1000),
        budgeted(budgets.outsideActivities, outsideMs(warm) / 1000),
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

interface LineOptions {
  readonly stack: Stack;
  readonly temporal: TemporalAccess;
  readonly compute: ComputePool;
  readonly landing: string;
  readonly lake: string;
}

/** Runs `dailyRun` a number of times on a line of its own, then takes its keyspace away. */
async function runs({ stack, temporal, compute, landing, lake }: LineOptions, times: number): Promise<TimedRun[]> {
  const id = randomUUID().replaceAll('-', '').slice(0, 12);
  const taskQueue = `bench-${id}`;
  const cassandra: CassandraConfig = { ...stack.cassandra, keyspace: `bench_${id}` };
  const config = loadConfig({ CPA_LANDING: landing, CPA_LAKE: lake, CPA_TASK_QUEUE: taskQueue });
  // The keyspace and its tables are part of a stack that is up.
  const session = await openServing(cassandra);
  const worker = await startWorker({ config, temporal, cassandra, compute });
  const timed: TimedRun[] = [];
  try {
    for (let n = 0; n < times; n++) {
      const workflowId = `${taskQueue}-${n}`;
      const from = performance.now();
      await temporal.client.workflow.execute('dailyRun', { taskQueue, workflowId, args: [{}] });
      timed.push({ wallMs: performance.now() - from, times: await runTimes(temporal.client, workflowId) });
    }
  } finally {
    await worker.stop();
    await session.executeOnce(`DROP KEYSPACE IF EXISTS ${cassandra.keyspace}`);
    await session.close();
  }
  return timed;
}

function outsideMs({ wallMs, times }: TimedRun): number {
  return wallMs - covered(times.activities.map((a) => a.interval));
}
