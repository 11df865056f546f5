/**
 * 128-bit two's complement integers as four little-endian 32-bit words, worked on in place, without BigInt. Products with a
 * factor up to 10^6 and remainders of a divisor up to 10^6 stay below 2^53, so doubles hold them exactly.
 */

const WORD = 2 ** 32;
const STEP = 6;

/** Words of 10^38, the first magnitude that needs 39 digits. */
const LIMITS = Array.from({ length: 39 }, (_, digits) => wordsOf(10n ** BigInt(digits)));

/** The words of an integer. */
export function wordsOf(value: bigint): Int32Array {
  const words = new BigInt64Array(2);
  words[0] = BigInt.asIntN(64, value);
  words[1] = BigInt.asIntN(64, value >> 64n);
  return new Int32Array(words.buffer);
}

/** The integer of the words at `at`. */
export function bigintAt(words: Int32Array, at: number): bigint {
  const high = (BigInt(words[at + 3]!) << 32n) | BigInt(words[at + 2]! >>> 0);
  return (high << 64n) | (BigInt(words[at + 1]! >>> 0) << 32n) | BigInt(words[at]! >>> 0);
}

/** Writes an integer of at most 128 bits. */
export function putBigint(words: Int32Array, at: number, value: bigint): void {
  halves[0] = BigInt.asIntN(64, value);
  halves[1] = BigInt.asIntN(64, value >> 64n);
  words.set(wordsOfHalves, at);
}

/** One for all values: making it takes longer than using it. */
const halves = new BigInt64Array(2);
const wordsOfHalves = new Int32Array(halves.buffer);

/** target = a + b; false when the sum does not fit 128 bits. */
export function addWords(
  a: Int32Array,
  atA: number,
  b: Int32Array,
  atB: number,
  target: Int32Array,
  at: number,
): boolean {
  let carry = 0;
  for (let w = 0; w < 3; w++) {
    const sum = (a[atA + w]! >>> 0) + (b[atB + w]! >>> 0) + carry;
    target[at + w] = sum;
    carry = sum >= WORD ? 1 : 0;
  }
  const top = a[atA + 3]! + b[atB + 3]! + carry;
  target[at + 3] = top;
  return top === (top | 0);
}

/** Changes the sign in place. The least 128-bit integer, which no decimal of 38 digits is, stays itself. */
export function negateWords(words: Int32Array, at: number): void {
  let carry = 1;
  for (let w = 0; w < 4; w++) {
    const flipped = (~words[at + w]! >>> 0) + carry;
    words[at + w] = flipped;
    carry = flipped >= WORD ? 1 : 0;
  }
}

/** Less than 0, 0 or more than 0 as a is less than, equal to or greater than b. */
export function compareWords(a: Int32Array, atA: number, b: Int32Array, atB: number): number {
  if (a[atA + 3] !== b[atB + 3]) return a[atA + 3]! - b[atB + 3]!;
  for (let w = 2; w >= 0; w--) if (a[atA + w] !== b[atB + w]) return (a[atA + w]! >>> 0) - (b[atB + w]! >>> 0);
  return 0;
}

/** Whether the value has at most `digits` digits. */
export function fitsDigits(words: Int32Array, at: number, digits: number): boolean {
  const limit = LIMITS[digits]!;
  if (words[at + 3]! >= 0) return compareWords(words, at, limit, 0) < 0;
  // −value < limit, without copying the value: −limit < value.
  return compareWords(words, at, NEGATIVE_LIMITS[digits]!, 0) > 0;
}

/** Multiplies by 10^power in place; false when the product does not fit 128 bits. */
export function scaleUp(words: Int32Array, at: number, power: number): boolean {
  const negative = words[at + 3]! < 0;
  if (negative) negateWords(words, at);
  let fits = true;
  for (let left = power; left > 0; left -= STEP) {
    const factor = 10 ** Math.min(left, STEP);
    let carry = 0;
    for (let w = 0; w < 4; w++) {
      const product = (words[at + w]! >>> 0) * factor + carry;
      carry = Math.floor(product / WORD);
      words[at + w] = product - carry * WORD;
    }
    if (carry !== 0 || words[at + 3]! < 0) fits = false;
  }
  if (negative) negateWords(words, at);
  return fits;
}

/** Divides by 10^power in place, rounded half to even; true when the division was exact. */
export function scaleDown(words: Int32Array, at: number, power: number): boolean {
  const negative = words[at + 3]! < 0;
  if (negative) negateWords(words, at);
  let dropped = false;
  let remainder = 0;
  let divisor = 1;
  for (let left = power; left > 0; left -= STEP) {
    if (remainder !== 0) dropped = true;
    divisor = 10 ** Math.min(left, STEP);
    remainder = 0;
    for (let w = 3; w >= 0; w--) {
      const dividend = remainder * WORD + (words[at + w]! >>> 0);
      const quotient = Math.floor(dividend / divisor);
      remainder = dividend - quotient * divisor;
      words[at + w] = quotient;
    }
  }
  // The last step took the highest digits off: earlier ones only tell a tie from more than one.
  const half = divisor / 2;
  if (remainder > half || (remainder === half && (dropped || (words[at]! & 1) === 1))) increment(words, at);
  if (negative) negateWords(words, at);
  return remainder === 0 && !dropped;
}

const NEGATIVE_LIMITS = LIMITS.map((_, digits) => wordsOf(-(10n ** BigInt(digits))));

function increment(words: Int32Array, at: number): void {
  for (let w = 0; w < 4; w++) {
    words[at + w] = (words[at + w]! + 1) | 0;
    if (words[at + w] !== 0) return;
  }
}
