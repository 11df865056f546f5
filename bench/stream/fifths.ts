/** What grows with time: the last fifth of a run against its second one. The first fifth is for warming up. */

export interface Fifths {
  readonly second: number;
  readonly last: number;
  readonly ratio: number;
}

/** Means of values in the order of time. Throws when there are fewer than five. */
export function fifthsOf(values: readonly number[]): Fifths {
  const size = Math.floor(values.length / 5);
  if (size === 0) throw new Error(`${values.length} values have no fifths`);
  const mean = (part: readonly number[]): number => part.reduce((sum, value) => sum + value, 0) / part.length;
  const second = mean(values.slice(size, 2 * size));
  const last = mean(values.slice(-size));
  return { second, last, ratio: last / second };
}
