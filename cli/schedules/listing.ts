/** The schedules as the server has them, with what they did last and will do next. */
import {
  type Client,
  type ScheduleDescription,
  type ScheduleExecutionResult,
  ScheduleNotFoundError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { Cell, Result, ResultColumn } from '../format.ts';
import { type ScheduleName, scheduleId, scheduleNames } from './definitions.ts';
import { timeZoneOf } from './requests.ts';

const columns: readonly ResultColumn[] = [
  { name: 'schedule', kind: 'text' },
  { name: 'cron', kind: 'time' },
  { name: 'time_zone', kind: 'time' },
  { name: 'paused', kind: 'text' },
  { name: 'next', kind: 'text' },
  { name: 'last', kind: 'text' },
  { name: 'running', kind: 'count' },
  { name: 'missed', kind: 'count' },
  { name: 'skipped', kind: 'count' },
  { name: 'overlap', kind: 'text' },
];

/** Runs before and after now that are shown. */
const shown = 3;

/** A row for each schedule; one that was never applied has only its id. */
export async function scheduleListing(client: Client, taskQueue: string): Promise<Result> {
  const rows = await Promise.all(scheduleNames.map((name) => rowOf(client, name, taskQueue)));
  return { columns, rows };
}

async function rowOf(client: Client, name: ScheduleName, taskQueue: string): Promise<Cell[]> {
  const id = scheduleId(name, taskQueue);
  const found = await client.schedule
    .getHandle(id)
    .describe()
    .catch((error: unknown) => {
      if (error instanceof ScheduleNotFoundError) return null;
      throw error;
    });
  return found === null ? [id, ...columns.slice(1).map(() => null)] : [id, ...(await factsOf(client, found))];
}

async function factsOf(client: Client, found: ScheduleDescription): Promise<Cell[]> {
  const { spec, state, policies, info } = found;
  const last = await Promise.all(
    info.recentActions.slice(-shown).map(async (run) => `${second(run.scheduledAt)} ${await outcomeOf(client, run)}`),
  );
  return [
    // Two of one expression where either day is enough.
    [...new Set(spec.calendars?.map(({ comment }) => comment))].join(', ') || null,
    timeZoneOf(found),
    state.paused ? state.note || 'paused' : null,
    state.paused ? null : info.nextActionTimes.slice(0, shown).map(second).join(', '),
    last.reverse().join(', ') || null,
    info.runningActions.length,
    info.numActionsMissedCatchupWindow,
    info.numActionsSkippedOverlap,
    policies.overlap ?? null,
  ];
}

/** How a run ended; `gone` when the server has forgotten it. */
async function outcomeOf(client: Client, { action: { workflow } }: ScheduleExecutionResult): Promise<string> {
  try {
    const handle = client.workflow.getHandle(workflow.workflowId, workflow.firstExecutionRunId);
    return (await handle.describe()).status.name.toLowerCase();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'gone';
    throw error;
  }
}

function second(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, 'Z');
}
