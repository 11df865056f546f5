/** `cpa restore`: a table back to an earlier version. */
import type { Command } from 'commander';
import { loadConfig } from '../worker/config.ts';
import { wholeNumber } from './options.ts';
import { runWorkflow } from './run.ts';
import { temporalFor } from './session.ts';

interface RestoreOptions {
  readonly version: number;
  readonly reason?: string;
}

const help = `
Examples:
  cpa history gold.org_monthly_revenue
  cpa diff gold.org_monthly_revenue --from-version 12 --to-version 14
  cpa restore gold.org_monthly_revenue --version 12 --reason 'the price list of July was wrong'

What the restore changes is pinned: no run builds it, whatever is new, until a backfill that is asked for later recomputes it:
  cpa backfill --from 2025-07-01 --to 2025-07-31 --mode all --tables gold.org_monthly_revenue
A restore can be undone by another one, to the version before it. Bronze, quarantine and ops are not restored.`;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('restore')
    .summary('bring a table back to an earlier version')
    .description(
      'Brings a table of Silver or Gold back to an earlier version, builds what is made of it, publishes to Cassandra, and prints ' +
        'what was done as JSON.',
    )
    .argument('<table>', 'such as gold.org_monthly_revenue')
    .requiredOption('--version <number>', 'the version to bring back; `cpa history` lists them', wholeNumber(0))
    .option('--reason <text>', 'why, for the ledger')
    .addHelpText('after', help)
    .action(async (table: string, { version, reason }: RestoreOptions) => {
      const { taskQueue, ...temporal } = await temporalFor(loadConfig(process.env));
      try {
        const input = { table, version, ...(reason === undefined ? {} : { reason }) };
        const result = await runWorkflow(temporal, 'restore', { input, taskQueue, out: process.stderr });
        console.log(JSON.stringify(result, null, 2));
      } finally {
        await temporal.connection.close();
      }
    });
}
