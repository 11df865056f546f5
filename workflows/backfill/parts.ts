/** How the days of a backfill are cut into parts. */

/** Days that one child builds. */
export interface Part {
  readonly from: string;
  readonly to: string;
  /** The days in it that have something to do. */
  readonly days: readonly string[];
}

/** Parts at most: each leaves about ten events in the history. */
const mostParts = 32;
const leastDays = 4;

/** Cuts days, in order, into parts of as many days each. */
export function partsOf(days: readonly string[], newestFirst: boolean): Part[] {
  const size = Math.max(leastDays, Math.ceil(days.length / mostParts));
  const parts = Array.from({ length: Math.ceil(days.length / size) }, (_, i) =>
    partOf(days.slice(i * size, (i + 1) * size)),
  );
  return newestFirst ? parts.reverse() : parts;
}

/** Cuts the days of parts that failed once more: each day alone, or, where that were too many, as `partsOf`. */
export function partsAgain(days: readonly string[], newestFirst: boolean): Part[] {
  if (days.length > 2 * mostParts) return partsOf(days, newestFirst);
  const parts = days.map((day) => partOf([day]));
  return newestFirst ? parts.reverse() : parts;
}

function partOf(days: readonly string[]): Part {
  return { from: days[0]!, to: days.at(-1)!, days };
}
