/** A dashboard in a process of its own, as `npm start` runs it. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { dashboardOptions } from '../../cli/dashboard-service.ts';
import { freePorts } from '../../stack/ports.ts';
import type { Stack } from '../../stack/stack.ts';
import { cassandraEnv } from '../cassandra-env.ts';

export interface DashboardProcess {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a dashboard over a lake and a keyspace and waits until it listens. Throws when it ends before that. */
export async function startDashboardProcess(
  stack: Pick<Stack, 'cassandra'>,
  { lake, keyspace }: { readonly lake: string; readonly keyspace: string },
): Promise<DashboardProcess> {
  const [port] = await freePorts(1);
  const program = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
  const child = spawn(process.execPath, [...dashboardOptions, program, 'dashboard', '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      CPA_LAKE: lake,
      ...cassandraEnv(stack, keyspace),
    },
  });
  process.once('exit', () => child.kill());
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('The dashboard is at')) resolve();
    });
  });
  await Promise.race([
    ready,
    exited.then((code) => {
      throw new Error(`the dashboard ended with ${code} before it listened`);
    }),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
