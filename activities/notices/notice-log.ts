/** Notices as `ops.notices` has them: what became of each is a version of its application id. */

import { dayNumber } from '../../engine/columnar/cell.ts';
import { notices } from '../../schemas/ops.ts';
import { append } from '../append.ts';
import type { ActivityContext } from '../context.ts';
import type { Notice, NoticeState } from './notice.ts';

const states: readonly NoticeState[] = ['entered', 'delivered', 'refused'];

/** What became of the notice of this id; null: it was never entered. */
export async function stateOf({ lake }: Pick<ActivityContext, 'lake'>, id: string): Promise<NoticeState | null> {
  return states[(await lake.table(notices.name).latest())?.txns.get(appIdOf(id)) ?? -1] ?? null;
}

/** Records what has become of a notice, unless that or more is known already. Safe to repeat and beside itself. */
export async function record(
  context: Pick<ActivityContext, 'lake' | 'clock'>,
  notice: Notice,
  state: NoticeState,
  httpStatus: number | null,
): Promise<void> {
  const row = {
    notice_id: notice.id,
    state,
    kind: notice.kind,
    workflow_type: notice.workflowType,
    workflow_id: notice.workflowId,
    run_id: notice.runId,
    logical_date: dayNumber(notice.date),
    message: notice.message,
    at: (state === 'entered' ? notice.atMs : context.clock()) * 1000,
    http_status: httpStatus,
  };
  const identity = appIdOf(notice.id);
  const version = states.indexOf(state);
  for (;;) {
    const base = await context.lake.table(notices.name).latest();
    if ((base?.txns.get(identity) ?? -1) >= version) return;
    const marks = { txns: { [identity]: version }, identity };
    if (await append(context, notices, [row], base, { kind: 'nothing' }, marks)) return;
  }
}

function appIdOf(id: string): string {
  return `notice/${id}`;
}
