/** Audits as `ops.audits` has them: what each found, in one commit that also says up to which versions the lake has passed. */

import { dayNumber, dayText } from '../../engine/columnar/cell.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, Snapshot } from '../../engine/delta/types.ts';
import { pathOf } from '../../schemas/contract.ts';
import { audits } from '../../schemas/ops.ts';
import { type PlainRow, plainRows } from '../alerts/appended-rows.ts';
import { append } from '../append.ts';
import type { ActivityContext, Run } from '../context.ts';
import type { AuditReport } from './report.ts';

/** An audit, and which run made it when. */
export interface RecordedAudit extends AuditReport, AuditRun {
  /** Logical date of the run, `YYYY-MM-DD`; null: not known. */
  readonly date: string | null;
  /** When it ended, milliseconds since 1970. */
  readonly atMs: number;
}

/** The run that an audit is of: it tells audits apart. */
type AuditRun = Pick<Run, 'workflowId' | 'runId'>;

/** The application id of the version of a table up to which audits have passed. */
export function auditedId(table: string): string {
  return `audit/${table}`;
}

/**
 * Records what an audit of these versions found, once a run however often and beside itself this is done, and returns what is recorded.
 * An audit that had nothing to check leaves nothing.
 */
export async function recordAudit(
  context: Pick<ActivityContext, 'lake' | 'clock'>,
  { workflowId, runId }: AuditRun,
  date: string | null,
  report: AuditReport,
  versions: ReadonlyMap<string, number>,
): Promise<AuditReport> {
  if (report.checks.length === 0) return report;
  const run = { workflowId, runId };
  const rows = rowsOf({ ...report, ...run, date, atMs: context.clock() });
  const identity = reportId(run);
  for (;;) {
    const recorded = await recordedAudit(context.lake, run);
    if (recorded !== null) return recorded;
    const base = await context.lake.table(audits.name).latest();
    const passed = report.passed ? [...versions].map(([table, version]) => [auditedId(table), version] as const) : [];
    // Another audit may have seen more of a table.
    const news = passed.filter(([id, version]) => (base?.txns.get(id) ?? -1) < version);
    const marks = { txns: { ...Object.fromEntries(news), [identity]: 0 }, identity };
    await append(context, audits, rows, base, { kind: 'nothing' }, marks);
  }
}

/** The audit that a run has recorded; null: none. */
export async function recordedAudit(lake: Lake, run: AuditRun): Promise<RecordedAudit | null> {
  const snapshot = await lake.table(audits.name).latest();
  if (snapshot === null || !snapshot.txns.has(reportId(run))) return null;
  for (const file of newestFirst(snapshot)) {
    const found = auditOf(await readRows(lake, snapshot, file), run);
    if (found !== null) return found;
  }
  throw new Error(`${audits.name} has no rows of ${reportId(run)}`);
}

/** The last audit of a lake, as of a version of the table. */
const lastOf = new WeakMap<Lake, { readonly version: number; readonly audit: RecordedAudit | null }>();

/** The audit that ended last; null: there was none. Reads one file when there is a new one: to be asked every second if need be. */
export async function lastAudit(lake: Lake): Promise<RecordedAudit | null> {
  const snapshot = await lake.table(audits.name).latest();
  if (snapshot === null) return null;
  const known = lastOf.get(lake);
  if (known?.version === snapshot.version) return known.audit;
  const [file] = newestFirst(snapshot);
  const rows = file === undefined ? [] : await readRows(lake, snapshot, file);
  const last = rows.reduce<PlainRow | null>((a, b) => (a === null || Number(b.at) >= Number(a.at) ? b : a), null);
  const audit = last === null ? null : auditOf(rows, runOf(last));
  lastOf.set(lake, { version: snapshot.version, audit });
  return audit;
}

/** Files by the end of the last audit in them. */
function newestFirst({ files }: Snapshot): AddFile[] {
  const end = ({ stats }: AddFile): string => String(stats.maxValues?.at);
  return [...files].sort((a, b) => end(b).localeCompare(end(a)));
}

async function readRows(lake: Lake, { metadata }: Snapshot, file: AddFile): Promise<PlainRow[]> {
  return plainRows(await readFiles(lake.store, pathOf(audits.name), metadata, [file]));
}

function reportId({ workflowId, runId }: AuditRun): string {
  return `report/${workflowId}/${runId}`;
}

function runOf(row: PlainRow): AuditRun {
  return { workflowId: String(row.workflow_id), runId: String(row.run_id) };
}

function rowsOf({ scope, checks, ms, workflowId, runId, date, atMs }: RecordedAudit): PlainRow[] {
  return checks.map(({ name, passed, compared, finding }) => ({
    at: atMs * 1000,
    scope,
    check_name: name,
    passed,
    compared,
    finding,
    duration_ms: ms,
    workflow_id: workflowId,
    run_id: runId,
    logical_date: date === null ? null : dayNumber(date),
  }));
}

/** The audit of a run among rows; null: there is none. */
function auditOf(rows: readonly PlainRow[], { workflowId, runId }: AuditRun): RecordedAudit | null {
  const own = rows.filter((row) => row.workflow_id === workflowId && row.run_id === runId);
  const [first] = own;
  if (first === undefined) return null;
  return {
    workflowId,
    runId,
    scope: String(first.scope) as AuditReport['scope'],
    passed: own.every((row) => row.passed === true),
    checks: own.map((row) => ({
      name: String(row.check_name),
      passed: row.passed === true,
      compared: Number(row.compared),
      finding: String(row.finding),
    })),
    ms: Number(first.duration_ms),
    date: first.logical_date === null ? null : dayText(Number(first.logical_date)),
    atMs: Number(first.at) / 1000,
  };
}
