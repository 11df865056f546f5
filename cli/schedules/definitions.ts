/** The schedules of the line, as data. */
import { type CalendarSpec, DAYS_OF_WEEK, MONTHS, type ScheduleOverlapPolicy } from '@temporalio/client';
import { defaultTaskQueue, type ScheduleSettings } from '../../worker/config.ts';
import { type Cron, type CronRange, everyDay, everyDayOfWeek } from '../../worker/cron.ts';

export const scheduleNames = ['daily', 'maintenance', 'audit'] as const;
export type ScheduleName = (typeof scheduleNames)[number];

export interface ScheduleDefinition {
  readonly name: ScheduleName;
  readonly cron: Cron;
  readonly timeZone: string;
  readonly workflowType: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** What becomes of a run whose time comes while one is under way. */
  readonly overlap: ScheduleOverlapPolicy;
  /** A run that is later than this, because the server was down, is missed. */
  readonly catchupWindowMs: number;
  /** A run begins up to so much later, so that not everything begins at once. */
  readonly jitterMs: number;
  /** One line for the Temporal UI. */
  readonly summary: string;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** The schedules, as configured. */
export function scheduleDefinitions(settings: ScheduleSettings): readonly ScheduleDefinition[] {
  const { timeZone, dailyCron, maintenanceCron, auditCron } = settings;
  return [
    {
      name: 'daily',
      cron: dailyCron,
      timeZone,
      workflowType: 'dailyRun',
      input: {},
      // One after another: every day has a run under its date, also those caught up together.
      overlap: 'BUFFER_ALL',
      catchupWindowMs: 7 * dayMs,
      jitterMs: minuteMs,
      summary: 'The whole line: landing → Bronze → Silver → Gold → Cassandra → audit',
    },
    {
      name: 'maintenance',
      cron: maintenanceCron,
      timeZone,
      workflowType: 'maintenance',
      input: {},
      overlap: 'SKIP',
      catchupWindowMs: dayMs,
      jitterMs: minuteMs,
      summary: 'Small files compacted, files that nobody needs removed',
    },
    {
      name: 'audit',
      cron: auditCron,
      timeZone,
      workflowType: 'audit',
      input: { scope: 'everything' },
      overlap: 'SKIP',
      catchupWindowMs: dayMs,
      jitterMs: minuteMs,
      summary: 'Every layer against the one before, all of it',
    },
  ];
}

/** The id of a schedule: a task queue has one of each. */
export function scheduleId(name: ScheduleName, taskQueue: string): string {
  return `cpa-${ofQueue(name, taskQueue)}`;
}

/** What the server is told; in the form in which it tells it back. */
export function optionsOf(definition: ScheduleDefinition, taskQueue: string) {
  const { name, cron, timeZone, workflowType, input, overlap, catchupWindowMs, jitterMs, summary } = definition;
  return {
    scheduleId: scheduleId(name, taskQueue),
    spec: { calendars: calendarsOf(cron), timezone: timeZone, jitter: jitterMs },
    policies: { overlap, catchupWindow: catchupWindowMs, pauseOnFailure: false },
    action: {
      type: 'startWorkflow',
      workflowType,
      // The server adds the scheduled time: `daily-2025-08-14T00:30:00Z`.
      workflowId: ofQueue(name, taskQueue),
      taskQueue,
      args: [input],
      // Runs are labelled with days of the time zone.
      memo: { timeZone },
      staticSummary: summary,
    },
  } as const;
}

function ofQueue(name: ScheduleName, taskQueue: string): string {
  return taskQueue === defaultTaskQueue ? name : `${name}-${taskQueue}`;
}

/** A time has to match all of a calendar, and one of the calendars. */
function calendarsOf(cron: Cron) {
  if (!cron.isEitherDay) return [calendarOf(cron)];
  return [calendarOf({ ...cron, dayOfWeek: everyDayOfWeek }), calendarOf({ ...cron, dayOfMonth: everyDay })];
}

function calendarOf(cron: Cron) {
  const named = <N>(ranges: readonly CronRange[], nameOf: (n: number) => N) =>
    ranges.map(({ start, end, step }) => ({ start: nameOf(start), end: nameOf(end), step }));
  return {
    comment: cron.text,
    second: [{ start: 0, end: 0, step: 1 }],
    minute: [...cron.minute],
    hour: [...cron.hour],
    dayOfMonth: [...cron.dayOfMonth],
    month: named(cron.month, (n) => MONTHS[n - 1]!),
    dayOfWeek: named(cron.dayOfWeek, (n) => DAYS_OF_WEEK[n]!),
  } satisfies CalendarSpec;
}
