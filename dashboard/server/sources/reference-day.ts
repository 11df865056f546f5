import { dayNumber, dayText } from '../../../engine/columnar/cell.ts';
import { Problem } from '../problem.ts';
import type { Marts } from './marts.ts';

/** The last day, not after today (UTC), with data over all organisations, live or not. Throws the `Problem` when there is none. */
export async function referenceDayOf(marts: Marts, clock: () => number): Promise<string> {
  const today = dayNumber(new Date(clock()).toISOString().slice(0, 10));
  const last = (await marts.usageDays()).findLast((day) => day <= today);
  if (last !== undefined) return dayText(last);
  throw new Problem(
    'nothing-published',
    'No day with usage up to today is published. Run the line: `npx cpa run dailyRun`.',
  );
}
