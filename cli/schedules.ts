/** `cpa schedules`: the runs that begin by themselves. */
import { type Client, type ScheduleHandle, ScheduleNotFoundError } from '@temporalio/client';
import { Argument, type Command } from 'commander';
import { type Config, loadConfig } from '../worker/config.ts';
import { dayIn, dayPlus } from '../workflows/time-zone.ts';
import { type Format, print } from './format.ts';
import { calendarDay, formatOption } from './options.ts';
import { applySchedules } from './schedules/apply.ts';
import { type ScheduleName, scheduleDefinitions, scheduleId, scheduleNames } from './schedules/definitions.ts';
import { scheduleListing } from './schedules/listing.ts';
import { backfill, pause, resume, timeZoneOf, trigger } from './schedules/requests.ts';
import { temporalFor } from './session.ts';
import { UsageError } from './usage-error.ts';

const examples = `
Examples:
  cpa schedules list
  cpa schedules pause daily --note "the landing zone is being moved"
  cpa schedules resume daily
  cpa schedules trigger maintenance
  cpa schedules backfill daily --from 2025-08-01 --to 2025-08-03`;

/** Adds the command. */
export function register(program: Command): void {
  const schedules = program
    .command('schedules')
    .summary('runs that begin by themselves: apply, list, pause, resume, trigger, backfill')
    .description(
      'The daily run, the maintenance of tables and the audit, each on a schedule of Temporal: CPA_DAILY_CRON, CPA_MAINTENANCE_CRON, ' +
        'CPA_AUDIT_CRON, in CPA_TIME_ZONE. `cpa up` and `npm start` apply them, too.',
    )
    .addHelpText('after', examples);
  schedules
    .command('apply')
    .description('make the schedules of the server what is configured; a pause and its note stay')
    .action(() =>
      connected(async (client, queue, config) => {
        for (const line of await applied(client, config, queue)) console.log(line);
      }),
    );
  schedules
    .command('list')
    .description('when they run next, how the last runs ended, what was missed or skipped')
    .addOption(formatOption())
    .action(({ format }: { readonly format: Format }) =>
      connected(async (client, queue) => print(await scheduleListing(client, queue), format)),
    );
  schedules
    .command('pause')
    .description('begin no runs until resume')
    .addArgument(scheduleArgument())
    .option('--note <text>', 'why; shown by list and in the Temporal UI', 'paused by `cpa schedules pause`')
    .action((name: ScheduleName, { note }: { readonly note: string }) =>
      withSchedule(name, async (handle) => {
        await pause(handle, note);
        console.log(`${handle.scheduleId} is paused; \`cpa schedules resume ${name}\` goes on`);
      }),
    );
  schedules
    .command('resume')
    .description('go on after pause; runs whose time came meanwhile are not made up for: backfill does that')
    .addArgument(scheduleArgument())
    .action((name: ScheduleName) =>
      withSchedule(name, async (handle) => {
        await resume(handle);
        const [next] = (await handle.describe()).info.nextActionTimes;
        console.log(`${handle.scheduleId} goes on${next === undefined ? '' : `, next at ${next.toISOString()}`}`);
      }),
    );
  schedules
    .command('trigger')
    .description('begin a run now; one under way is waited for (daily), or lets no other begin (maintenance, audit)')
    .addArgument(scheduleArgument())
    .action((name: ScheduleName) =>
      withSchedule(name, async (handle) => {
        await trigger(handle);
        console.log(`${handle.scheduleId} is triggered; \`cpa schedules list\` shows how it ends`);
      }),
    );
  schedules
    .command('backfill')
    .description('begin the runs of past days, one after another, each labelled with its day')
    .addArgument(scheduleArgument())
    .requiredOption('--from <YYYY-MM-DD>', 'first logical date', calendarDay)
    .requiredOption('--to <YYYY-MM-DD>', 'last logical date', calendarDay)
    .action((name: ScheduleName, { from, to }: { readonly from: string; readonly to: string }) =>
      withSchedule(name, (handle) => madeUp(handle, from, to)),
    );
}

/** Applies the configured schedules; a line for each. */
export async function applied(client: Client, config: Config, taskQueue: string): Promise<string[]> {
  const { schedules } = config;
  const definitions = scheduleDefinitions(schedules);
  const outcomes = await applySchedules(client, definitions, taskQueue);
  return outcomes.map(
    ({ scheduleId: id, outcome }, i) =>
      `schedule ${id}: ${definitions[i]!.cron.text} ${schedules.timeZone} (${outcome})`,
  );
}

async function madeUp(handle: ScheduleHandle, from: string, to: string): Promise<void> {
  const timeZone = timeZoneOf(await handle.describe());
  const last = dayPlus(dayIn(Date.now(), timeZone), -1);
  if (from > to) throw new UsageError(`--from ${from} is after --to ${to}`);
  if (to > last) throw new UsageError(`--to ${to} is not over yet: the last day that is, in ${timeZone}, is ${last}`);
  await backfill(handle, from, to, Date.now());
  console.log(`${handle.scheduleId} runs for ${from} to ${to}; \`cpa schedules list\` shows how the runs end`);
}

function scheduleArgument(): Argument {
  return new Argument('<schedule>', 'which one').choices(scheduleNames);
}

function withSchedule(name: ScheduleName, work: (handle: ScheduleHandle) => Promise<void>): Promise<void> {
  return connected(async (client, taskQueue) => {
    const id = scheduleId(name, taskQueue);
    try {
      await work(client.schedule.getHandle(id));
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      throw new Error(`no schedule ${id}: \`cpa schedules apply\` makes it`, { cause: error });
    }
  });
}

/** Runs a command with a connection to Temporal, which it then closes. */
async function connected(work: (client: Client, taskQueue: string, config: Config) => Promise<void>): Promise<void> {
  const config = loadConfig(process.env);
  const { taskQueue, client, connection } = await temporalFor(config);
  try {
    await work(client, taskQueue, config);
  } finally {
    await connection.close();
  }
}
