import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accepts, freePorts, portIsFree } from '../stack/ports.ts';
import { type RunningService, startService, untilReady } from '../stack/service.ts';
import type { Config } from '../worker/config.ts';

export interface DashboardService extends RunningService {
  readonly url: string;
}

/** Node's options for a process that answers: garbage is collected beside its work, all of it seldom, and few objects outlive their answer. */
export const dashboardOptions = [
  '--heap-growing-percent=150',
  '--min-semi-space-size=32',
  '--max-semi-space-size=32',
  '--enable-source-maps',
];

const usualPort = 3000;
const readyMs = 60_000;

/**
 * The dashboard of the running local stack as a process of its own, so that answers do not wait for the worker's work, nor the work for
 * answers. It ends with this process. Throws when it does not come up, with the end of its log.
 */
export async function startDashboardService({ home, dashboard }: Config): Promise<DashboardService> {
  const { host } = dashboard;
  const port = dashboard.port ?? ((await portIsFree(usualPort)) ? usualPort : (await freePorts(1))[0]!);
  const program = fileURLToPath(new URL('./main.js', import.meta.url));
  const spec = {
    name: 'the dashboard',
    command: process.execPath,
    args: [...dashboardOptions, program, 'dashboard', '--port', String(port)],
    logFile: join(home, 'dashboard.log'),
    graceSeconds: 5,
  };
  const service = await startService(spec);
  // What listens everywhere listens here too.
  const local = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host;
  await untilReady(service, spec, readyMs, () => accepts(local, port));
  return { ...service, url: `http://${local.includes(':') ? `[${local}]` : local}:${port}` };
}
