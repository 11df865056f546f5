/** The continuous stream of a task queue, from outside: finding it, starting it, telling it what to do. */
import {
  ApplicationFailure,
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { DrainResult } from '../../activities/bronze-events.ts';
import { runningStreams } from '../../activities/running-stream.ts';
import { defaultTaskQueue } from '../../worker/config.ts';
import { searchAttributeTypes } from '../../workflows/search-attribute-types.ts';
import type { StreamResult } from '../../workflows/stream-result.ts';

const modeKey = defineSearchAttributeKey('CpaMode', searchAttributeTypes.CpaMode);

/** The id under which a stream is started: a task queue has one. */
export function streamId(taskQueue: string): string {
  return taskQueue === defaultTaskQueue ? 'bronze-stream' : `bronze-stream-${taskQueue}`;
}

/** The stream that runs on the task queue: by its id, else, started under another one, as visibility has it. Null: none. */
export async function findStream({ workflow }: Client, taskQueue: string): Promise<WorkflowHandle | null> {
  const handle = workflow.getHandle(streamId(taskQueue));
  const found = await handle.describe().catch(nullWhenUnknown);
  if (found !== null && isStream(found, taskQueue)) return handle;
  for await (const { workflowId } of workflow.list({ query: runningStreams(taskQueue) }))
    return workflow.getHandle(workflowId);
  return null;
}

/** The stream that runs on the task queue. Throws saying how to start one. */
export async function runningStream(client: Client, taskQueue: string): Promise<WorkflowHandle> {
  const handle = await findStream(client, taskQueue);
  if (handle !== null) return handle;
  throw new Error(`no continuous stream runs on task queue ${taskQueue}: \`cpa stream start\` starts one`);
}

/** Starts the stream unless one runs. `triggerMs`: least time between two micro-batches; null: the stream's default. */
export async function startStream(
  client: Client,
  taskQueue: string,
  triggerMs: number | null,
): Promise<{ readonly handle: WorkflowHandle; readonly isNew: boolean }> {
  const running = await findStream(client, taskQueue);
  if (running !== null) return { handle: running, isNew: false };
  const workflowId = streamId(taskQueue);
  try {
    const handle = await client.workflow.start('bronzeStream', {
      taskQueue,
      workflowId,
      args: [{ mode: 'continuous', ...(triggerMs === null ? {} : { triggerMs }) }],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: 'The usage events to Bronze as they land, served at once',
    });
    return { handle: client.workflow.getHandle(handle.workflowId), isNew: true };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const found = await findStream(client, taskQueue);
    if (found !== null) return { handle: found, isNew: false };
    throw new Error(`another workflow runs under the id ${workflowId}: the stream cannot be started`, { cause: error });
  }
}

/** Waits until all that has landed by now is in Bronze. Throws what the stream says when it refuses: it is paused, or stopping. */
export async function drainStream(handle: WorkflowHandle): Promise<DrainResult> {
  try {
    return await handle.executeUpdate<DrainResult, []>('drain');
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    const { cause } = error;
    const isPaused = cause instanceof ApplicationFailure && cause.type === 'StreamPaused';
    if (isPaused) throw new Error('the stream is paused: `cpa stream resume` first');
    throw new Error(`the stream did not drain: ${cause?.message ?? error.message}`, { cause: error });
  }
}

/** Has the stream end after its micro-batch, and waits until it has. */
export async function stopStream(handle: WorkflowHandle): Promise<StreamResult> {
  await handle.signal('stop');
  return (await handle.result()) as StreamResult;
}

/** A stream that has only just been started has no mode yet. */
function isStream(found: WorkflowExecutionDescription, taskQueue: string): boolean {
  const mode = found.typedSearchAttributes.get(modeKey) ?? 'continuous';
  return (
    found.status.name === 'RUNNING' &&
    found.type === 'bronzeStream' &&
    found.taskQueue === taskQueue &&
    mode === 'continuous'
  );
}

function nullWhenUnknown(error: unknown): null {
  if (error instanceof WorkflowNotFoundError) return null;
  throw error;
}
