/** The Temporal activity that is running, as a `Run`. */
import { Context } from '@temporalio/activity';
import type { Progress, Run } from './context.ts';

/** Wraps an activity body: heartbeats every second with the last progress, so that cancellation arrives. */
export async function withRun<T>(body: (run: Run) => Promise<T>): Promise<T> {
  const context = Context.current();
  let last: Progress | null = null;
  const timer = setInterval(() => context.heartbeat(last), 1000);
  timer.unref();
  try {
    return await body({
      workflowId: context.info.workflowExecution?.workflowId ?? 'none',
      runId: context.info.workflowExecution?.runId ?? 'none',
      scheduledMs: context.info.scheduledTimestampMs,
      attempt: context.info.attempt,
      signal: context.cancellationSignal,
      report: (progress) => {
        last = progress;
      },
      gauge: (name, value) => context.metricMeter.createGauge(name, 'float').set(value),
    });
  } finally {
    clearInterval(timer);
  }
}
