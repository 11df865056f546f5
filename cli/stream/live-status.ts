/** What the stream does now: its own status, and what its round tells with its heartbeats. */
import { ServiceError, type WorkflowHandle } from '@temporalio/client';
import type { RoundSoFar } from '../../activities/stream/round-so-far.ts';
import type { StreamStatus } from '../../workflows/continuous-stream.ts';
import { activitiesOf, type RunningActivity } from '../watch.ts';

export interface LiveStatus extends StreamStatus {
  readonly workflowId: string;
  /** The round under way, which `totals` do not count yet; null between two rounds and before the first heartbeat. */
  readonly round: RoundSoFar | null;
  /** Why the attempt before this one failed, when the round or the drain is being tried again. */
  readonly lastFailure: string | null;
}

/** Asks the stream; null when it has ended. Throws when no worker answers. */
export async function liveStatus(handle: WorkflowHandle): Promise<LiveStatus | null> {
  const { workflowId } = handle;
  for (;;) {
    const before = await activityOf(handle);
    // One that has ended would answer too.
    if (before === 'ended') return null;
    const status = await ask(handle);
    const activity = await activityOf(handle);
    // Another round: its heartbeats and these totals would not be of one moment.
    if (activity === 'ended' || before?.id !== activity?.id) continue;
    return {
      workflowId,
      ...status,
      round: activity?.progress?.round ?? null,
      lastFailure: activity?.lastFailure ?? null,
    };
  }
}

/** The round or the drain under way, if any. */
async function activityOf(handle: WorkflowHandle): Promise<RunningActivity | null | 'ended'> {
  const description = await handle.describe();
  return description.status.name === 'RUNNING' ? (activitiesOf(description)[0] ?? null) : 'ended';
}

async function ask(handle: WorkflowHandle): Promise<StreamStatus> {
  try {
    return await handle.query<StreamStatus>('status');
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const reason = (error.cause as { details?: string } | undefined)?.details ?? error.message;
    throw new Error(`${handle.workflowId} does not answer (${reason}): \`npm start\` starts a worker`, {
      cause: error,
    });
  }
}
