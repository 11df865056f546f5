/**
 * How long each kind of activity may take and how it is retried. A workflow that is cancelled waits for its activities to end: they
 * hear of it with their next heartbeat, a second later at most.
 */
import {
  type ActivityInterfaceFor,
  type LocalActivityInterfaceFor,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { Activities } from '../activities/activities.ts';

/**
 * Work on the lake: minutes at most in practice; a dead worker is noticed after `heartbeatTimeout`. Tried again until
 * `scheduleToCloseTimeout`, since what can heal (disk, network, a restarted service) often needs an operator first.
 */
export const lake: ActivityInterfaceFor<Activities> = proxyActivities<Activities>({
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '5 seconds',
  scheduleToCloseTimeout: '8 hours',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/**
 * A round of the continuous stream: asked to end, it ends its micro-batch and returns what it did. A stream waits for what can heal
 * as long as it takes.
 */
export const stream: ActivityInterfaceFor<Activities> = proxyActivities<Activities>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '5 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

/**
 * A part of a backfill: what fails for a minute is given up, so that the other days go on; a backfill tries it again at its end. Attempts are
 * counted, not time, so that nothing is given up because everything stood still for a night.
 */
export const part: ActivityInterfaceFor<Activities> = proxyActivities<Activities>({
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '5 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: {
    initialInterval: '500 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '15 seconds',
    maximumAttempts: 9,
  },
});

/** Records of a workflow that has no end: they wait for what can heal as long as it takes. */
export const record: ActivityInterfaceFor<Activities> = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '5 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/** Work on Cassandra: a node that restarts is back within a minute. */
export const serving: ActivityInterfaceFor<Activities> = proxyActivities<Activities>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '5 seconds',
  scheduleToCloseTimeout: '4 hours',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '1 second', backoffCoefficient: 1.5, maximumInterval: '20 seconds' },
});

/** Telling operators: a receiver that is away holds the end of a run up for so long at most. */
export const notices: ActivityInterfaceFor<Activities> = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '15 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Short bookkeeping, done by the worker that runs the workflow: it costs no round trip through the server. */
export const bookkeeping: LocalActivityInterfaceFor<Activities> = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5 minutes',
  scheduleToCloseTimeout: '1 hour',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

/** Enters what was committed to the tables into the ledger; always, since an attempt that died after its commit reports no work. */
export function enterLedger(tables: readonly string[]): Promise<number> {
  return bookkeeping.enterLedger.executeWithOptions({ summary: 'Enter the commits into the ledger' }, [tables]);
}
