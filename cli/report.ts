/** `cpa report`: the dashboard as one file. */
import { statSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { ReportFilters } from '../dashboard/report/report.ts';
import { loadConfig } from '../worker/config.ts';
import { note } from './format.ts';
import { calendarDay } from './options.ts';
import { UsageError } from './usage-error.ts';

const examples = `
Examples:
  cpa report                                                  all organisations, the last 30 days with data
  cpa report --org org_1a2b3c4d --from 2025-08-01 --to 2025-08-31 --out august.html
  cpa report --region emea --plan pro --out /srv/reports      a folder: the file gets the usual name in it
  cpa report --org org_1a2b3c4d --out - | mail …              to standard output

The file has the charts and tables of the dashboard's pages, the state of the data, and the publications and table versions
that the figures come from. It needs no other file, no network and no script; printed, it is pages of A4. Nothing is left
behind when it cannot be made. It reads what the dashboard reads: Cassandra (a running \`npm start\`, or
CASSANDRA_CONTACT_POINTS) and the lake.`;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('report')
    .summary('write the dashboard as one HTML file')
    .description('Writes the charts and tables of the dashboard as one HTML file that can be mailed and printed.')
    .option('--org <id>', 'one organisation (default: all of them)')
    .option('--service <name>', 'only usage of this service')
    .option('--region <name>', 'only organisations with their head office there; not with --org')
    .option('--plan <name>', 'only organisations on this plan; not with --org')
    .option('--from <day>', 'first day, YYYY-MM-DD (default: 30 days that end with --to)', calendarDay)
    .option('--to <day>', 'last day (default: the last day, not after today, with data)', calendarDay)
    .option('--out <path>', 'file, folder, or - for standard output (default: report-<org or all>-<from>-<to>.html)')
    .addHelpText('after', examples)
    .action(report);
}

async function report({ out = '.', ...filters }: ReportFilters & { readonly out?: string }): Promise<void> {
  // Drivers are loaded only where they are needed: the other commands start faster.
  const [{ readerFor }, { BadFilter, makeReport }] = await Promise.all([
    import('./local-stack.ts'),
    import('../dashboard/report/report.ts'),
  ]);
  const config = loadConfig(process.env);
  const { html, period } = await makeReport({
    filters,
    cassandra: readerFor(config),
    lake: config.lake,
    landing: config.landing,
    budgets: config.alerts?.budgets ?? null,
    clock: Date.now,
    log: note,
  }).catch((error: unknown) => {
    throw error instanceof BadFilter ? new UsageError(error.message) : error;
  });
  if (out === '-') {
    process.stdout.write(html);
    return;
  }
  const usual = `report-${filters.org?.replaceAll(/[^\w.-]/g, '_') ?? 'all'}-${period.from}-${period.to}.html`;
  const path = statSync(out, { throwIfNoEntry: false })?.isDirectory() ? join(out, usual) : out;
  await writeWhole(path, html);
  note(`${path}: ${Math.ceil(Buffer.byteLength(html) / 1000).toLocaleString('en')} kB`);
}

/** The file is there whole or not at all. */
async function writeWhole(path: string, text: string): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  try {
    await writeFile(part, text);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw new Error(`${path} cannot be written: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}
