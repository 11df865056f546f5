/**
 * Single decimals: text to unscaled integers and back, and rounding.
 */

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * The unscaled integer of a decimal number at `scale`: `1.5` at scale 2 is 150. Blanks around it and an exponent are allowed;
 * more digits than the scale holds are rounded half to even. Null when it is not a number, or needs more than `precision`
 * digits.
 */
export function parseDecimal(text: string, precision: number, scale: number): bigint | null {
  const match = NUMBER.exec(text.trim());
  if (match === null) return null;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;
  if (digits === '') return null;
  const magnitude = BigInt(digits);
  // The number is magnitude × 10^(exponent − fraction digits).
  const shift = scale + Number(exponent) - fraction.length;
  if (magnitude === 0n) return 0n;
  if (shift > precision) return null;
  const unscaled =
    shift >= 0 ? magnitude * 10n ** BigInt(shift) : roundHalfEven(magnitude, 10n ** BigInt(Math.min(-shift, 10_000)));
  if (unscaled >= 10n ** BigInt(precision)) return null;
  return sign === '-' ? -unscaled : unscaled;
}

/** Plain notation with exactly `scale` digits after the point: 150 at scale 2 is `1.50`. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The quotient rounded to the nearest integer, a tie to the even one. Throws a `RangeError` for a denominator of 0. */
export function roundHalfEven(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  let quotient = n / d;
  const twice = (n % d) * 2n;
  if (twice > d || (twice === d && (quotient & 1n) === 1n)) quotient += 1n;
  return negative ? -quotient : quotient;
}
