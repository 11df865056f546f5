/**
 * Arithmetic on whole decimal columns. Null with anything is null. Results keep every digit; those that need more than the
 * 38 a decimal has throw, with the values.
 */
import type { Column, DecimalColumn, Float64Column } from './column.ts';
import { formatDecimal, parseDecimal, roundHalfEven } from './decimal-text.ts';
import {
  addWords,
  bigintAt,
  fitsDigits,
  negateWords,
  putBigint,
  scaleDown,
  scaleUp,
  wordsOf,
} from './decimal-words.ts';
import { activeRows, andValidity, maskFromBits, validityFromMask, validMask } from './validity.ts';

export { formatDecimal, parseDecimal, roundHalfEven };

/** Digits in all, and digits after the point. */
export interface DecimalType {
  readonly precision: number;
  readonly scale: number;
}

/** A cast column, and which rows it changed; null instead of a mask of zeros. */
export interface DecimalCast {
  readonly column: DecimalColumn;
  /** 1 where the value needs more digits than the type has: those rows are null. */
  readonly overflowed: Uint8Array | null;
  /** 1 where digits after the point were rounded away (half to even). */
  readonly rounded: Uint8Array | null;
}

/** The column, if it is one of decimals; else throws. */
export function decimalOf(column: Column): DecimalColumn {
  if (column.kind !== 'decimal') throw new TypeError(`expected a column of decimals, not of ${column.kind}`);
  return column;
}

/** a + b, at the larger scale and one digit wider than both. */
export function addDecimals(a: DecimalColumn, b: DecimalColumn): DecimalColumn {
  checkPair('addDecimals', a, b);
  const scale = Math.max(a.scale, b.scale);
  const precision = Math.min(38, Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1);
  const left = rescaleDecimal(a, scale);
  const right = rescaleDecimal(b, scale);
  const words = new Int32Array(a.length * 4);
  const validity = andValidity(a.validity, b.validity, a.length);
  for (let i = 0, end = a.length; i < end; i++) {
    const at = i * 4;
    if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) continue;
    if (!addWords(left.words, at, right.words, at, words, at) || !fitsDigits(words, at, 38)) {
      const sum = bigintAt(left.words, at) + bigintAt(right.words, at);
      throw new RangeError(`addDecimals: ${formatDecimal(sum, scale)} in row ${i} has more than 38 digits`);
    }
  }
  return { kind: 'decimal', length: a.length, validity, precision, scale, words };
}

/** a − b, at the larger scale and one digit wider than both. */
export function subtractDecimals(a: DecimalColumn, b: DecimalColumn): DecimalColumn {
  return addDecimals(a, negateDecimal(b));
}

/** −a. */
export function negateDecimal(a: DecimalColumn): DecimalColumn {
  const words = a.words.slice(0, a.length * 4);
  for (let at = 0, end = words.length; at < end; at += 4) negateWords(words, at);
  return { ...a, words };
}

/** a × b as the given type, rounded half to even. Made for small results: uses BigInt. */
export function multiplyDecimals(a: DecimalColumn, b: DecimalColumn, type: DecimalType): DecimalColumn {
  const shift = type.scale - a.scale - b.scale;
  const up = 10n ** BigInt(Math.max(shift, 0));
  const down = 10n ** BigInt(Math.max(-shift, 0));
  return combined('multiplyDecimals', a, b, type, (x, y) => roundHalfEven(x * y * up, down));
}

/** a ÷ b as the given type, rounded half to even; null where b is 0. Made for small results: uses BigInt. */
export function divideDecimals(a: DecimalColumn, b: DecimalColumn, type: DecimalType): DecimalColumn {
  const shift = type.scale - a.scale + b.scale;
  const up = 10n ** BigInt(Math.max(shift, 0));
  const down = 10n ** BigInt(Math.max(-shift, 0));
  return combined('divideDecimals', a, b, type, (x, y) => (y === 0n ? null : roundHalfEven(x * up, y * down)));
}

/** The same numbers at another scale: digits are added exactly, or rounded away half to even; precision moves along. */
export function rescaleDecimal(column: DecimalColumn, scale: number): DecimalColumn {
  if (scale === column.scale) return column;
  const precision = Math.min(38, Math.max(column.precision + scale - column.scale + (scale < column.scale ? 1 : 0), 1));
  const { column: result, overflowed } = castDecimal(column, { precision, scale });
  if (overflowed !== null) {
    const i = overflowed.indexOf(1);
    const value = formatDecimal(bigintAt(column.words, i * 4), column.scale);
    throw new RangeError(`rescaleDecimal: ${value} in row ${i} has more than ${precision} digits at scale ${scale}`);
  }
  return result;
}

/** The numbers as another decimal type. What does not fit becomes null and is reported, and so is what was rounded. */
export function castDecimal(column: DecimalColumn, { precision, scale }: DecimalType): DecimalCast {
  const { length } = column;
  const words = column.words.slice(0, length * 4);
  const valid = validMask(column);
  let overflowed: Uint8Array | null = null;
  let rounded: Uint8Array | null = null;
  const power = scale - column.scale;
  const narrows = precision - scale < column.precision - column.scale || precision < column.precision;
  for (let i = 0; i < length && (power !== 0 || narrows); i++) {
    if (valid[i] === 0) continue;
    let fits = true;
    if (power > 0) fits = scaleUp(words, i * 4, power);
    else if (power < 0 && !scaleDown(words, i * 4, -power)) {
      rounded ??= new Uint8Array(length);
      rounded[i] = 1;
    }
    if (fits && fitsDigits(words, i * 4, precision)) continue;
    overflowed ??= new Uint8Array(length);
    overflowed[i] = 1;
    valid[i] = 0;
    words.fill(0, i * 4, i * 4 + 4);
  }
  const validity = overflowed === null ? column.validity : validityFromMask(valid);
  return { column: { kind: 'decimal', length, validity, precision, scale, words }, overflowed, rounded };
}

