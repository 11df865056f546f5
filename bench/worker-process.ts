/** A worker in a process of its own, so that its memory is its own. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Stack } from '../stack/stack.ts';
import { cassandraEnv } from './cassandra-env.ts';
import { cpuSecondsOf, peakRssBytesOf } from './process.ts';

export interface WorkerProcess {
  readonly pid: number;
  /** Most memory it held at a time, its threads included, bytes. */
  peakRssBytes(): Promise<number>;
  /** Processor time it has used so far, all threads, seconds. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

export interface WorkerProcessOptions {
  readonly stack: Pick<Stack, 'temporal' | 'cassandra'>;
  readonly landing: string;
  readonly lake: string;
  readonly keyspace: string;
  readonly taskQueue: string;
  /** What its threads warm their code up on, on the task queue `<taskQueue>-warm`; null: nothing. */
  readonly warm: { readonly landing: string; readonly lake: string } | null;
}

/** Starts a worker and waits until it takes work. Throws when it ends before that. */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<WorkerProcess> {
  const { stack, landing, lake, keyspace, taskQueue, warm } = options;
  const program = fileURLToPath(new URL('./worker-child.js', import.meta.url));
  const child = spawn(
    process.execPath,
    [...process.execArgv, program, ...(warm === null ? [] : [warm.landing, warm.lake])],
    {
      // It ends when the far end of its input closes: also when this process is killed.
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        CPA_LANDING: landing,
        CPA_LAKE: lake,
        CPA_TASK_QUEUE: taskQueue,
        TEMPORAL_ADDRESS: stack.temporal.address,
        ...cassandraEnv(stack, keyspace),
      },
    },
  );
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('worker ')) resolve();
    });
  });
  await Promise.race([
    ready,
    exited.then((code) => {
      throw new Error(`the worker ended with ${code} before it took work`);
    }),
  ]);
  return {
    pid: child.pid!,
    peakRssBytes: () => peakRssBytesOf(child.pid!),
    cpuSeconds: () => cpuSecondsOf(child.pid!),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
