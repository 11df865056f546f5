/** Workers as processes of their own, to be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestLine } from '../line/line.ts';

export interface WorkerProcess {
  readonly pid: number;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code when the process has ended by itself, null when something else has ended it. */
  stop(): Promise<number | null>;
}

/** Where a worker finds its line. */
export interface WorkerPlace {
  readonly line: TestLine;
  readonly landing: string;
  /** Default: that of the test run. */
  readonly temporal?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a worker; resolves when it polls. Rejects with its error output when it ends before. */
export async function startWorkerProcess({ line, landing, temporal, env }: WorkerPlace): Promise<WorkerProcess> {
  const { contactPoints, localDataCenter, keyspace, username = '', password = '' } = line.cassandra;
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../worker/main.js')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      TEMPORAL_ADDRESS: temporal ?? process.env.CPA_TEST_TEMPORAL,
      CASSANDRA_CONTACT_POINTS: contactPoints.join(','),
      CASSANDRA_LOCAL_DC: localDataCenter,
      CASSANDRA_KEYSPACE: keyspace,
      CASSANDRA_USERNAME: username,
      CASSANDRA_PASSWORD: password,
      CPA_LANDING: landing,
      CPA_LAKE: line.lakeRoot,
      CPA_TASK_QUEUE: line.taskQueue,
      ...env,
    },
  });
  const gone = once(child, 'exit').then(([code]) => code as number | null);
  await polling(child, gone);
  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return gone;
  };
  return { pid: child.pid!, kill: async () => void (await end('SIGKILL')), stop: () => end('SIGTERM') };
}

async function polling(child: ChildProcess, gone: Promise<unknown>): Promise<void> {
  let errors = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ready = new Promise<void>((resolve) => {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('on task queue')) resolve();
    });
  });
  await Promise.race([
    ready,
    gone.then(() => {
      throw new Error(`a worker ended at its start: ${errors}`);
    }),
  ]);
}
