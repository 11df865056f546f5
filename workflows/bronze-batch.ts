import type { TableResult } from '../activities/context.ts';
import { enterLedger, lake } from './activity-options.ts';
import { concluded } from './conclude.ts';
import { day, instant, names, parseInput } from './input.ts';
import { logicalDate } from './logical-date.ts';
import { attempt, failOn, type Problem } from './problems.ts';
import type { ProgressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';

/** File names of the masters, without `.csv`. */
export const masterNames = [
  'customers_orgs',
  'users',
  'resources',
  'support_tickets',
  'marketing_touches',
  'nps_surveys',
  'billing_monthly',
] as const;

export interface LayerResult {
  readonly tables: readonly TableResult[];
}

/**
 * The seven CSV masters to Bronze, side by side; a master that cannot be loaded does not hold up the others.
 * Input (all optional): `{"masters": ["users"], "effective": "2025-08-31T00:00:00Z", "correctsFrom": "2025-07-01T00:00:00Z", "date": "2025-08-14"}`.
 */
export function bronzeBatch(input?: unknown): Promise<LayerResult> {
  return concluded('bronzeBatch', (board) => loadMasters(board, input));
}

async function loadMasters(board: ProgressBoard, input: unknown): Promise<LayerResult> {
  const { masters, effective, correctsFrom, date } = parseInput(input, {
    masters: names(masterNames),
    effective: instant,
    correctsFrom: instant,
    date: day,
  });
  const sources = masters ?? masterNames;
  const tables = sources.map((s) => `bronze.${s}`);
  tagRun('bronzeBatch', tables, logicalDate(date));
  board.stage('loading masters');
  const problems: Problem[] = [];
  await Promise.all(
    sources.map((source) =>
      attempt(`bronze.${source}`, problems, async () => {
        const request = { source, effective, correctsFrom };
        board.add([await lake.loadMaster.executeWithOptions({ summary: `Load bronze.${source}` }, [request])]);
      }),
    ),
  );
  await enterLedger(tables);
  const result = { tables: board.tables };
  failOn(problems, result);
  return result;
}
