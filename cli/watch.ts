/** Watching a run from outside: what its activities report, as they report it. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Progress } from '../activities/context.ts';

/** An activity that is running, with its last heartbeat. */
export interface RunningActivity {
  /** Within its workflow run. */
  readonly id: string;
  readonly activity: string;
  readonly attempt: number;
  readonly progress: Progress | null;
  /** Why the attempt before failed. */
  readonly lastFailure: string | null;
}

/** The activities that run now in a workflow and its children. */
export async function runningActivities(client: Client, workflowId: string): Promise<RunningActivity[]> {
  const description = await client.workflow.getHandle(workflowId).describe();
  const children = await Promise.all(
    (description.raw.pendingChildren ?? []).map((child) =>
      runningActivities(client, child.workflowId!).catch(() => []),
    ),
  );
  return [...activitiesOf(description), ...children.flat()];
}

/** The activities of a workflow that ran when it was described; those of its children are not among them. */
export function activitiesOf({ raw }: WorkflowExecutionDescription): RunningActivity[] {
  return (raw.pendingActivities ?? []).map((pending): RunningActivity => {
    const payload = pending.heartbeatDetails?.payloads?.[0];
    return {
      id: pending.activityId ?? '',
      activity: pending.activityType?.name ?? '',
      attempt: pending.attempt ?? 1,
      progress: payload === undefined ? null : (defaultPayloadConverter.fromPayload(payload) as Progress | null),
      lastFailure: pending.lastFailure?.message ?? null,
    };
  });
}
