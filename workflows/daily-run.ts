import { executeChild, workflowInfo } from '@temporalio/workflow';
import type { AuditReport, ReadBack } from '../activities/audit/report.ts';
import type { TableResult } from '../activities/context.ts';
import type { MartPublication } from '../activities/serving.ts';
import { audit } from './audit.ts';
import { bronzeBatch } from './bronze-batch.ts';
import { bronzeStream } from './bronze-stream.ts';
import { gold } from './gold.ts';
import { day, parseInput } from './input.ts';
import { logicalDate } from './logical-date.ts';
import { attempt, failOn, type Problem } from './problems.ts';
import { progressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';
import { serving } from './serving.ts';
import { silver } from './silver.ts';

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
export async function dailyRun(input?: unknown): Promise<DailyRunResult> {
  const parsed = parseInput(input, { date: day });
  const date = logicalDate(parsed.date);
  const board = progressBoard('The whole line, from the landing zone to Cassandra, for whatever is new or dirty.');
  tagRun('all', [], date);
  const problems: Problem[] = [];
  const id = (layer: string): string => `${workflowInfo().workflowId}/${layer}`;
  const layer = async (name: string, type: typeof silver | typeof bronzeStream | typeof bronzeBatch): Promise<void> => {
    const result = await attempt(name, problems, () =>
      executeChild(type as typeof silver, { workflowId: id(name), args: [{ date }] }),
    );
    if (result !== null) board.add(result.tables);
  };
  board.stage('bronze');
  await Promise.all([layer('bronze-batch', bronzeBatch), layer('bronze-stream', bronzeStream)]);
  board.stage('silver');
  await layer('silver', silver);
  board.stage('gold');
  await layer('gold', gold);
  board.stage('serving');
  const served = await attempt('serving', problems, () =>
    executeChild(serving, { workflowId: id('serving'), args: [{ date }] }),
  );
  board.stage('audit');
  const report = await attempt('audit', problems, () =>
    executeChild(audit, {
      workflowId: id('audit'),
      args: [{ date, readBack: readBackBy(served?.publications ?? []) }],
    }),
  );
  board.stage('done');
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
