/** How much of a run was spent in activities, from the histories of the workflow and its children. */
import type { Client } from '@temporalio/client';

/** From and to, milliseconds. */
export type Interval = readonly [number, number];

/** What a run's histories say. */
export interface RunTimes {
  /** Start and end of the workflow itself. */
  readonly whole: Interval;
  /** Every attempt of an activity that ended, from when a worker took it. */
  readonly activities: readonly { readonly type: string; readonly interval: Interval }[];
  /** The child workflows, by their type. */
  readonly children: readonly { readonly type: string; readonly interval: Interval }[];
}

interface ProtoTime {
  readonly seconds?: unknown;
  readonly nanos?: number | null;
}

/** Reads the histories of a closed workflow and, one level after another, of its children. */
export async function runTimes(client: Client, workflowId: string, runId?: string): Promise<RunTimes> {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const list = events ?? [];
  const scheduled = new Map<string, string>();
  const started = new Map<string, { type: string; fromMs: number }>();
  const activities: RunTimes['activities'][number][] = [];
  const children: RunTimes['children'][number][] = [];
  for (const event of list) {
    const atMs = milliseconds(event.eventTime);
    if (event.activityTaskScheduledEventAttributes) {
      scheduled.set(String(event.eventId), event.activityTaskScheduledEventAttributes.activityType?.name ?? '');
    } else if (event.activityTaskStartedEventAttributes) {
      const id = String(event.activityTaskStartedEventAttributes.scheduledEventId);
      started.set(id, { type: scheduled.get(id) ?? '', fromMs: atMs });
    } else if (event.activityTaskCompletedEventAttributes) {
      const start = started.get(String(event.activityTaskCompletedEventAttributes.scheduledEventId));
      if (start !== undefined) activities.push({ type: start.type, interval: [start.fromMs, atMs] });
    } else if (event.childWorkflowExecutionStartedEventAttributes) {
      const { workflowExecution, workflowType } = event.childWorkflowExecutionStartedEventAttributes;
      const child = await runTimes(client, workflowExecution!.workflowId!, workflowExecution!.runId!);
      activities.push(...child.activities);
      children.push({ type: workflowType?.name ?? '', interval: child.whole }, ...child.children);
    }
  }
  return { whole: [milliseconds(list[0]?.eventTime), milliseconds(list.at(-1)?.eventTime)], activities, children };
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

function milliseconds(time: ProtoTime | null | undefined): number {
  return Number(String(time?.seconds ?? 0)) * 1000 + (time?.nanos ?? 0) / 1e6;
}
