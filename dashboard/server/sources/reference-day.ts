import { dayNumber, dayText } from '../../../engine/columnar/cell.ts';
import type { Int32Column } from '../../../engine/columnar/column.ts';
import { usageCube } from '../../../serving/cube.ts';
import { Problem } from '../problem.ts';
import type { Marts } from './marts.ts';

/** The last day, not after today (UTC), with data over all organisations, live or not. Throws the `Problem` when there is none. */
export async function referenceDayOf(marts: Marts, clock: () => number): Promise<string> {
  const { columns } = await marts.rollup(usageCube.queries.all, '1970-01-01', '9999-12-31');
  const { values } = columns[usageCube.time.all] as Int32Column;
  const today = dayNumber(new Date(clock()).toISOString().slice(0, 10));
  let last = Number.NEGATIVE_INFINITY;
  for (const day of values) if (day <= today && day > last) last = day;
  if (Number.isFinite(last)) return dayText(last);
  throw new Problem(
    'nothing-published',
    'No day with usage up to today is published. Run the line: `npx cpa run dailyRun`.',
  );
}
