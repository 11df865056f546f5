/** How unusual a cost is against its baseline, by three tests that vote. */
import { mean, median, medianAbsoluteDeviation, standardDeviation } from '../../engine/columnar/statistics.ts';

/** Scores against a baseline; all null when it has fewer than 14 points. */
export interface AnomalyScore {
  readonly points: number;
  readonly expected: number | null;
  /** expected ∓ 3 σ. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** Null when σ is 0. */
  readonly z: number | null;
  /** Null when the MAD is 0. */
  readonly modifiedZ: number | null;
  /** Share of the baseline below the value, ties counted half, 0 to 100. */
  readonly percentileRank: number | null;
  readonly votes: number;
}

const leastPoints = 14;

/**
 * Scores a value against its baseline, given in date order. σ is that of a sample (n − 1). The modified z-score is that of
 * Iglewicz and Hoaglin (1993), 0.6745 × (x − median) / MAD. Votes: |z| > 3; |modified z| > 3.5; rank outside 1…99. Doubles,
 * summed in the order given.
 */
export function scoreOf(value: number, baseline: Float64Array): AnomalyScore {
  const points = baseline.length;
  if (points < leastPoints) {
    const none = { expected: null, lower: null, upper: null, z: null, modifiedZ: null, percentileRank: null };
    return { points, ...none, votes: 0 };
  }
  // The mean of equal doubles may differ from them in the last place, and their σ from 0.
  const constant = baseline.every((x) => x === baseline[0]);
  const expected = constant ? baseline[0]! : mean(baseline);
  const sigma = constant ? 0 : standardDeviation(baseline);
  const mad = medianAbsoluteDeviation(baseline);
  const z = sigma === 0 ? null : (value - expected) / sigma;
  const modifiedZ = mad === 0 ? null : (0.6745 * (value - median(baseline))) / mad;
  const percentileRank = rankOf(value, baseline);
  const votes =
    Number(z !== null && Math.abs(z) > 3) +
    Number(modifiedZ !== null && Math.abs(modifiedZ) > 3.5) +
    Number(percentileRank < 1 || percentileRank > 99);
  return {
    points,
    expected,
    lower: expected - 3 * sigma,
    upper: expected + 3 * sigma,
    z,
    modifiedZ,
    percentileRank,
    votes,
  };
}

function rankOf(value: number, baseline: Float64Array): number {
  let below = 0;
  let equal = 0;
  for (const x of baseline) {
    if (x < value) below++;
    else if (x === value) equal++;
  }
  return (100 * (below + equal / 2)) / baseline.length;
}
