/** `ops.backfills`: what was asked for and what became of it. */

import { dayNumber, dayText } from '../../engine/columnar/cell.ts';
import { backfills } from '../../schemas/ops.ts';
import { AppendedRows, type PlainRow } from '../alerts/appended-rows.ts';
import { append } from '../append.ts';
import type { ActivityContext, Run } from '../context.ts';
import type { BackfillMode, BackfillRequest } from './request.ts';

/** How a request ended. */
export interface BackfillOutcome {
  readonly state: 'done' | 'incomplete' | 'cancelled';
  readonly daysPlanned: number;
  readonly daysDone: number;
  readonly rows: number;
  /** Day, or table that is not built day by day → why it could not be built. */
  readonly failed: Readonly<Record<string, string>>;
  /** Table → its version when the request was planned; those that did not exist are absent. */
  readonly versions: Readonly<Record<string, number>>;
}

/** What is read of the log again: the end of a request. */
export interface EndedBackfill {
  readonly from: string;
  readonly to: string;
  readonly tables: readonly string[];
  readonly mode: BackfillMode;
  readonly state: BackfillOutcome['state'];
  readonly daysPlanned: number;
  readonly askedMs: number;
  readonly failed: Readonly<Record<string, string>>;
  /** Table → versions before and after, absent for tables that did not exist. */
  readonly versions: Readonly<Record<string, readonly number[]>>;
}

type Edges = Pick<ActivityContext, 'lake' | 'clock'>;

/** Records that a request was accepted (`outcome` null) or how it ended, once each however often this is done. */
export async function recordBackfill(
  context: Edges,
  run: Pick<Run, 'workflowId' | 'runId'>,
  request: BackfillRequest,
  outcome: BackfillOutcome | null,
): Promise<void> {
  const state = outcome?.state ?? 'accepted';
  let isKnown = false;
  const rows = new AppendedRows(context.lake, backfills.name, (row) => {
    if (row.request_id !== request.id) return;
    // However it ended first, it ended so.
    isKnown ||= outcome === null || row.state !== 'accepted';
  });
  for (;;) {
    const base = await rows.follow();
    if (isKnown) return;
    const row = rowOf(
      request,
      state,
      context.clock(),
      run,
      outcome && { ...outcome, after: await versionsOf(context, request) },
    );
    if (await append(context, backfills, [row], base, { kind: 'table' })) return;
  }
}

/** The requests that have ended, in the order in which they were asked for. */
export async function endedBackfills({ lake }: Pick<ActivityContext, 'lake'>): Promise<EndedBackfill[]> {
  const ended: EndedBackfill[] = [];
  await new AppendedRows(lake, backfills.name, (row) => {
    if (row.state === 'accepted') return;
    const { failed, versions } = JSON.parse(String(row.result)) as Pick<EndedBackfill, 'failed' | 'versions'>;
    ended.push({
      from: dayText(Number(row.from_date)),
      to: dayText(Number(row.to_date)),
      tables: JSON.parse(String(row.tables)) as string[],
      mode: String(row.mode) as BackfillMode,
      state: String(row.state) as BackfillOutcome['state'],
      daysPlanned: Number(row.days_planned),
      askedMs: Number(row.asked_at) / 1000,
      failed,
      versions,
    });
  }).follow();
  return ended.sort((a, b) => a.askedMs - b.askedMs);
}

/** Newest versions of the tables of a request; those that do not exist are absent. */
export async function versionsOf({ lake }: Pick<ActivityContext, 'lake'>, { tables }: Pick<BackfillRequest, 'tables'>) {
  const versions: Record<string, number> = {};
  for (const table of tables) {
    const snapshot = await lake.table(table).latest();
    if (snapshot !== null) versions[table] = snapshot.version;
  }
  return versions;
}

function rowOf(
  request: BackfillRequest,
  state: string,
  nowMs: number,
  run: Pick<Run, 'workflowId' | 'runId'>,
  outcome: (BackfillOutcome & { readonly after: Readonly<Record<string, number>> }) | null,
): PlainRow {
  return {
    request_id: request.id,
    state,
    from_date: dayNumber(request.from),
    to_date: dayNumber(request.to),
    tables: JSON.stringify(request.tables),
    mode: request.mode,
    reason: request.reason,
    asked_by: request.by,
    asked_at: request.askedMs * 1000,
    at: nowMs * 1000,
    workflow_id: run.workflowId,
    run_id: run.runId,
    ...(outcome === null
      ? {}
      : {
          days_planned: outcome.daysPlanned,
          days_done: outcome.daysDone,
          days_failed: Object.keys(outcome.failed).filter((what) => /^\d{4}-/.test(what)).length,
          rows_read: outcome.rows,
          result: JSON.stringify({ failed: outcome.failed, versions: changesOf(outcome.versions, outcome.after) }),
        }),
  };
}

/** Table → version before, if any, and after. */
function changesOf(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>) {
  return Object.fromEntries(
    Object.entries(after).map(([table, version]) => [
      table,
      [...(before[table] === undefined ? [] : [before[table]]), version],
    ]),
  );
}
