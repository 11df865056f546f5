/** A layer whose tables are built from what is dirty, each after the tables of the layer that it is made of. */
import { enterLedger, lake } from './activity-options.ts';
import type { LayerResult } from './bronze-batch.ts';
import { day, days, names, parseInput } from './input.ts';
import { logicalDate } from './logical-date.ts';
import { attempt, failOn, type Problem } from './problems.ts';
import type { ProgressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';

/** A table → the tables of its layer that it is made of, which come before it. */
export type LayerPlan = Readonly<Record<string, readonly string[]>>;

/** Builds the tables for the input `{tables?, dates?, date?}`; a table that fails does not hold up the others. */
export async function buildLayer(
  layer: 'silver' | 'gold',
  board: ProgressBoard,
  plan: LayerPlan,
  input: unknown,
): Promise<LayerResult> {
  const all = Object.keys(plan);
  const { tables, dates, date } = parseInput(input, { tables: names(all), dates: days, date: day });
  const wanted = tables ?? all;
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
  const built = new Map<string, Promise<void>>();
  for (const table of all.filter((t) => wanted.includes(t))) {
    const before = plan[table]!.flatMap((t) => built.get(t) ?? []);
    built.set(
      table,
      Promise.all(before).then(() => build(table)),
    );
  }
  await Promise.all(built.values());
  await enterLedger(wanted);
  const result = { tables: board.tables };
  failOn(problems, result);
  return result;
}
