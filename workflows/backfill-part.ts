/** A part of a backfill: some tables over some days. */
import { enterLedger, part } from './activity-options.ts';
import { knownTables } from './added-tables.ts';
import type { LayerResult } from './bronze-batch.ts';
import { concluded } from './conclude.ts';
import { inOrder } from './in-order.ts';
import { day, days, names, parseInput, sinceEpochMs, text } from './input.ts';
import { lineOrder } from './line-order.ts';
import { logicalDate } from './logical-date.ts';
import { attempt, failOn, type Problem } from './problems.ts';
import type { ProgressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';

/**
 * Builds what is dirty of the tables over the range and of the dates, or recomputes what was not recomputed for the number `recompute`; a backfill starts
 * it. A table that fails does not hold up the others, but those made of it wait for it.
 * Input (all optional): `{"from": "2025-07-01", "to": "2025-07-12", "dates": ["2025-07-03"], "tables": ["silver.usage_events"], "recompute": 1756684800000,
 * "reason": "a corrected price list"}`.
 */
export function backfillPart(input?: unknown): Promise<LayerResult> {
  return concluded('backfillPart', (board) => buildPart(board, input));
}

async function buildPart(board: ProgressBoard, input: unknown): Promise<LayerResult> {
  const { from, to, dates, tables, recompute, reason } = parseInput(input, {
    from: day,
    to: day,
    dates: days,
    tables: names(Object.keys(lineOrder)),
    recompute: sinceEpochMs,
    reason: text('a corrected price list'),
  });
  const wanted = tables ?? knownTables(Object.keys(lineOrder));
  tagRun('backfillPart', wanted, dates?.[0] ?? from ?? logicalDate(null));
  board.stage('building');
  const problems: Problem[] = [];
  await inOrder(lineOrder, wanted, async (table) => {
    await attempt(table, problems, async () => {
      board.add([
        await part.buildDirty.executeWithOptions({ summary: `Build ${table}` }, [
          {
            table,
            dates,
            ...(from === null && to === null ? {} : { range: { from: from ?? '0000-01-01', to: to ?? '9999-12-31' } }),
            ...(recompute === null ? {} : { recompute }),
            ...(reason === null ? {} : { reason }),
          },
        ]),
      ]);
    });
  });
  await enterLedger(wanted);
  const result = { tables: board.tables };
  failOn(problems, result);
  return result;
}
