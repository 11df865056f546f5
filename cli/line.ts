/** Stack and worker together in this process. */
import { mkdir } from 'node:fs/promises';
import type { CassandraConfig } from '../serving/config.ts';
import { readerLogin } from '../serving/reader-login.ts';
import { openServing } from '../serving/serving.ts';
import { startStack } from '../stack/stack.ts';
import type { Config } from '../worker/config.ts';
import { connectTemporal, type TemporalAccess } from '../worker/temporal.ts';
import { startWorker } from '../worker/worker.ts';
import { announceStack, withdrawStack } from './local-stack.ts';

export interface Line {
  readonly temporal: TemporalAccess;
  readonly uiUrl: string | null;
  readonly cassandra: CassandraConfig;
  /** Rejects when the worker fails by itself. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/**
 * Starts what is not configured, and a worker unless told not to. What was started ends with `stop` or with this process.
 * `brief`: that is in some minutes.
 */
export async function startLine(
  config: Config,
  log: (line: string) => void,
  { withWorker = true, brief = false } = {},
): Promise<Line> {
  await mkdir(config.home, { recursive: true });
  await mkdir(config.lake, { recursive: true });
  const stack = await startStack({
    home: config.home,
    temporal: config.temporalConfigured ? { address: 'configured' } : undefined,
    cassandra:
      config.cassandra === null
        ? undefined
        : {
            contactPoints: config.cassandra.contactPoints,
            localDataCenter: config.cassandra.localDataCenter,
            username: config.cassandra.username ?? '',
            password: config.cassandra.password ?? '',
          },
    brief,
    log,
  });
  let worker: Awaited<ReturnType<typeof startWorker>> | null = null;
  let temporal: TemporalAccess | null = null;
  const stop = async (): Promise<void> => {
    await withdrawStack(config.home);
    await worker?.stop().catch(() => undefined);
    await temporal?.connection.close().catch(() => undefined);
    await stack.stop();
  };
  try {
    const cassandra: CassandraConfig = config.cassandra ?? { ...stack.cassandra, keyspace: 'cpa' };
    temporal = await connectTemporal({
      address: config.temporalConfigured ? null : stack.temporal.address,
      metricsAddress: withWorker ? config.metricsAddress : null,
    });
    if (withWorker) worker = await startWorker({ config, temporal, cassandra });
    const session = await openServing(cassandra);
    const login = config.cassandra === null ? readerLogin(session) : Promise.resolve({});
    const reader = { ...cassandra, ...(await login.finally(() => session.close())) };
    await announceStack(config.home, {
      pid: process.pid,
      temporalAddress: config.temporalConfigured ? null : stack.temporal.address,
      uiUrl: stack.temporal.uiUrl,
      taskQueue: config.taskQueue,
      lake: config.lake,
      landing: config.landing,
      cassandra,
      reader,
    });
    const failed = new Promise<never>((_, reject) => {
      worker?.stopped.catch(reject);
    });
    failed.catch(() => undefined);
    return { temporal, uiUrl: stack.temporal.uiUrl, cassandra, failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
