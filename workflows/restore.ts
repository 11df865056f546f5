import { ApplicationFailure } from '@temporalio/workflow';
import type { TableResult } from '../activities/context.ts';
import type { MartPublication } from '../activities/serving.ts';
import { enterLedger, lake } from './activity-options.ts';
import { knownTables } from './added-tables.ts';
import { exampleOf } from './catalogue.ts';
import { concluded } from './conclude.ts';
import { goldPlan, martNames } from './gold.ts';
import { parseInput, text, wholeFrom } from './input.ts';
import { runLayer, runServing } from './layer-child.ts';
import { logicalDate } from './logical-date.ts';
import { attempt, failOn, type Problem } from './problems.ts';
import type { ProgressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';
import { publicationsText } from './serving.ts';
import { silverPlan } from './silver.ts';

export interface RestoreResult {
  /** What was restored, then what was built of it. */
  readonly tables: readonly TableResult[];
  readonly publications: readonly MartPublication[];
}

/**
 * Brings a table of Silver or Gold back to an earlier version and pins what that changes, until a backfill of mode `all` that is
 * asked for later recomputes it; then builds what is made of it, and publishes. Changes nothing when it is given nothing.
 * Input: `{"table": "gold.org_monthly_revenue", "version": 12, "reason": "the price list of July was wrong"}`; only the reason is
 * optional.
 */
export function restore(input?: unknown): Promise<RestoreResult> {
  return concluded('restore', (board) => bringBack(board, input));
}

async function bringBack(board: ProgressBoard, input: unknown): Promise<RestoreResult> {
  const { table, version, reason } = parseInput(input, {
    table: text('gold.org_monthly_revenue'),
    version: wholeFrom(0, Number.MAX_SAFE_INTEGER),
    reason: text('a wrong price list'),
  });
  if (table === null && version === null) {
    tagRun('restore', [], logicalDate(null));
    board.note(`**Nothing was asked for.** An example: \`${exampleOf('restore')}\``);
    return { tables: [], publications: [] };
  }
  if (table === null || version === null) {
    const missing = table === null ? 'table' : 'version';
    throw ApplicationFailure.nonRetryable(
      `${missing}: it is missing; an example is ${exampleOf('restore')}`,
      'BadInput',
    );
  }
  const askedMs = Date.now();
  tagRun('restore', [table], logicalDate(null));
  board.stage(`restoring ${table}`);
  const problems: Problem[] = [];
  await attempt('restore', problems, async () => {
    const summary = `Restore version ${version} of ${table}`;
    board.add([await lake.restoreTable.executeWithOptions({ summary }, [{ table, version, askedMs, reason }])]);
  });
  failOn(problems, { tables: board.tables, publications: [] });
  await enterLedger([table]);
  const made = madeOf(table);
  for (const layer of ['silver', 'gold'] as const) {
    const tables = made[layer];
    if (tables.length === 0) continue;
    board.stage(`building ${tables.join(', ')}`);
    await runLayer(board, problems, layer, layer, 'restore', { tables });
  }
  board.stage('Cassandra');
  const marts = martNames.filter((mart) => mart === table || made.gold.includes(mart));
  const served = await runServing(problems, 'restore', { marts });
  if (served !== null) board.note(publicationsText(served.publications)[0]!);
  const result = { tables: board.tables, publications: served?.publications ?? [] };
  failOn(problems, result);
  return result;
}

/** The tables that are made of a table, directly or not, by layer: of one of Silver, every mart. */
function madeOf(table: string): { readonly silver: readonly string[]; readonly gold: readonly string[] } {
  if (table in silverPlan)
    return { silver: Object.keys(silverPlan).filter((t) => silverPlan[t]!.includes(table)), gold: martNames };
  const marts = new Set<string>();
  for (const mart of knownTables(martNames)) {
    if (goldPlan[mart]!.some((upstream) => upstream === table || marts.has(upstream))) marts.add(mart);
  }
  return { silver: [], gold: [...marts] };
}
