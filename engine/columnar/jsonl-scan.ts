/**
 * Ends of JSON strings and numbers, by the JSON grammar (RFC 8259), four bytes at a time where it pays.
 *
 * The bytes must be UTF-8 and hold a line feed at or after the start: no JSON token contains one, so a scan never runs past
 * it and needs no bounds checks. Word reads go up to 3 bytes further.
 */

/**
 * What scanning a value gives: the position after it; the complement (`~`) of that position when the raw text must be
 * rescued; or `NOT_PLAIN`, when only the complete reader can tell.
 */
export type JsonlScan = number;
export const NOT_PLAIN = 0;

/**
 * Bytes of a little-endian word that end a scan of string characters: `"`, `\` and control characters. Bit 7 of the
 * lowest such byte is the lowest bit set; bits above it mean nothing; 0 when there is none.
 *
 * Source: "Bit Twiddling Hacks", S. E. Anderson, haszero and hasless.
 */
export function stopBits(word: number): number {
  const quote = word ^ 0x22222222;
  const backslash = word ^ 0x5c5c5c5c;
  const bits =
    ((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash) | ((word - 0x20202020) & ~word);
  return bits & -0x7f7f7f80;
}

/** Index (0 to 3) of the byte that the lowest bit of a word is in. */
export function firstStop(bits: number): number {
  return (31 - Math.clz32(bits & -bits)) >> 3;
}

/** Position of the quote that closes the string whose text starts at `start`, or -1 if it has escapes or is broken. */
export function plainStringEnd(view: DataView, start: number): number {
  let p = start;
  for (;;) {
    const word = view.getInt32(p, true);
    const bits = stopBits(word);
    if (bits !== 0) {
      const n = firstStop(bits);
      return ((word >>> (n * 8)) & 255) === 0x22 ? p + n : -1;
    }
    p += 4;
  }
}

/** How many ASCII digits a little-endian word starts with: 0 to 4. */
export function digitCount(word: number): number {
  const nibbles = word ^ 0x30303030;
  const others = (nibbles & 0xf0f0f0f0) | (((nibbles & 0x0f0f0f0f) + 0x06060606) & 0x10101010);
  return others === 0 ? 4 : firstStop(others);
}

/** The number that the first `count` (1 to 4) digits of the word say. */
export function digitsValue(word: number, count: number): number {
  // Two digits and then four are added up side by side; zeros come before them.
  const digits = (word & 0x0f0f0f0f) << (32 - count * 8);
  const pairs = (Math.imul(digits, 10) + (digits >>> 8)) & 0x00ff00ff;
  return (pairs & 0xff) * 100 + (pairs >>> 16);
}

/** Position after the JSON number at `start`, or -1 if there is none. */
export function numberEnd(bytes: Uint8Array, start: number): number {
  let p = bytes[start] === 0x2d ? start + 1 : start;
  p = bytes[p] === 0x30 ? p + 1 : digitsEnd(bytes, p);
  if (p !== -1 && bytes[p] === 0x2e) p = digitsEnd(bytes, p + 1);
  if (p === -1 || (bytes[p]! | 32) !== 0x65) return p;
  const sign = bytes[p + 1]!;
  return digitsEnd(bytes, sign === 0x2b || sign === 0x2d ? p + 2 : p + 1);
}

/** Position after one or more digits, or -1. */
function digitsEnd(bytes: Uint8Array, start: number): number {
  let p = start;
  while (bytes[p]! >= 0x30 && bytes[p]! <= 0x39) p++;
  return p === start ? -1 : p;
}

/** Position of the first byte at or after `start` that is not white space within a line. */
export function afterBlanks(bytes: Uint8Array, start: number): number {
  let p = start;
  while (bytes[p] === 32 || bytes[p] === 9 || bytes[p] === 13) p++;
  return p;
}