/** How `compareDecimal` compares. */
export type Comparison = '<' | '<=' | '=' | '>=' | '>';

/** 1 where the value compares so with a literal such as `-0.01`; 0 for null. Throws for a literal that is not a number. */
export function compareDecimal(column: DecimalColumn, comparison: Comparison, literal: string): Uint8Array {
  // At a scale that holds all its digits the literal is exact; values are compared with it cut down to the column's.
  const digits = /\.(\d*)/.exec(literal)?.[1]?.length ?? 0;
  const exact = /[eE]/.test(literal) ? null : parseDecimal(literal, 1000, digits);
  if (exact === null) throw new Error(`compareDecimal: ${literal} is not a plain decimal number`);
  const unit = 10n ** BigInt(Math.max(digits - column.scale, 0));
  const scaled = exact * 10n ** BigInt(Math.max(column.scale - digits, 0));
  const below = scaled / unit - (scaled % unit < 0n ? 1n : 0n);
  const onGrid = scaled % unit === 0n;
  const limit = 10n ** 38n;
  const threshold = wordsOf(below >= limit ? limit : below <= -limit ? -limit : below);
  // A value lies at or below a literal between two grid points exactly when it lies at or below the lower one.
  const low = comparison === '<' || comparison === '<=' ? 1 : 0;
  const high = comparison === '>' || comparison === '>=' ? 1 : 0;
  const equal = onGrid ? (comparison === '<' || comparison === '>' ? 0 : 1) : low;
  const mask = comparedWords(column.words, column.length, threshold, low, equal, high);
  if (column.validity !== null && mask.includes(1)) {
    const valid = maskFromBits(column.validity, column.length);
    for (let i = 0, end = mask.length; i < end; i++) mask[i]! &= valid[i]!;
  }
  return mask;
}

/** `low`, `equal` or `high` for every value, null slots too, as it is less than, equal to or greater than the threshold. */
function comparedWords(
  words: Int32Array,
  length: number,
  threshold: Int32Array,
  low: number,
  equal: number,
  high: number,
): Uint8Array {
  const mask = new Uint8Array(length);
  if (equal === high && (threshold[0]! | threshold[1]! | threshold[2]!) === 0) {
    // Below zero, for example: the top word alone tells.
    for (let i = 0; i < length; i++) mask[i] = words[i * 4 + 3]! < threshold[3]! ? low : high;
    return mask;
  }
  // Words below the top one compare without their sign, which flipping the highest bit does.
  const first = threshold[0]! ^ SIGN;
  const second = threshold[1]! ^ SIGN;
  const third = threshold[2]! ^ SIGN;
  const top = threshold[3]!;
  for (let i = 0, at = 0; i < length; i++, at += 4) {
    let word = words[at + 3]!;
    let limit = top;
    if (word === limit) {
      word = words[at + 2]! ^ SIGN;
      limit = third;
      if (word === limit) {
        word = words[at + 1]! ^ SIGN;
        limit = second;
        if (word === limit) {
          word = words[at]! ^ SIGN;
          limit = first;
        }
      }
    }
    mask[i] = word < limit ? low : word > limit ? high : equal;
  }
  return mask;
}

const SIGN = 0x80000000 | 0;

/** The nearest doubles. */
export function toFloat64(column: DecimalColumn): Float64Column {
  const { length, validity, scale, words } = column;
  const values = new Float64Array(length);
  const active = activeRows(column, undefined);
  const divisor = 10 ** scale;
  for (let i = 0; i < length; i++) {
    if (active !== null && active[i] === 0) continue;
    const at = i * 4;
    const high = words[at + 1]!;
    // Two exact doubles divide to the nearest one; 10^22 is the last exact power of ten.
    const small = high >= -0x200000 && high < 0x200000 && words[at + 2] === high >> 31 && words[at + 3] === high >> 31;
    values[i] =
      small && scale <= 22
        ? (high * 2 ** 32 + (words[at]! >>> 0)) / divisor
        : Number(formatDecimal(bigintAt(words, at), scale));
  }
  return { kind: 'float64', length, validity, values };
}

function checkPair(what: string, a: DecimalColumn, b: DecimalColumn): void {
  if (a.length !== b.length) throw new Error(`${what}: columns of ${a.length} and ${b.length} rows`);
}

function combined(
  what: string,
  a: DecimalColumn,
  b: DecimalColumn,
  { precision, scale }: DecimalType,
  operation: (x: bigint, y: bigint) => bigint | null,
): DecimalColumn {
  checkPair(what, a, b);
  const both = { ...a, validity: andValidity(a.validity, b.validity, a.length) };
  const valid = validMask(both);
  const words = new Int32Array(a.length * 4);
  for (let i = 0, end = a.length; i < end; i++) {
    if (valid[i] === 0) continue;
    const at = i * 4;
    const result = operation(bigintAt(a.words, at), bigintAt(b.words, at));
    if (result === null) valid[i] = 0;
    else {
      putBigint(words, at, result);
      if (result >= 2n ** 127n || result < -(2n ** 127n) || !fitsDigits(words, at, precision)) {
        throw new RangeError(
          `${what}: ${formatDecimal(result, scale)} in row ${i} has more than ${precision} digits; ` +
            `from ${formatDecimal(bigintAt(a.words, at), a.scale)} and ${formatDecimal(bigintAt(b.words, at), b.scale)}`,
        );
      }
    }
  }
  return { kind: 'decimal', length: a.length, validity: validityFromMask(valid), precision, scale, words };
}
