/** A worker of the line: workflows, activities and their compute threads. */
import { Worker } from '@temporalio/worker';
import { type Activities, createActivities } from '../activities/activities.ts';
import type { ActivityContext } from '../activities/context.ts';
import { Lake } from '../engine/delta/lake.ts';
import { openStore } from '../engine/storage/open.ts';
import type { CassandraConfig } from '../serving/config.ts';
import { openServing } from '../serving/serving.ts';
import type { Session } from '../serving/session.ts';
import { type ComputePool, computePool } from './compute/pool.ts';
import type { Config } from './config.ts';
import { registerSearchAttributes, type TemporalAccess } from './temporal.ts';
import { workflowBundle } from './workflow-bundle.ts';

export interface LineWorker {
  /** Resolves when the worker has stopped; rejects when it failed. */
  readonly stopped: Promise<void>;
  /** Lets running activities end or hand over, then stops. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly config: Config;
  readonly temporal: TemporalAccess;
  readonly cassandra: CassandraConfig;
  /** Threads shared with other workers of this process; the caller closes them. Default: threads of its own. */
  readonly compute?: ComputePool;
  /** In place of those over the lake of `config`. */
  readonly activities?: Partial<Activities>;
}

/** The activities over one lake and one keyspace. */
export interface LineActivities {
  readonly activities: Activities;
  /** The connection to Cassandra, which the first call opens. */
  serving(): Promise<Session>;
  /** Disconnects from Cassandra. */
  close(): Promise<void>;
}

/**
 * The activities over the lake of `config`. Cassandra is connected to when the first of them needs it. `closing`: as
 * `createActivities` takes it.
 */
export function lineActivities(
  config: Config,
  cassandra: CassandraConfig,
  compute: ComputePool,
  closing?: AbortSignal,
): LineActivities {
  let session: Promise<Session> | null = null;
  const serving = () => {
    session ??= openServing(cassandra).catch((error: unknown) => {
      session = null;
      throw error;
    });
    return session;
  };
  const context: ActivityContext = {
    lake: new Lake(openStore(config.lake), Date.now),
    lakeRoot: config.lake,
    landing: config.landing,
    compute,
    serving,
    clock: Date.now,
    batchBytes: config.batchBytes,
    watermarkDelayMs: config.watermarkDelayHours * 3_600_000,
    alerts: config.alerts,
    receiver: config.receiver,
  };
  const activities = createActivities(context, closing);
  return { activities, serving, close: async () => (await session?.catch(() => null))?.close() };
}

/** Starts a worker on the configured task queue. */
export async function startWorker({ config, temporal, cassandra, ...shared }: WorkerOptions): Promise<LineWorker> {
  await registerSearchAttributes(temporal);
  const compute = shared.compute ?? computePool(config.threads);
  const closing = new AbortController();
  const line = lineActivities(config, cassandra, compute, closing.signal);
  const worker = await Worker.create({
    connection: temporal.connection,
    namespace: temporal.namespace,
    taskQueue: config.taskQueue,
    workflowBundle: await workflowBundle(),
    activities: shared.activities ?? line.activities,
    // Heartbeats go out as they come, one a second: a dead worker is noticed after five, a busy one is not taken for dead.
    maxHeartbeatThrottleInterval: '1 second',
    // A workflow whose worker is gone is taken over by another after this.
    stickyQueueScheduleToStartTimeout: '5 seconds',
    // An activity that takes longer is told to end and begins anew on another worker. Who ends a process often waits ten seconds.
    shutdownGraceTime: '5 seconds',
    shutdownForceTime: '20 seconds',
  });
  const stopped = worker.run().finally(async () => {
    if (shared.compute === undefined) await compute.close();
    await line.close();
  });
  return {
    stopped,
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      closing.abort();
      await stopped;
    },
  };
}
