/** A notice: something about the runs of the line that an operator has to know. */

export interface Notice {
  /** There is one of each for ever: `failed/<workflow id>/<run id>`, `audit/<the same>`, `missed/<schedule>/<when it was made>/<number>`. */
  readonly id: string;
  readonly kind: 'failed' | 'missed' | 'audit';
  /** The run that says so. */
  readonly workflowType: string;
  readonly workflowId: string;
  readonly runId: string;
  /** Its logical date, `YYYY-MM-DD`. */
  readonly date: string;
  readonly message: string;
  /** When it was noticed, milliseconds since 1970. */
  readonly atMs: number;
}

/** What became of a notice. `entered`: nobody has been told, or the receiver has not answered. */
export type NoticeState = 'entered' | 'delivered' | 'refused';

/** What a receiver gets: the same for all attempts. */
export function bodyOf(notice: Notice): string {
  return JSON.stringify({
    notice_id: notice.id,
    kind: notice.kind,
    workflow_type: notice.workflowType,
    workflow_id: notice.workflowId,
    run_id: notice.runId,
    logical_date: notice.date,
    message: notice.message,
    at: new Date(notice.atMs).toISOString(),
  });
}
