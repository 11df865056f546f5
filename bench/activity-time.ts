/** How much of a run was spent in activities, from the histories of the workflow and its children. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { Payload } from '@temporalio/common';

/** From and to, milliseconds. */
export type Interval = readonly [number, number];

/** What a run's histories say. */
export interface RunTimes {
  /** Start and end of the workflow itself. */
  readonly whole: Interval;
  /** Every attempt of an activity that ended, from when a worker took it. */
  readonly activities: readonly Pick<EndedActivity, 'type' | 'interval'>[];
  /** Events of the history of the workflow itself. */
  readonly events: number;
  /** The child workflows, by their type. */
  readonly children: readonly { readonly type: string; readonly interval: Interval; readonly events: number }[];
}

interface ProtoTime {
  readonly seconds?: unknown;
  readonly nanos?: number | null;
}

/** An attempt of an activity that ended, from when a worker took it. */
export interface EndedActivity {
  readonly type: string;
  readonly interval: Interval;
  /** From 1; more than 1 when attempts before it failed or were given up. */
  readonly attempt: number;
  /** Why the attempt before was not the last one; null when there was none. */
  readonly failure: string | null;
  /** As Temporal has it. */
  readonly result: Payload | null;
}

export type HistoryEvents = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;

/** The activities of a history that were completed, by their last attempts. */
export function endedActivities(events: HistoryEvents): EndedActivity[] {
  const scheduled = new Map<string, string>();
  const started = new Map<string, Pick<EndedActivity, 'type' | 'attempt' | 'failure'> & { fromMs: number }>();
  const ended: EndedActivity[] = [];
  for (const event of events) {
    const atMs = eventMs(event);
    if (event.activityTaskScheduledEventAttributes) {
      scheduled.set(String(event.eventId), event.activityTaskScheduledEventAttributes.activityType?.name ?? '');
    } else if (event.activityTaskStartedEventAttributes) {
      const { scheduledEventId, attempt, lastFailure } = event.activityTaskStartedEventAttributes;
      const id = String(scheduledEventId);
      started.set(id, {
        type: scheduled.get(id) ?? '',
        fromMs: atMs,
        attempt: attempt ?? 1,
        failure: lastFailure?.message ?? null,
      });
    } else if (event.activityTaskCompletedEventAttributes) {
      const { scheduledEventId, result } = event.activityTaskCompletedEventAttributes;
      const start = started.get(String(scheduledEventId));
      if (start === undefined) continue;
      const { fromMs, ...activity } = start;
      ended.push({ ...activity, interval: [fromMs, atMs], result: result?.payloads?.[0] ?? null });
    }
  }
  return ended;
}

/** Reads the histories of a closed workflow and, one level after another, of its children. */
export async function runTimes(client: Client, workflowId: string, runId?: string): Promise<RunTimes> {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const list = events ?? [];
  const activities: RunTimes['activities'][number][] = endedActivities(list);
  const children: RunTimes['children'][number][] = [];
  for (const event of list) {
    if (!event.childWorkflowExecutionStartedEventAttributes) continue;
    const { workflowExecution, workflowType } = event.childWorkflowExecutionStartedEventAttributes;
    const child = await runTimes(client, workflowExecution!.workflowId!, workflowExecution!.runId!);
    activities.push(...child.activities);
    const type = workflowType?.name ?? '';
    children.push({ type, interval: child.whole, events: child.events }, ...child.children);
  }
  return { whole: [eventMs(list[0]), eventMs(list.at(-1))], activities, events: list.length, children };
}

/** Milliseconds covered by at least one of the intervals. */
export function covered(intervals: readonly Interval[]): number {
  let total = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const [from, to] of [...intervals].sort((a, b) => a[0] - b[0])) {
    if (to <= reached) continue;
    total += to - Math.max(from, reached);
    reached = to;
  }
  return total;
}

/** When a history event was recorded, milliseconds since 1970. */
export function eventMs(event: HistoryEvents[number] | undefined): number {
  const time = event?.eventTime as ProtoTime | null | undefined;
  return Number(String(time?.seconds ?? 0)) * 1000 + (time?.nanos ?? 0) / 1e6;
}
