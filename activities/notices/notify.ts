/** Telling operators: a notice is entered in the lake and then posted to the receiver. */
import { ApplicationFailure } from '@temporalio/activity';
import type { ActivityContext } from '../context.ts';
import { post } from '../notification.ts';
import { bodyOf, type Notice, type NoticeState } from './notice.ts';
import { record, stateOf } from './notice-log.ts';

/** What a receiver may ask for. */
const shortestRetryAfterMs = 1000;
const longestRetryAfterMs = 60_000;

/**
 * Enters the notice, once, and posts it unless the receiver has answered before. Throws, to be tried again, when it does not answer
 * now; an answer that was lost or not recorded is asked for again, with the same `Idempotency-Key`.
 */
export async function notify(context: ActivityContext, notice: Notice): Promise<NoticeState> {
  const { receiver, clock } = context;
  await record(context, notice, 'entered', null);
  const state = (await stateOf(context, notice.id)) ?? 'entered';
  if (receiver === null || state !== 'entered') return state;
  const answer = await post(receiver, { id: notice.id, body: bodyOf(notice) }, clock());
  if (answer.kind === 'failed') {
    throw ApplicationFailure.create({
      type: 'NotDelivered',
      message: `CPA_NOTIFY_URL ${answer.reason}`,
      ...(answer.retryAfterMs === null ? {} : { nextRetryDelay: waitMs(answer.retryAfterMs) }),
    });
  }
  await record(context, notice, answer.kind, answer.status);
  return answer.kind;
}

function waitMs(askedMs: number): number {
  return Math.max(shortestRetryAfterMs, Math.min(askedMs, longestRetryAfterMs));
}
