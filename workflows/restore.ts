import { ApplicationFailure, executeChild, workflowInfo } from '@temporalio/workflow';
import type { TableResult } from '../activities/context.ts';
import type { MartPublication } from '../activities/serving.ts';
import { bookkeeping, lake } from './activity-options.ts';
import { gold, goldPlan, martNames } from './gold.ts';
import { parseInput, text, wholeFrom } from './input.ts';
import { logicalDate } from './logical-date.ts';
import { attempt, failOn, type Problem } from './problems.ts';
import { progressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';
import { serving } from './serving.ts';
import { silver, silverPlan } from './silver.ts';

export interface RestoreResult {
  /** What was restored, then what was built of it. */
  readonly tables: readonly TableResult[];
  readonly publications: readonly MartPublication[];
}

const example = '{"table": "gold.org_monthly_revenue", "version": 12, "reason": "the price list of July was wrong"}';

/**
 * Brings a table of Silver or Gold back to an earlier version and pins what that changes, until a backfill of mode `all` that is
 * asked for later recomputes it; then builds what is made of it, and publishes.
 * Input: `{"table": "gold.org_monthly_revenue", "version": 12, "reason": "the price list of July was wrong"}`; only the reason is
 * optional.
 */
export async function restore(input?: unknown): Promise<RestoreResult> {
  const { table, version, reason } = parseInput(input, {
    table: text,
    version: wholeFrom(0, Number.MAX_SAFE_INTEGER),
    reason: text,
  });
  if (table === null || version === null) {
    const missing = table === null ? 'table' : 'version';
    throw ApplicationFailure.nonRetryable(`${missing}: it is missing; an example is ${example}`, 'BadInput');
  }
  const askedMs = Date.now();
  const board = progressBoard(`Brings ${table} back to version ${version}, builds what is made of it and publishes.`);
  tagRun(table.split('.')[0]!, [table], logicalDate(null));
  board.stage(`restoring ${table}`);
  const problems: Problem[] = [];
  await attempt('restore', problems, async () => {
    board.add([await lake.restoreTable({ table, version, askedMs, reason })]);
  });
  failOn(problems, { tables: board.tables, publications: [] });
  await bookkeeping.enterLedger([table]);
  const id = (name: string): string => `${workflowInfo().workflowId}/${name}`;
  const { silver: silverTables, marts } = madeOf(table);
  for (const [name, layer, tables] of [
    ['silver', silver, silverTables],
    ['gold', gold, marts],
  ] as const) {
    if (tables.length === 0) continue;
    board.stage(name);
    const built = await attempt(name, problems, () =>
      executeChild(layer, { workflowId: id(name), args: [{ tables }] }),
    );
    if (built !== null) board.add(built.tables);
  }
  board.stage('serving');
  const served = await attempt('serving', problems, () =>
    executeChild(serving, {
      workflowId: id('serving'),
      args: [{ marts: martNames.filter((mart) => mart === table || marts.includes(mart)) }],
    }),
  );
  board.stage('done');
  const result = { tables: board.tables, publications: served?.publications ?? [] };
  failOn(problems, result);
  return result;
}

/** The tables that are made of a table, directly or not: of one of Silver, every mart. */
function madeOf(table: string): { readonly silver: readonly string[]; readonly marts: readonly string[] } {
  if (table in silverPlan)
    return { silver: Object.keys(silverPlan).filter((t) => silverPlan[t]!.includes(table)), marts: martNames };
  const marts = new Set<string>();
  for (const mart of martNames) {
    if (goldPlan[mart]!.some((upstream) => upstream === table || marts.has(upstream))) marts.add(mart);
  }
  return { silver: [], marts: [...marts] };
}
