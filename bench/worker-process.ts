/** A worker in a process of its own, so that its memory is its own. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Stack } from '../stack/stack.ts';

export interface WorkerProcess {
  /** Most memory it held at a time, its threads included, bytes. */
  peakRssBytes(): Promise<number>;
  /** Processor time it has used so far, all threads, seconds. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

export interface WorkerProcessOptions {
  readonly stack: Stack;
  readonly landing: string;
  readonly lake: string;
  readonly keyspace: string;
  readonly taskQueue: string;
  /** What its threads warm their code up on, on the task queue `<taskQueue>-warm`. */
  readonly warm: { readonly landing: string; readonly lake: string };
}

/** Starts a worker and waits until it takes work. Throws when it ends before that. */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<WorkerProcess> {
  const { stack, landing, lake, keyspace, taskQueue, warm } = options;
  const { contactPoints, localDataCenter, username, password } = stack.cassandra;
  const program = fileURLToPath(new URL('./worker-child.js', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, program, warm.landing, warm.lake], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      CPA_LANDING: landing,
      CPA_LAKE: lake,
      CPA_TASK_QUEUE: taskQueue,
      TEMPORAL_ADDRESS: stack.temporal.address,
      CASSANDRA_CONTACT_POINTS: contactPoints.join(','),
      CASSANDRA_LOCAL_DC: localDataCenter,
      CASSANDRA_USERNAME: username,
      CASSANDRA_PASSWORD: password,
      CASSANDRA_KEYSPACE: keyspace,
    },
  });
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
    peakRssBytes: async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
      if (kib === undefined) throw new Error(`process ${child.pid} does not say its peak memory`);
      return Number(kib) * 1024;
    },
    cpuSeconds: async () => {
      // After the name in brackets: state is field 3, utime and stime are fields 14 and 15, in ticks of 10 ms.
      const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
