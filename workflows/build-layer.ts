/** A layer whose tables are built from what is dirty, each after the tables of the layer that it is made of. */
import { enterLedger, lake } from './activity-options.ts';
import { knownTables } from './added-tables.ts';
import type { LayerResult } from './bronze-batch.ts';
import { type BuildOrder, inOrder } from './in-order.ts';
import { day, days, names, parseInput } from './input.ts';
import { logicalDate } from './logical-date.ts';
import { attempt, failOn, type Problem } from './problems.ts';
import type { ProgressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';

/** Builds the tables for the input `{tables?, dates?, date?}`; a table that fails does not hold up the others. */
export async function buildLayer(
  layer: 'silver' | 'gold',
  board: ProgressBoard,
  plan: BuildOrder,
  input: unknown,
): Promise<LayerResult> {
  const all = Object.keys(plan);
  const { tables, dates, date } = parseInput(input, { tables: names(all), dates: days, date: day });
  const wanted = tables ?? knownTables(all);
  tagRun(layer, wanted, logicalDate(date));
  const problems: Problem[] = [];
  const building = new Set<string>();
  const show = (): void => board.stage(`building ${[...building].join(', ')}`);
  const build = async (table: string): Promise<void> => {
    building.add(table);
    show();
    await attempt(table, problems, async () => {
      board.add([await lake.buildDirty.executeWithOptions({ summary: `Build ${table}` }, [{ table, dates }])]);
    });
    building.delete(table);
    show();
  };
  await inOrder(plan, wanted, build);
  await enterLedger(wanted);
  const result = { tables: board.tables };
  failOn(problems, result);
  return result;
}
