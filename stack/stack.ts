import { join, resolve } from 'node:path';
import { type RunningCassandra, startCassandra } from './cassandra.ts';
import { acquireLock, type Lock, LockHeld } from './lock.ts';
import type { RunningService } from './service.ts';
import { type RunningTemporal, type SearchAttributeType, startTemporal } from './temporal.ts';

/** How to reach Temporal. */
export interface TemporalEndpoint {
  readonly address: string;
  /** Null when the server is not ours and nobody told us. */
  readonly uiUrl: string | null;
}

/** How to reach Cassandra. */
export interface CassandraEndpoint {
  /** `host:port` each. */
  readonly contactPoints: readonly string[];
  readonly localDataCenter: string;
  readonly username: string;
  readonly password: string;
}

export interface StackOptions {
  /** The state of what is started here. One stack at a time uses it. */
  readonly home: string;
  /** A server that runs already: used as it is, never started or stopped. */
  readonly temporal?: { readonly address: string; readonly uiUrl?: string } | undefined;
  /** A cluster that runs already: used as it is, never started or stopped. */
  readonly cassandra?: CassandraEndpoint | undefined;
  /** For a Temporal that is started here. */
  readonly namespace?: string;
  readonly searchAttributes?: Readonly<Record<string, SearchAttributeType>>;
  /** For a Cassandra that is started here: whether it is to run for minutes only; default false. */
  readonly brief?: boolean;
  /** Takes a line for every step that takes long. */
  readonly log: (line: string) => void;
}

export interface Stack {
  readonly temporal: TemporalEndpoint;
  readonly cassandra: CassandraEndpoint;
  /** What was started here. */
  readonly services: readonly RunningService[];
  /** Stops what was started here, in an orderly way, and gives the home free. May be called again. */
  stop(): Promise<void>;
}

/**
 * Temporal and Cassandra, side by side: what is configured is used, what is not is started on free ports of 127.0.0.1 with its
 * state in `home`. What was started ends with this process, also when it is killed. Throws when the home is in use (naming the
 * process) or a service does not come up; nothing is left running then.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const home = resolve(options.home);
  const { brief, log } = options;
  const lock = options.temporal && options.cassandra ? null : await lockHome(home);
  const [temporal, cassandra] = await Promise.allSettled([
    options.temporal ? null : timed('Temporal', log, () => startTemporal({ ...options, home })),
    options.cassandra ? null : timed('Cassandra', log, () => startCassandra({ home, brief, log })),
  ]);
  const services: RunningService[] = [temporal, cassandra].flatMap((start) =>
    start.status === 'fulfilled' && start.value !== null ? [start.value] : [],
  );
  const stopAll = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.stop()));
    await lock?.release();
  };
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= stopAll();
    return stopping;
  };
  if (temporal.status === 'rejected' || cassandra.status === 'rejected') {
    await stop();
    const reasons = [temporal, cassandra].flatMap((start) =>
      start.status === 'rejected' ? [start.reason as Error] : [],
    );
    throw new Error(reasons.map((reason) => reason.message).join('\n'), { cause: reasons[0] });
  }
  return {
    temporal: temporalEndpoint(options, temporal.value),
    cassandra: cassandraEndpoint(options, cassandra.value),
    services,
    stop,
  };
}

function temporalEndpoint({ temporal }: StackOptions, started: RunningTemporal | null): TemporalEndpoint {
  if (started !== null) return { address: started.address, uiUrl: started.uiUrl };
  if (temporal === undefined) throw new Error('Temporal is neither configured nor started');
  return { address: temporal.address, uiUrl: temporal.uiUrl ?? null };
}

function cassandraEndpoint({ cassandra }: StackOptions, started: RunningCassandra | null): CassandraEndpoint {
  if (started !== null) {
    const { contactPoint, localDc, username, password } = started;
    return { contactPoints: [contactPoint], localDataCenter: localDc, username, password };
  }
  if (cassandra === undefined) throw new Error('Cassandra is neither configured nor started');
  return cassandra;
}

async function lockHome(home: string): Promise<Lock> {
  try {
    return await acquireLock(join(home, 'stack.lock'));
  } catch (error) {
    if (!(error instanceof LockHeld)) throw error;
    throw new Error(`another stack runs on ${home} (process ${error.pid}): stop it, or set CPA_HOME to another folder`);
  }
}

async function timed<T>(name: string, log: (line: string) => void, start: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  log(`starting ${name}…`);
  const value = await start();
  log(`${name} is up after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return value;
}
