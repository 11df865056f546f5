/** Making the server's schedules what the code says. */
import { isDeepStrictEqual } from 'node:util';
import { type Client, ScheduleAlreadyRunning, type ScheduleDescription } from '@temporalio/client';
import { optionsOf, type ScheduleDefinition } from './definitions.ts';

export interface Applied {
  readonly scheduleId: string;
  readonly outcome: 'created' | 'changed' | 'unchanged';
}

/**
 * Creates the schedules that the server lacks and changes those that it has otherwise. What an operator did to the state of one stays:
 * a pause with its note, and a limit of runs. One that is as it should be is not touched: an update right after the server was down
 * may come before it has caught up with what it missed. Safe to repeat and beside itself.
 */
export async function applySchedules(
  client: Client,
  definitions: readonly ScheduleDefinition[],
  taskQueue: string,
): Promise<readonly Applied[]> {
  const applied: Applied[] = [];
  for (const definition of definitions) {
    const { scheduleId, ...options } = optionsOf(definition, taskQueue);
    applied.push({ scheduleId, outcome: await apply(client, scheduleId, options) });
  }
  return applied;
}

type Options = Omit<ReturnType<typeof optionsOf>, 'scheduleId'>;

async function apply(client: Client, scheduleId: string, options: Options): Promise<Applied['outcome']> {
  const sent = { ...options, spec: { ...options.spec, calendars: [...options.spec.calendars] } };
  const action = { ...options.action, args: [...options.action.args] };
  try {
    await client.schedule.create({ scheduleId, ...sent, action });
    return 'created';
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
  const handle = client.schedule.getHandle(scheduleId);
  if (isDeepStrictEqual(optionsIn(await handle.describe()), options)) return 'unchanged';
  await handle.update(({ state }) => ({ ...sent, action, state }));
  return 'changed';
}

/** What of a schedule is the code's. */
function optionsIn({ spec, policies, action }: ScheduleDescription): unknown {
  const { calendars, intervals = [], skip = [], startAt, endAt, timezone, jitter } = spec;
  const { type, workflowType, workflowId, taskQueue, args, memo, staticSummary } = action;
  const isMore = intervals.length > 0 || skip.length > 0 || startAt !== undefined || endAt !== undefined;
  return {
    spec: {
      // Every year, which is no range at all.
      calendars: calendars?.map(({ year, ...calendar }) => (year.length === 0 ? calendar : { ...calendar, year })),
      timezone,
      jitter,
      ...(isMore ? { intervals, skip, startAt, endAt } : {}),
    },
    policies,
    action: { type, workflowType, workflowId, taskQueue, args, memo, staticSummary },
  };
}
