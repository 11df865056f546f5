/** `cpa dashboard`: the page and its API, until Ctrl-C. */
import type { Command } from 'commander';
import { loadConfig } from '../worker/config.ts';
import { localStack, readerFor } from './local-stack.ts';
import { wholeNumber } from './options.ts';
import { untilSignal } from './until-signal.ts';

const examples = `
Examples:
  cpa dashboard                              beside a running \`npm start\`, or with CASSANDRA_CONTACT_POINTS
  CPA_DASHBOARD_TOKEN=… cpa dashboard --port 8080

It only reads: Cassandra with CASSANDRA_READER_USERNAME and _PASSWORD where they are set, and the lake. It listens on 127.0.0.1
unless CPA_DASHBOARD_HOST says otherwise; set CPA_DASHBOARD_TOKEN or CPA_DASHBOARD_PROXY_HEADER before others can reach it.`;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('dashboard')
    .summary('serve the dashboard')
    .description('Serves the dashboard and its API; `npm start` does so too.')
    .option('--port <number>', 'port (default: $CPA_DASHBOARD_PORT, else 3000)', wholeNumber(1))
    .addHelpText('after', examples)
    .action(dashboard);
}

async function dashboard({ port }: { readonly port?: number }): Promise<void> {
  const config = loadConfig(process.env);
  const { host, token, proxyHeader } = config.dashboard;
  const signal = untilSignal();
  const ui = config.dashboard.temporalUi ?? localStack(config.home)?.uiUrl ?? null;
  const { startDashboard } = await import('../dashboard/server/server.ts');
  const running = await startDashboard({
    host,
    port: port ?? config.dashboard.port ?? 3000,
    access: { token, proxyHeader },
    cassandra: readerFor(config),
    lake: config.lake,
    landing: config.landing,
    budgets: config.alerts?.budgets ?? null,
    temporalUi: ui === null ? null : `${ui}/namespaces/${process.env.TEMPORAL_NAMESPACE ?? 'default'}/workflows`,
    log: (message) => console.error(message),
  });
  console.log(`The dashboard is at ${running.url}`);
  if (!['127.0.0.1', '::1'].includes(host) && token === null && proxyHeader === null) {
    console.error(
      `Everybody who reaches ${running.url} can read it: set CPA_DASHBOARD_TOKEN or CPA_DASHBOARD_PROXY_HEADER.`,
    );
  }
  await signal;
  await running.close();
  process.exit();
}
