/**
 * Text bounds of Delta statistics, cut to a prefix.
 */

/** Characters (code points) kept of a text bound: the protocol's `STRING_STATISTICS_PREFIX_LENGTH`. */
const prefixLength = 32;

/** Greater than any character that may follow a cut maximum, in the order of bytes. */
const asciiTieBreaker = '\u007f';
const tieBreaker = '\u{10ffff}';

/** A lower bound of a text given as UTF-8: a prefix sorts before what it was cut from. */
export function minText(utf8: Uint8Array): string {
  return prefixOf(utf8).prefix;
}

/**
 * An upper bound of a text given as UTF-8, or null if there is none in this length: a cut text gets one more character,
 * greater than the first one cut off.
 */
export function maxText(utf8: Uint8Array): string | null {
  const { prefix, next } = prefixOf(utf8);
  if (next === null) return prefix;
  if (next < asciiTieBreaker) return prefix + asciiTieBreaker;
  return next === tieBreaker ? null : prefix + tieBreaker;
}

/** The first characters, and the one after them if there is one. No more than the bytes they can take are decoded. */
function prefixOf(utf8: Uint8Array): { prefix: string; next: string | null } {
  const head = new TextDecoder('utf-8', { ignoreBOM: true }).decode(utf8.subarray(0, 4 * (prefixLength + 1)));
  const characters = Array.from(head);
  return { prefix: characters.slice(0, prefixLength).join(''), next: characters[prefixLength] ?? null };
}
