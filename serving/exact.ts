/** Exact sums and ratios of the values that Cassandra gives. */
import { formatDecimal, roundHalfEven } from '../engine/columnar/decimal.ts';

/** unscaled × 10^-scale. */
export interface Exact {
  readonly unscaled: bigint;
  readonly scale: number;
}

/** Scale of every ratio in a mart. */
const ratioScale = 12;

/** A value of a decimal (plain text) or integer column. */
export function exactOf(value: string | bigint | number): Exact {
  if (typeof value !== 'string') return { unscaled: BigInt(value), scale: 0 };
  const point = value.indexOf('.');
  const scale = point === -1 ? 0 : value.length - point - 1;
  return { unscaled: BigInt(value.replace('.', '')), scale };
}

/** The sum; null counts as nothing, and only nulls are null. */
export function addExact(a: Exact | null, b: Exact | null): Exact | null {
  if (a === null || b === null) return a ?? b;
  const scale = Math.max(a.scale, b.scale);
  return { unscaled: scaled(a, scale) + scaled(b, scale), scale };
}

/** Less than 0, 0, or more, as `a` is below, equal to or above `b`. */
export function compareExact(a: Exact, b: Exact): number {
  const scale = Math.max(a.scale, b.scale);
  const difference = scaled(a, scale) - scaled(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** factor × numerator / denominator, rounded half to even; null when one is null or the denominator is 0. */
export function ratioOf(numerator: Exact | null, denominator: Exact | null, factor: number): Exact | null {
  if (numerator === null || denominator === null || denominator.unscaled === 0n) return null;
  const up = BigInt(factor) * 10n ** BigInt(ratioScale + denominator.scale);
  const unscaled = roundHalfEven(numerator.unscaled * up, denominator.unscaled * 10n ** BigInt(numerator.scale));
  return { unscaled, scale: ratioScale };
}

/** Plain text with all digits of the scale. */
export function exactText({ unscaled, scale }: Exact): string {
  return formatDecimal(unscaled, scale);
}

function scaled({ unscaled, scale }: Exact, to: number): bigint {
  return unscaled * 10n ** BigInt(to - scale);
}
