/** Telling operators of a run that failed, and of runs that were missed. Only runs that nobody started from another one tell. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { ApplicationFailure, ContinueAsNew, workflowInfo } from '@temporalio/workflow';
import type { Notice } from '../activities/notices/notice.ts';
import { bookkeeping, notices } from './activity-options.ts';
import { logicalDate } from './logical-date.ts';
import { isCancelled, type Problem, problemsOf, rootOf } from './problems.ts';
import { dateKey } from './search-attributes.ts';

const scheduledBy = defineSearchAttributeKey('TemporalScheduledById', 'KEYWORD');

/** What a receiver gets of a message. */
const longestMessage = 4000;

/**
 * Tells of the failure of this run, of audit findings apart from the rest. Returns when the receiver has answered, or has not for a
 * quarter of an hour; never throws but when the run is cancelled. Neither a cancellation nor `ContinueAsNew` is a failure.
 */
export async function notifyFailure(error: unknown): Promise<void> {
  if (workflowInfo().parent !== undefined || isCancelled(error) || error instanceof ContinueAsNew) return;
  const problems = problemsOf(error);
  const all = problems.length > 0 ? problems : [problemIn(error)];
  for (const kind of ['failed', 'audit'] as const) {
    const told = all.filter(({ type }) => (type === 'AuditFailed') === (kind === 'audit'));
    const { workflowId, runId } = workflowInfo();
    if (told.length > 0) await tell(kind, `${kind}/${workflowId}/${runId}`, messageOf(told));
  }
}

/** Tells of runs that the schedule of this run has missed, once; nothing when nobody has scheduled it. */
export async function notifyMissed(): Promise<void> {
  const { parent, typedSearchAttributes } = workflowInfo();
  const scheduleId = typedSearchAttributes.get(scheduledBy);
  if (parent !== undefined || scheduleId === undefined) return;
  const missed = await quietly(() => bookkeeping.missedRuns(scheduleId));
  if (missed != null) await tell('missed', missed.id, missed.message);
}

/** Tells of a part of a run that goes on: a request of a backfill. `id`: unique, and the same however often this is done. */
export async function notifyPart(id: string, message: string): Promise<void> {
  await tell('failed', `failed/${id}`, message.slice(0, longestMessage));
}

async function tell(kind: Notice['kind'], id: string, message: string): Promise<void> {
  const { workflowType, workflowId, runId, typedSearchAttributes } = workflowInfo();
  // A run that was refused its input has no date.
  const date = typedSearchAttributes.get(dateKey) ?? logicalDate(null);
  const notice = { id, kind, workflowType, workflowId, runId, date, message, atMs: Date.now() };
  await quietly(() => notices.notify(notice));
}

/** What cannot be told is in the history of the run, and no failure of it. */
async function quietly<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (isCancelled(error)) throw error;
    return null;
  }
}

function problemIn(error: unknown): Problem {
  const root = rootOf(error);
  return {
    what: workflowInfo().workflowType,
    type: root instanceof ApplicationFailure ? (root.type ?? 'Error') : 'Error',
    message: root instanceof Error ? root.message : String(root),
  };
}

function messageOf(problems: readonly Problem[]): string {
  const message = problems.map(({ what, message: text }) => `${what}: ${text}`).join('\n');
  return message.length <= longestMessage ? message : `${message.slice(0, longestMessage)}…`;
}
