/** Watching a run from outside: what its activities report, as they report it. */
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Progress } from '../activities/context.ts';

/** An activity that is running, with its last heartbeat. */
export interface RunningActivity {
  readonly activity: string;
  readonly attempt: number;
  readonly progress: Progress | null;
  /** Why the attempt before failed. */
  readonly lastFailure: string | null;
}

/** The activities that run now in a workflow and its children. */
export async function runningActivities(client: Client, workflowId: string): Promise<RunningActivity[]> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const own = (raw.pendingActivities ?? []).map((pending): RunningActivity => {
    const payload = pending.heartbeatDetails?.payloads?.[0];
    return {
      activity: pending.activityType?.name ?? '',
      attempt: pending.attempt ?? 1,
      progress: payload === undefined ? null : (defaultPayloadConverter.fromPayload(payload) as Progress | null),
      lastFailure: pending.lastFailure?.message ?? null,
    };
  });
  const children = await Promise.all(
    (raw.pendingChildren ?? []).map((child) => runningActivities(client, child.workflowId!).catch(() => [])),
  );
  return [...own, ...children.flat()];
}
