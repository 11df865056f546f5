/** A layer whose tables are built from what is dirty: in waves, each after the tables it is made of. */
import { bookkeeping, lake } from './activity-options.ts';
import type { LayerResult } from './bronze-batch.ts';
import { day, days, names, parseInput } from './input.ts';
import { logicalDate } from './logical-date.ts';
import { attempt, failOn, type Problem } from './problems.ts';
import { progressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';

/** Runs the waves for the input `{tables?, dates?, date?}`; a table that fails does not hold up the others. */
export async function buildLayer(
  layer: 'silver' | 'gold',
  waves: readonly (readonly string[])[],
  about: string,
  input: unknown,
): Promise<LayerResult> {
  const all = waves.flat();
  const { tables, dates, date } = parseInput(input, { tables: names(all), dates: days, date: day });
  const board = progressBoard(about);
  const wanted = tables ?? all;
  tagRun(layer, wanted, logicalDate(date));
  const problems: Problem[] = [];
  for (const wave of waves) {
    const now = wave.filter((t) => wanted.includes(t));
    if (now.length === 0) continue;
    board.stage(`building ${now.join(', ')}`);
    await Promise.all(
      now.map((table) =>
        attempt(table, problems, async () => {
          board.add([await lake.buildDirty({ table, dates })]);
        }),
      ),
    );
  }
  // Always: an attempt that died after its commit reports no work to the one that follows.
  await bookkeeping.enterLedger(wanted);
  board.stage('done');
  const result = { tables: board.tables };
  failOn(problems, result);
  return result;
}
