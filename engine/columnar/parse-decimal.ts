/**
 * Exact decimals from their digits in bytes: never through float64, so no digit is invented or lost.
 */

/** The value is exactly what the text says. */
export const EXACT = 0;
/** Digits below the scale were rounded half to even; the value was written. */
export const ROUNDED = 1;
/** A number, but more digits than the precision holds; nothing was written. */
export const OUT_OF_RANGE = 2;
/** Not a number; nothing was written. */
export const NOT_NUMERIC = 3;
/** What `parseDecimal` made of a text. */
export type DecimalStatus = typeof EXACT | typeof ROUNDED | typeof OUT_OF_RANGE | typeof NOT_NUMERIC;

/** Powers of ten that a float64 holds exactly. */
export const powers = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
/** Any mantissa of so many digits is an exact float64, and so are its quotient and rest by a power of ten. */
export const exactDigits = 15;
const mantissaLimit = 1e14;
/** Far beyond any precision: larger exponents change nothing. */
const exponentLimit = 100_000_000;
const numeric = /^([+-]?)(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/;

/**
 * Reads `bytes[start … end)` as a decimal and writes its unscaled value as four little-endian words at `words[at]`.
 *
 * The text is `[+-]digits[.digits][e[+-]digits]`, with a digit on at least one side of the point and nothing around it:
 * JSON numbers, and what people type for numbers; not `NaN`, `Infinity`, hexadecimal, or thousands separators. Zeros
 * below the scale are not rounding. `precision` is at most 38.
 */
export function parseDecimal(
  bytes: Uint8Array,
  start: number,
  end: number,
  precision: number,
  scale: number,
  words: Int32Array,
  at: number,
): DecimalStatus {
  let p = start;
  const sign = p < end ? bytes[p]! : 0;
  if (sign === 45 || sign === 43) p++;
  // The first 15 significant digits; of those after them, how many there are and whether any is not 0.
  let mantissa = 0;
  let dropped = 0;
  let sticky = 0;
  const whole = p;
  for (; p < end; p++) {
    const digit = bytes[p]! - 48;
    if (digit < 0 || digit > 9) break;
    if (mantissa < mantissaLimit) mantissa = mantissa * 10 + digit;
    else {
      dropped++;
      sticky |= digit;
    }
  }
  let digits = p - whole;
  let fraction = 0;
  if (p < end && bytes[p]! === 46) {
    const first = ++p;
    for (; p < end; p++) {
      const digit = bytes[p]! - 48;
      if (digit < 0 || digit > 9) break;
      if (mantissa < mantissaLimit) mantissa = mantissa * 10 + digit;
      else {
        dropped++;
        sticky |= digit;
      }
    }
    fraction = p - first;
    digits += fraction;
  }
  if (digits === 0) return NOT_NUMERIC;
  let shift = scale - fraction + dropped;
  if (p < end) {
    if ((bytes[p]! | 32) !== 101) return NOT_NUMERIC;
    p++;
    const exponentSign = p < end ? bytes[p]! : 0;
    if (exponentSign === 45 || exponentSign === 43) p++;
    if (p === end) return NOT_NUMERIC;
    let exponent = 0;
    for (; p < end; p++) {
      const digit = bytes[p]! - 48;
      if (digit < 0 || digit > 9) return NOT_NUMERIC;
      if (exponent < exponentLimit) exponent = exponent * 10 + digit;
    }
    shift += exponentSign === 45 ? -exponent : exponent;
  }
  if (shift > exactDigits || (dropped !== 0 && shift >= 0)) {
    return parseWide(bytes, start, end, precision, scale, words, at);
  }

  let status: DecimalStatus = EXACT;
  let unscaled: number;
  if (shift >= 0) {
    unscaled = mantissa * powers[shift]!;
    if (unscaled > Number.MAX_SAFE_INTEGER) return parseWide(bytes, start, end, precision, scale, words, at);
  } else if (shift < -exactDigits) {
    // Fewer digits than places dropped: below a half.
    unscaled = 0;
    status = mantissa === 0 ? EXACT : ROUNDED;
  } else {
    const power = powers[-shift]!;
    unscaled = Math.floor(mantissa / power);
    const rest = mantissa - unscaled * power;
    if (rest !== 0 || sticky !== 0) {
      status = ROUNDED;
      if (rest * 2 > power || (rest * 2 === power && (sticky !== 0 || unscaled % 2 === 1))) unscaled++;
    }
  }
  if (precision <= exactDigits && unscaled >= powers[precision]!) return OUT_OF_RANGE;
  writeUnscaled(unscaled, sign === 45, words, at);
  return status;
}

/** Writes ±`unscaled`, an integer from 0 to 2^53, as two's complement in four words. */
export function writeUnscaled(unscaled: number, negative: boolean, words: Int32Array, at: number): void {
  const low = unscaled | 0;
  const high = unscaled < 2147483648 ? 0 : Math.floor(unscaled / 4294967296) | 0;
  if (negative && unscaled !== 0) {
    words[at] = -low;
    words[at + 1] = low === 0 ? -high : ~high;
    words[at + 2] = -1;
    words[at + 3] = -1;
  } else {
    words[at] = low;
    words[at + 1] = high;
    words[at + 2] = 0;
    words[at + 3] = 0;
  }
}

/** The same for any number of digits; the rare case, so it may use strings and BigInt. */
function parseWide(
  bytes: Uint8Array,
  start: number,
  end: number,
  precision: number,
  scale: number,
  words: Int32Array,
  at: number,
): DecimalStatus {
  const match = numeric.exec(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1'));
  if (match === null) return NOT_NUMERIC;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const power = Math.max(-exponentLimit, Math.min(exponentLimit, Number(exponent)));
  const kept = digits.length + scale - fraction.length + power;
  if (digits !== '' && kept > precision) return OUT_OF_RANGE;
  let unscaled = 0n;
  let status: DecimalStatus = EXACT;
  if (digits !== '' && kept >= 0) {
    unscaled = BigInt(digits.slice(0, kept).padEnd(kept, '0') || '0');
    const dropped = digits.slice(kept);
    if (/[1-9]/.test(dropped)) {
      status = ROUNDED;
      const half = dropped[0]! > '5' || (dropped[0] === '5' && /[1-9]/.test(dropped.slice(1)));
      if (half || (dropped[0] === '5' && (unscaled & 1n) === 1n)) unscaled++;
    }
  } else if (digits !== '') {
    status = ROUNDED;
  }
  if (unscaled >= 10n ** BigInt(precision)) return OUT_OF_RANGE;
  if (sign === '-') unscaled = -unscaled;
  for (let i = 0; i < 4; i++) words[at + i] = Number(BigInt.asIntN(32, unscaled >> BigInt(32 * i)));
  return status;
}
