/** The Temporal activity that is running, as a `Run`. */
import { Context } from '@temporalio/activity';
import type { MetricCounter, MetricGauge } from '@temporalio/common';
import type { Progress, Run } from './context.ts';

/** Wraps an activity body: heartbeats every second with the last progress, so that cancellation arrives. */
export async function withRun<T>(body: (run: Run) => Promise<T>): Promise<T> {
  const context = Context.current();
  let last: Progress | null = null;
  // Of this activity: they carry its tags.
  const gauges = new Map<string, MetricGauge>();
  const counters = new Map<string, MetricCounter>();
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
      gauge: ({ name, description }, value) => {
        const gauge = gauges.get(name) ?? context.metricMeter.createGauge(name, 'float', undefined, description);
        gauges.set(name, gauge);
        gauge.set(value);
      },
      count: ({ name, description }, more) => {
        const counter = counters.get(name) ?? context.metricMeter.createCounter(name, undefined, description);
        counters.set(name, counter);
        counter.add(more);
      },
    });
  } catch (error) {
    // What fails once it was told to end has not failed: it is cancelled, or handed to another worker at once.
    context.cancellationSignal.throwIfAborted();
    throw error;
  } finally {
    clearInterval(timer);
  }
}
