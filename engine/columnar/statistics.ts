/**
 * Statistics of a sample of doubles. Every sum is taken in the order of the values. Empty samples give NaN.
 */

/** Arithmetic mean. */
export function mean(values: Float64Array): number {
  let sum = 0;
  for (let i = 0, end = values.length; i < end; i++) sum += values[i]!;
  return sum / values.length;
}

/** Standard deviation of a sample (n − 1 in the denominator), in two passes. 0 for a single value. */
export function standardDeviation(values: Float64Array): number {
  if (values.length < 2) return values.length === 1 ? 0 : Number.NaN;
  const middle = mean(values);
  let squares = 0;
  for (let i = 0, end = values.length; i < end; i++) squares += (values[i]! - middle) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}

/**
 * The quantile `q` (0 … 1) of ascending values, linear between the neighbours of position q·(n − 1): method 7 of Hyndman and
 * Fan (1996), the default of R and NumPy.
 */
export function quantile(sorted: Float64Array, q: number): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[below + 1] ?? low;
  return low + (high - low) * (position - below);
}

/** The middle value, or the mean of the two in the middle. The values may be in any order. */
export function median(values: Float64Array): number {
  return quantile(values.toSorted(), 0.5);
}

/** Median absolute deviation from the median, not scaled to a standard deviation. */
export function medianAbsoluteDeviation(values: Float64Array): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}
