/** `cpa start` and `cpa up`: the stack, with and without a worker, until Ctrl-C. */
import type { Command } from 'commander';
import { Lake } from '../engine/delta/lake.ts';
import { openStore } from '../engine/storage/open.ts';
import { openServing } from '../serving/serving.ts';
import { type Config, loadConfig } from '../worker/config.ts';
import { registerSearchAttributes } from '../worker/temporal.ts';
import { runningBackfill } from './backfill/running-backfill.ts';
import { type DashboardService, startDashboardService } from './dashboard-service.ts';
import { type Line, startLine } from './line.ts';
import { RunFailed, runWorkflow } from './run.ts';
import { ensureLanding } from './sample.ts';
import { applied } from './schedules.ts';
import { untilSignal } from './until-signal.ts';

/** Registers the commands. */
export function register(program: Command): void {
  program
    .command('up')
    .description(
      'start Temporal, Cassandra (those not configured) and the dashboard, migrate, apply the schedules, and stay up',
    )
    .action(() => stayUp(false));
  program
    .command('start')
    .description('the same with a worker; runs the line when the lake is empty (CPA_AUTORUN=0 keeps it from that)')
    .action(() => stayUp(true));
}

async function stayUp(withWorker: boolean): Promise<void> {
  const config = loadConfig(process.env);
  const signal = untilSignal();
  const line = await startLine(config, (text) => console.log(text), { withWorker });
  let dashboard: DashboardService | null = null;
  try {
    if (!withWorker) {
      await registerSearchAttributes(line.temporal);
      await (await openServing(line.cassandra)).close();
    }
    // Operators signal it: it is there from the start.
    await runningBackfill(line.temporal.client, config.taskQueue);
    for (const text of await applied(line.temporal.client, config, config.taskQueue)) console.log(text);
    dashboard = await startDashboardService(config).catch((error: Error) => {
      console.error(`the line goes on without a dashboard: ${error.message}`);
      return null;
    });
    printAddresses(config, line, dashboard);
    if (withWorker && config.autorun && (await isEmpty(config))) {
      await Promise.race([firstRun(config, line, dashboard), signal]);
    }
    await Promise.race([signal, line.failed]);
  } finally {
    await dashboard?.stop();
    await line.stop();
  }
  // A driver that lived through a restart of Cassandra keeps connections open.
  process.exit();
}

function printAddresses(config: Config, line: Line, dashboard: DashboardService | null): void {
  const { cassandra } = line;
  console.log(`
  Dashboard     ${dashboard?.url ?? '(not started)'}
  Temporal UI   ${line.uiUrl ?? '(configured elsewhere)'}
  Cassandra     ${cassandra.contactPoints.join(', ')}  keyspace ${cassandra.keyspace}
  Task queue    ${config.taskQueue}
  Landing zone  ${config.landing}
  Lake          ${config.lake}

  Ctrl-C stops everything that was started here.
`);
}

async function isEmpty(config: Config): Promise<boolean> {
  return (await new Lake(openStore(config.lake), Date.now).table('ops.ledger').latest()) === null;
}

async function firstRun(config: Config, line: Line, dashboard: DashboardService | null): Promise<void> {
  await ensureLanding(config, (text) => console.log(text));
  console.log('The lake is empty: running the line…');
  try {
    await runWorkflow(line.temporal, 'dailyRun', { input: {}, taskQueue: config.taskQueue, out: process.stderr });
    const look = dashboard === null ? '' : `look at ${dashboard.url}, or `;
    console.log(`The line has run: ${look}try \`npx cpa tables\`, or \`npx cpa query daily_cost\`.`);
  } catch (error) {
    if (!(error instanceof RunFailed)) throw error;
    console.error(error.message);
  }
}
