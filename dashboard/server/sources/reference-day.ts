import type { Int32Column } from '../../../engine/columnar/column.ts';
import { dayNumber, dayText } from '../../../serving/cell-value.ts';
import { usageCube } from '../../../serving/cube.ts';
import { Problem } from '../problem.ts';
import type { Marts } from './marts.ts';

/** The last day, not after today (UTC), with data over all organisations. Throws the `Problem` when there is none. */
export async function referenceDayOf(marts: Marts, clock: () => number): Promise<string> {
  const days = await marts.days(usageCube.queries.all);
  const today = dayNumber(new Date(clock()).toISOString().slice(0, 10));
  const { values } = (days?.all[usageCube.time.all] ?? { values: new Int32Array(0) }) as Int32Column;
  const last = values.findLast((day) => day <= today);
  if (last !== undefined) return dayText(last);
  throw new Problem(
    'nothing-published',
    'No day with usage up to today is published. Run the line: `npx cpa run dailyRun`.',
  );
}
