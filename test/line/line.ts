/** A line for tests: a worker on a lake, a keyspace and a task queue of its own, against the stack the test run started. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import type { Activities } from '../../activities/activities.ts';
import { RunFailed } from '../../cli/run.ts';
import { Lake } from '../../engine/delta/lake.ts';
import { openStore } from '../../engine/storage/open.ts';
import { catalog } from '../../schemas/catalog.ts';
import type { CassandraConfig } from '../../serving/config.ts';
import { openServing } from '../../serving/serving.ts';
import type { Session } from '../../serving/session.ts';
import { computePool } from '../../worker/compute/pool.ts';
import { loadConfig } from '../../worker/config.ts';
import { connectTemporal } from '../../worker/temporal.ts';
import { lineActivities, startWorker } from '../../worker/worker.ts';

/** The original data, where this checkout has it beside it. */
export const originalLanding = join(import.meta.dirname, '../../../../shared/data/landing');
export const hasOriginalData = existsSync(join(originalLanding, 'customers_orgs.csv'));

export interface TestLine {
  readonly folder: string;
  readonly lakeRoot: string;
  readonly taskQueue: string;
  readonly cassandra: CassandraConfig;
  readonly client: Client;
  /** A lake opened now: sees what the worker has committed. */
  lake(): Lake;
  session(): Promise<Session>;
  /** Starts a workflow under an id of its own. */
  start(type: string, input?: unknown): Promise<WorkflowHandle>;
  /** Runs a workflow to its end, without the polling of `cpa run`. Throws `RunFailed`. */
  run<T>(type: string, input?: Record<string, unknown>): Promise<T>;
  /** Stops the worker and starts another one, which knows only what is in the lake. Gives the milliseconds that stopping took. */
  restart(): Promise<number>;
  stop(): Promise<void>;
}

export interface TestLineOptions {
  readonly landing: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Activities in place of those of the worker, to inject faults. */
  readonly activities?: (real: Activities) => Partial<Activities>;
  /** False leaves starting workers to the test. */
  readonly worker?: boolean;
}

/** Starts a line. `stop` removes its lake and keyspace. */
export async function testLine({
  landing,
  env,
  activities,
  worker: withWorker = true,
}: TestLineOptions): Promise<TestLine> {
  const folder = await mkdtemp(join(tmpdir(), 'cpa-line-'));
  const id = randomUUID().replaceAll('-', '').slice(0, 12);
  const taskQueue = `test-${id}`;
  const lakeRoot = join(folder, 'lake');
  const stack = JSON.parse(process.env.CPA_TEST_CASSANDRA ?? 'null') as Omit<CassandraConfig, 'keyspace'> | null;
  const address = process.env.CPA_TEST_TEMPORAL;
  if (stack === null || address === undefined) throw new Error('these tests need the stack that `npm test` starts');
  const cassandra: CassandraConfig = { ...stack, keyspace: `test_${id}` };
  const config = loadConfig({ CPA_LANDING: landing, CPA_LAKE: lakeRoot, CPA_TASK_QUEUE: taskQueue, ...env });
  const temporal = await connectTemporal({ address, metricsAddress: config.metricsAddress });
  const compute = activities === undefined ? null : computePool(config.threads);
  const real = compute === null ? null : lineActivities(config, cassandra, compute);
  const faulty = real === null ? {} : { compute: compute!, activities: activities!(real.activities) };
  let worker = withWorker ? await startWorker({ config, temporal, cassandra, ...faulty }) : null;
  let session: Promise<Session> | null = null;
  let runs = 0;
  const start = (type: string, input: unknown = {}): Promise<WorkflowHandle> =>
    temporal.client.workflow.start(type, { taskQueue, workflowId: `${id}-${type}-${runs++}`, args: [input] });
  return {
    folder,
    lakeRoot,
    taskQueue,
    cassandra,
    lake: () => new Lake(openStore(lakeRoot), Date.now),
    session: () => {
      session ??= openServing(cassandra);
      return session;
    },
    client: temporal.client,
    start,
    run: async <T>(type: string, input: Record<string, unknown> = {}) => {
      const handle = await start(type, input);
      try {
        return (await handle.result()) as T;
      } catch (error) {
        if (!(error instanceof WorkflowFailedError)) throw error;
        const details = error.cause instanceof ApplicationFailure ? error.cause.details?.[0] : undefined;
        throw new RunFailed(error.cause?.message ?? error.message, details ?? null);
      }
    },
    restart: async () => {
      const startMs = performance.now();
      await worker?.stop();
      const stopMs = performance.now() - startMs;
      worker = await startWorker({ config, temporal, cassandra });
      return stopMs;
    },
    stop: async () => {
      await worker?.stop();
      await real?.close();
      await compute?.close();
      const open = await (session ?? openServing(cassandra));
      await open.executeOnce(`DROP KEYSPACE IF EXISTS ${cassandra.keyspace}`);
      await open.close();
      await temporal.connection.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Logical hash and rows of every table outside ops that exists: what two lakes with the same content share. */
export async function logicalHashes(lakeRoot: string): Promise<Record<string, string>> {
  const lake = new Lake(openStore(lakeRoot), Date.now);
  const compute = computePool(2);
  try {
    const hashes: Record<string, string> = {};
    for (const { name, layer } of catalog) {
      const snapshot = layer === 'ops' ? null : await lake.table(name).latest();
      if (snapshot === null) continue;
      const { metadata, files } = snapshot;
      const { hash, rows } = await compute.run('hashTable', { lake: lakeRoot, table: name, metadata, files });
      hashes[name] = `${hash} (${rows} rows)`;
    }
    return hashes;
  } finally {
    await compute.close();
  }
}
