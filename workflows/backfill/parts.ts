/** How the days of a backfill are cut into parts, each built by a child. */

/** Parts at most: each leaves about ten events in the history. */
const mostParts = 32;
const leastDays = 4;

/** Cuts days, in order, into parts of as many days each. */
export function partsOf(days: readonly string[]): string[][] {
  const size = Math.max(leastDays, Math.ceil(days.length / mostParts));
  return Array.from({ length: Math.ceil(days.length / size) }, (_, i) => days.slice(i * size, (i + 1) * size));
}

/** Cuts the days of parts that failed once more: each day alone, or, where that were too many, as `partsOf`. */
export function partsAgain(days: readonly string[]): string[][] {
  return days.length > 2 * mostParts ? partsOf(days) : days.map((day) => [day]);
}
