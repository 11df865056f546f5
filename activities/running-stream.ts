/** The continuous stream that runs on this worker's task queue. */
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { DrainResult } from './bronze-events.ts';

/** The visibility query that finds the continuous streams of a task queue. */
export function runningStreams(taskQueue: string): string {
  return (
    `TaskQueue = "${taskQueue}" AND WorkflowType = "bronzeStream" AND CpaMode = "continuous" ` +
    'AND ExecutionStatus = "Running"'
  );
}

/**
 * Has the continuous stream read all that has landed; null when none runs. Throws `StreamPaused`, not to be retried, when it is
 * paused: nobody else reads then what an operator has stopped.
 */
export async function drainRunning(): Promise<DrainResult | null> {
  const { client, info } = Context.current();
  for await (const { workflowId } of client.workflow.list({ query: runningStreams(info.taskQueue) })) {
    try {
      return await client.workflow.getHandle(workflowId).executeUpdate<DrainResult, []>('drain');
    } catch (error) {
      const cause = (error as Error).cause;
      if (cause instanceof ApplicationFailure && cause.type === 'StreamPaused') {
        throw ApplicationFailure.nonRetryable(`${workflowId}: ${cause.message}`, 'StreamPaused');
      }
      // It has ended meanwhile: then what has landed is read here.
      const { status } = await client.workflow.getHandle(workflowId).describe();
      if (status.name === 'RUNNING') throw error;
    }
  }
  return null;
}
