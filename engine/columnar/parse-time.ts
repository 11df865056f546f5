/**
 * ISO 8601 dates and date-times from bytes, on the proleptic Gregorian calendar, years 0000 to 9999.
 */

/** What `parseDate` returns for text that is not a date. */
export const NO_DATE = -2147483648;

/** A date and time with its zone; the instant was written. */
export const ZONED = 0;
/** A date and time without a zone, taken as UTC; the instant was written. */
export const UNZONED = 1;
/** Not a date and time; nothing was written. */
export const NO_TIME = 2;
/** What `parseTimestamp` made of a text. */
export type TimeStatus = typeof ZONED | typeof UNZONED | typeof NO_TIME;

/** Days since 1970-01-01 of `YYYY-MM-DD` at exactly `bytes[start … end)`, or `NO_DATE`. */
export function parseDate(bytes: Uint8Array, start: number, end: number): number {
  return end - start === 10 ? dateAt(bytes, start) : NO_DATE;
}

/**
 * Reads `YYYY-MM-DD`, `T` or a space, `hh:mm[:ss[.fraction]]` and `Z`, `±hh:mm`, `±hhmm`, `±hh` or no zone at exactly
 * `bytes[start … end)`, and writes UTC microseconds as two little-endian words at `words[at]`. A fraction may have any
 * number of digits; those below a microsecond are dropped. 24:00 and leap seconds are not times.
 */
export function parseTimestamp(
  bytes: Uint8Array,
  start: number,
  end: number,
  words: Int32Array,
  at: number,
): TimeStatus {
  if (end - start < 16) return NO_TIME;
  const days = dateAt(bytes, start);
  const separator = bytes[start + 10]!;
  const hours = twoDigits(bytes, start + 11);
  const minutes = twoDigits(bytes, start + 14);
  if (days === NO_DATE || (separator !== 84 && separator !== 32) || bytes[start + 13]! !== 58) return NO_TIME;
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return NO_TIME;
  let p = start + 16;
  let seconds = 0;
  let micros = 0;
  if (p < end && bytes[p]! === 58) {
    if (end - p < 3) return NO_TIME;
    seconds = twoDigits(bytes, p + 1);
    if (seconds < 0 || seconds > 59) return NO_TIME;
    p += 3;
    if (p < end && bytes[p]! === 46) {
      const first = ++p;
      for (let unit = 100_000; p < end; p++) {
        const digit = bytes[p]! - 48;
        if (digit < 0 || digit > 9) break;
        micros += digit * unit;
        unit = Math.floor(unit / 10);
      }
      if (p === first) return NO_TIME;
    }
  }
  const offset = p === end ? 0 : offsetAt(bytes, p, end);
  if (offset === NO_OFFSET) return NO_TIME;
  writeMicros(days * 86400 + hours * 3600 + (minutes - offset) * 60 + seconds, micros, words, at);
  return p === end ? UNZONED : ZONED;
}

const NO_OFFSET = -100_000;

/** Minutes east of UTC of the zone at exactly `bytes[p … end)`, or `NO_OFFSET`. */
function offsetAt(bytes: Uint8Array, p: number, end: number): number {
  const first = bytes[p]!;
  const length = end - p;
  if (first === 90) return length === 1 ? 0 : NO_OFFSET;
  if ((first !== 43 && first !== 45) || (length !== 3 && length !== 5 && length !== 6)) return NO_OFFSET;
  if (length === 6 && bytes[p + 3]! !== 58) return NO_OFFSET;
  const hours = twoDigits(bytes, p + 1);
  const minutes = length === 3 ? 0 : twoDigits(bytes, end - 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return NO_OFFSET;
  const offset = hours * 60 + minutes;
  return first === 45 ? -offset : offset;
}

/** The number two digits say, or a negative number. */
function twoDigits(bytes: Uint8Array, p: number): number {
  const tens = bytes[p]! - 48;
  const ones = bytes[p + 1]! - 48;
  return tens >>> 0 > 9 || ones >>> 0 > 9 ? -100_000 : tens * 10 + ones;
}

function dateAt(bytes: Uint8Array, p: number): number {
  const year = twoDigits(bytes, p) * 100 + twoDigits(bytes, p + 2);
  const month = twoDigits(bytes, p + 5);
  const day = twoDigits(bytes, p + 8);
  if (bytes[p + 4]! !== 45 || bytes[p + 7]! !== 45 || year < 0 || month < 1 || month > 12 || day < 1) return NO_DATE;
  return day > daysInMonth(year, month) ? NO_DATE : daysOfCivil(year, month, day);
}

/** Days of a month, 1 to 12, of a year. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return 30 + ((month + (month >> 3)) & 1);
}

/** Days since 1970-01-01. Source: H. Hinnant, "chrono-compatible low-level date algorithms", days_from_civil; years 0 to 9999. */
export function daysOfCivil(year: number, month: number, day: number): number {
  // One era (400 years) is added so that January of year 0 stays positive.
  const y = year + 400 - (month <= 2 ? 1 : 0);
  const era = (y / 400) | 0;
  const yearOfEra = y - era * 400;
  const dayOfYear = ((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) | 0;
  const dayOfEra = yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear + day - 1;
  return (era - 1) * 146097 + dayOfEra - 719468;
}

/** Writes the instant as two little-endian words of UTC microseconds at `words[at]`. */
export function writeMicros(seconds: number, micros: number, words: Int32Array, at: number): void {
  const instant = seconds * 1e6 + micros;
  if (Number.isSafeInteger(instant)) {
    words[at] = instant | 0;
    words[at + 1] = Math.floor(instant / 4294967296);
  } else {
    // Before 1684 or after 2255: beyond what a float64 counts in microseconds.
    const wide = BigInt(seconds) * 1000000n + BigInt(micros);
    words[at] = Number(BigInt.asIntN(32, wide));
    words[at + 1] = Number(wide >> 32n);
  }
}
