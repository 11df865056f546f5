/** White space and booleans in bytes of UTF-8 text. */

/** ASCII white space: what is trimmed around numbers, times and booleans. */
export function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

/** First position at or after `start` that is not ASCII white space; `end` when there is none. */
export function skipSpace(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && isSpace(bytes[p]!)) p++;
  return p;
}

/** Position after the last byte before `end` that is not ASCII white space; `start` when there is none. */
export function trimSpace(bytes: Uint8Array, start: number, end: number): number {
  let p = end;
  while (p > start && isSpace(bytes[p - 1]!)) p--;
  return p;
}

const unicode = new TextDecoder('utf-8', { ignoreBOM: true });

/** Whether the text is empty or white space only, Unicode white space included (as `String.prototype.trim`). */
export function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  const p = skipSpace(bytes, start, end);
  if (p === end) return true;
  return bytes[p]! >= 0x80 && unicode.decode(bytes.subarray(p, end)).trim() === '';
}

/** `true` or `false` in any case at exactly `bytes[start … end)`: 1 or 0; anything else: -1. */
export function parseBool(bytes: Uint8Array, start: number, end: number): 1 | 0 | -1 {
  const word = end - start === 4 ? TRUE : end - start === 5 ? FALSE : null;
  if (word === null) return -1;
  for (let i = 0; i < word.length; i++) if ((bytes[start + i]! | 32) !== word[i]) return -1;
  return word === TRUE ? 1 : 0;
}

const TRUE = new TextEncoder().encode('true');
const FALSE = new TextEncoder().encode('false');
