/** The backfill of a task queue, from outside: starting it and asking it. */
import { hostname, userInfo } from 'node:os';
import {
  ApplicationFailure,
  type Client,
  ServiceError,
  type WorkflowHandle,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { defaultTaskQueue } from '../../worker/config.ts';
import type { BackfillProgress } from '../../workflows/backfill/state.ts';
import { catalogue } from '../../workflows/catalogue.ts';
import { UsageError } from '../usage-error.ts';

/** The id under which the backfill runs: a task queue has one. */
export function backfillId(taskQueue: string): string {
  return taskQueue === defaultTaskQueue ? 'backfill' : `backfill-${taskQueue}`;
}

/** The backfill of the task queue, started unless it runs. */
export async function runningBackfill({ workflow }: Client, taskQueue: string): Promise<WorkflowHandle> {
  const workflowId = backfillId(taskQueue);
  await workflow.start('backfill', {
    taskQueue,
    workflowId,
    args: [{}],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: catalogue.backfill.summary,
  });
  // Not of that run: it may continue as new.
  return workflow.getHandle(workflowId);
}

/** Who asks, as the record of a request says it. */
export function whoAsks(): string {
  return `${userInfo().username}@${hostname()}`;
}

/** Sends an update. Throws `UsageError` with what the backfill says when it refuses. */
export async function update<T>(handle: WorkflowHandle, name: string, request: unknown): Promise<T> {
  try {
    return await handle.executeUpdate<T, [unknown]>(name, { args: [request] });
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    const { cause } = error;
    if (cause instanceof ApplicationFailure && cause.type === 'BadInput') throw new UsageError(cause.message);
    throw new Error(`the backfill did not answer: ${cause?.message ?? error.message}`, { cause: error });
  }
}

/** What it does now. Throws saying how to start a worker when none answers. */
export async function progressOf(handle: WorkflowHandle): Promise<BackfillProgress> {
  try {
    return await handle.query<BackfillProgress>('progress');
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const reason = (error.cause as { details?: string } | undefined)?.details ?? error.message;
    throw new Error(`${handle.workflowId} does not answer (${reason}): \`npm start\` starts a worker`, {
      cause: error,
    });
  }
}
