/** `cpa backfill`: ranges of days built again, asked for, watched, cancelled. */
import { setTimeout as wait } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { type Command, Option } from 'commander';
import type { BackfillPlan } from '../activities/backfill/plan.ts';
import { backfillModes } from '../activities/backfill/request.ts';
import { loadConfig } from '../worker/config.ts';
import { endedLines, progressLines, runningLines, seconds } from './backfill/progress-text.ts';
import { progressOf, runningBackfill, update, whoAsks } from './backfill/running-backfill.ts';
import { type Format, note, print } from './format.ts';
import { liveBlock } from './live-block.ts';
import { formatOption, nameList, wholeNumber } from './options.ts';
import { temporalFor } from './session.ts';
import { untilSignal } from './until-signal.ts';
import { UsageError } from './usage-error.ts';

const examples = `
Examples:
  cpa backfill --from 2025-07-01 --to 2025-07-31 --dry-run
  cpa backfill --from 2025-07-01 --to 2025-07-31 --watch
  cpa backfill --from 2025-07-01 --mode all --tables gold.org_daily_usage_by_service --reason 'a corrected price list'
  cpa backfill --from 2025-07-01 --to 2025-07-31 --mode failed
  cpa backfill status
  cpa backfill cancel all`;

/** Adds the command. */
export function register(program: Command): void {
  const backfill = program
    .command('backfill')
    .summary('build a range of days again; status, cancel, pause, resume, concurrency')
    .description(
      'Asks the workflow `backfill` to build a range of days again, beside whatever else runs. It goes on when this command ends; it needs ' +
        'a worker: npm start.',
    )
    .option('--from <YYYY-MM-DD>', 'first day')
    .option('--to <YYYY-MM-DD>', 'last day (default: the first)')
    .addOption(
      new Option('--mode <mode>', 'missing: what is absent or dirty; failed: what failed last time; all: everything')
        .choices([...backfillModes])
        .default('missing'),
    )
    .option('--layers <a,b>', 'out of silver, gold, serving (default: all)', nameList)
    .option('--tables <a,b>', 'only these tables (default: all of the layers)', nameList)
    .option('--newest-first', 'begin with the last day')
    .option('--reason <text>', 'why, for the record')
    .option('--dry-run', 'say what would be done, and why, without doing it')
    .option('--watch', 'show the progress until it has ended')
    .addOption(formatOption())
    .addHelpText('after', examples)
    .action((options: Options) => connected((handle) => ask(handle, options)));
  backfill
    .command('status')
    .description('what it does now, what waits, what has ended')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: true }) =>
      connected(async (handle) => {
        const progress = await progressOf(handle);
        console.log(json ? JSON.stringify(progress, null, 2) : progressLines(progress).join('\n'));
      }),
    );
  backfill
    .command('cancel')
    .description('cancel a request, or all; days that are done stay')
    .argument('<id>', 'id of the request, or all')
    .action((id: string) => connected(async (handle) => cancel(handle, id)));
  backfill
    .command('pause')
    .description('begin no further part until resume')
    .action(() => connected((handle) => handle.signal('pause')));
  backfill
    .command('resume')
    .description('go on after pause')
    .action(() => connected((handle) => handle.signal('resume')));
  backfill
    .command('concurrency')
    .description('parts to build side by side')
    .argument('<n>', '1 to 16', wholeNumber(1))
    .action((parts: number) => connected((handle) => handle.signal('concurrency', parts)));
}

interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly mode: string;
  readonly layers?: string[];
  readonly tables?: string[];
  readonly newestFirst?: true;
  readonly reason?: string;
  readonly dryRun?: true;
  readonly watch?: true;
  readonly format: Format;
}

async function ask(handle: WorkflowHandle, options: Options): Promise<void> {
  const { from, to, mode, layers, tables, newestFirst, reason, dryRun, watch, format } = options;
  if (from === undefined) throw new UsageError('--from is missing: the first day, such as --from 2025-07-01');
  // An update waits for a worker without a word; a query says that there is none.
  await progressOf(handle);
  const request = { from, to, mode, layers, tables, newestFirst, reason, by: whoAsks() };
  if (dryRun) return printPlan(await update<BackfillPlan>(handle, 'plan', request), format);
  const { id } = await update<{ readonly id: string }>(handle, 'request', request);
  if (!watch) {
    console.log(`${id} is asked for; \`cpa backfill status\` shows it, \`cpa backfill cancel ${id}\` ends it`);
    return;
  }
  await watched(handle, id);
}

function printPlan({ days, others, pinned, rows, estimatedMs }: BackfillPlan, format: Format): void {
  print(
    {
      columns: [
        { name: 'what', kind: 'text' },
        { name: 'rows', kind: 'count' },
        { name: 'why', kind: 'text' },
      ],
      rows: [
        ...days.map((day) => [day.date, day.rows, day.why.join(', ')]),
        ...others.map(({ table, partitions, why }) => [`${table} (${partitions})`, null, why.join(', ')]),
      ],
    },
    format,
  );
  for (const partition of pinned) note(`pinned by a restore, left as it is (--mode all unpins it): ${partition}`);
  note(`${days.length} days, ${rows.toLocaleString('en')} rows, about ${seconds(estimatedMs)}; nothing was touched`);
}

const refreshMs = 500;

/** Shows the request until it has ended. Ctrl-C ends the watching alone. Throws when something failed. */
async function watched(handle: WorkflowHandle, id: string): Promise<void> {
  const block = liveBlock(process.stderr);
  let isLeft = false;
  const left = untilSignal().then(() => {
    isLeft = true;
  });
  let shown = '';
  while (!isLeft) {
    const { running, ended } = await progressOf(handle);
    const end = ended.find(({ ids }) => ids.includes(id));
    if (end !== undefined) {
      block.clear();
      console.log(endedLines(end).join('\n'));
      if (end.state !== 'done') throw new Error(`${id} is ${end.state}`);
      return;
    }
    const lines = running?.ids.includes(id) ? runningLines(running) : [`  ${id} waits`];
    // Where lines cannot be rewritten, only what is new is worth one.
    if (process.stderr.isTTY || lines.join('\n') !== shown) block.show(lines);
    shown = lines.join('\n');
    await Promise.race([left, wait(refreshMs)]);
  }
  block.clear();
  note(`${id} goes on; \`cpa backfill status\` shows it, \`cpa backfill cancel ${id}\` ends it`);
}

async function cancel(handle: WorkflowHandle, id: string): Promise<void> {
  const { running, waiting } = await progressOf(handle);
  const known = [...(running === null ? [] : [running]), ...waiting].flatMap(({ ids }) => ids);
  if (id !== 'all' && !known.includes(id))
    throw new UsageError(`no request ${id} waits or runs; there are: ${known.join(', ') || 'none'}`);
  await handle.signal('cancel', id);
}

/** Runs a command on the backfill of the task queue, and closes the connection. */
async function connected(work: (handle: WorkflowHandle) => Promise<void>): Promise<void> {
  const { taskQueue, client, connection } = await temporalFor(loadConfig(process.env));
  try {
    await work(await runningBackfill(client, taskQueue));
  } finally {
    await connection.close();
  }
}
