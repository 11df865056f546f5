/**
 * Hashes of byte ranges in two 32-bit lanes, each in the manner of MurmurHash3 (Austin Appleby, public domain) with
 * constants of its own, crossed at the end like its 128-bit variant.
 */

/** Where `hashBytes` leaves its second lane: a return value of two numbers would have to be allocated. */
export const secondLane = { hi: 0 };

/** The 64-bit hash of bytes `start … end`: returns the low lane, leaves the high one in `secondLane.hi`. */
export function hashBytes(view: DataView, start: number, end: number, seed: number): number {
  const length = end - start;
  let lo = seed ^ length ^ 0x9747b28c;
  let hi = (seed + length + 0x5bd1e995) | 0;
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    const word = view.getInt32(at, true);
    lo = mixLow(lo, word);
    hi = mixHigh(hi, word);
  }
  if (at < end) {
    let word = 0;
    for (let shift = 0; at < end; at++, shift += 8) word |= view.getUint8(at) << shift;
    lo = mixLow(lo, word);
    hi = mixHigh(hi, word);
  }
  lo = finish((lo + hi) | 0);
  hi = finish((hi + lo) | 0);
  secondLane.hi = hi;
  return (lo + hi) | 0;
}

/** Takes a word into the low lane (MurmurHash3_x86_32). */
export function mixLow(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** Takes a word into the high lane (the second lane of MurmurHash3_x86_128). */
export function mixHigh(hash: number, word: number): number {
  let k = Math.imul(word, 0xab0e9789);
  k = (k << 17) | (k >>> 15);
  const h = hash ^ Math.imul(k, 0x38b34ae5);
  return (Math.imul((h << 16) | (h >>> 16), 5) + 0x0bcaa747) | 0;
}

/** Avalanche of 32 bits (fmix32): every bit of the input reaches every bit of the result. A bijection. */
export function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A view for `hashBytes` over the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
