import { executeChild, workflowInfo } from '@temporalio/workflow';
import type { AuditReport, ReadBack } from '../activities/audit/report.ts';
import type { TableResult } from '../activities/context.ts';
import type { MartPublication } from '../activities/serving.ts';
import { audit, auditText } from './audit.ts';
import { concluded } from './conclude.ts';
import { day, parseInput } from './input.ts';
import { runLayer, runServing } from './layer-child.ts';
import { logicalDate } from './logical-date.ts';
import { attempt, failOn, type Problem } from './problems.ts';
import type { ProgressBoard } from './progress.ts';
import { asChild, tagRun } from './search-attributes.ts';
import { publicationsText } from './serving.ts';

export interface DailyRunResult {
  readonly date: string;
  readonly tables: readonly TableResult[];
  readonly publications: readonly MartPublication[];
  readonly audit: AuditReport | null;
}

/**
 * The whole line: masters and events to Bronze, then Silver, Gold, Cassandra and the audit. Its date labels the run; its work
 * is everything dirty. A layer that fails in part does not hold up the rest; the run fails at the end and says why.
 * Input (all optional): `{"date": "2025-08-14"}`.
 */
export function dailyRun(input?: unknown): Promise<DailyRunResult> {
  return concluded('dailyRun', (board) => runLine(board, input));
}

async function runLine(board: ProgressBoard, input: unknown): Promise<DailyRunResult> {
  const parsed = parseInput(input, { date: day });
  const date = logicalDate(parsed.date);
  tagRun('dailyRun', [], date);
  const problems: Problem[] = [];
  const layer = (name: string, type: 'bronzeBatch' | 'bronzeStream' | 'silver' | 'gold'): Promise<void> =>
    runLayer(board, problems, name, type, 'daily', { date });
  board.stage('Bronze');
  await Promise.all([layer('bronze-batch', 'bronzeBatch'), layer('bronze-stream', 'bronzeStream')]);
  board.stage('Silver');
  await layer('silver', 'silver');
  board.stage('Gold');
  await layer('gold', 'gold');
  board.stage('Cassandra');
  const served = await runServing(problems, 'daily', { date });
  if (served !== null) board.note(publicationsText(served.publications)[0]!);
  board.stage('audit');
  const report = await attempt('audit', problems, () =>
    executeChild(audit, {
      ...asChild('audit', 'daily'),
      workflowId: `${workflowInfo().workflowId}/audit`,
      args: [{ date, readBack: readBackBy(served?.publications ?? []) }],
    }),
  );
  if (report !== null) board.note(auditText(report));
  const result = { date, tables: board.tables, publications: served?.publications ?? [], audit: report };
  failOn(problems, result);
  return result;
}

/** What serving has compared row by row a moment ago. */
function readBackBy(publications: readonly MartPublication[]): Record<string, ReadBack> {
  return Object.fromEntries(
    publications.flatMap(({ mart, number, verified }) =>
      number === null || verified === 0 ? [] : [[mart, { publication: number, rows: verified }]],
    ),
  );
}
