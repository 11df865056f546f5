/**
 * Which ids were seen before, and with which content, kept as hashes.
 */
import type { RowHashes } from './row-hashes.ts';

/** The id is new, known with the same content, or known with other content. */
export const VERDICT = { fresh: 0, repeat: 1, conflict: 2 } as const;

/**
 * An index of ids by 64-bit hash, with the 64-bit hash of each one's content: a table of 16-byte slots, linear probing, which
 * doubles when a batch might fill more than 70 % of it. That is 23 to 46 bytes an id, the latest batch's counted as if all were
 * new, and three times as much for the moment of growing. Two ids of n are taken for one with a probability of about
 * n² / 2^65: 3 in 10,000 for 100 million.
 */
export class IdIndex {
  #capacity = 1024;
  #slots = new Int32Array(this.#capacity * 4);
  #size = 0;

  /** An index that takes `expected` ids without growing. */
  constructor(expected = 0) {
    this.reserve(expected);
  }

  /** Number of ids. */
  get size(): number {
    return this.#size;
  }

  /** Bytes the index occupies. */
  get bytes(): number {
    return this.#slots.byteLength;
  }

  /**
   * A `VERDICT` for every row of a batch, in order; new ids are added with their content, so the first row of one decides
   * for its repeats. An id that is there keeps its content.
   */
  admit(ids: RowHashes, contents: RowHashes): Uint8Array {
    this.reserve(ids.lo.length);
    const verdicts = new Uint8Array(ids.lo.length);
    this.#size += admitAll(this.#slots, ids, contents, verdicts);
    return verdicts;
  }

  /** Makes room for so many more ids: once for many batches costs less than growing with each. */
  reserve(ids: number): void {
    let capacity = this.#capacity;
    while (capacity * FULL < this.#size + ids) capacity *= 2;
    if (capacity === this.#capacity) return;
    this.#capacity = capacity;
    const old = this.#slots;
    // Memory comes page by page when it is first written to: in order that takes a third of what it takes at random.
    this.#slots = new Int32Array(capacity * 4).fill(0);
    rehash(old, this.#slots);
  }
}

const FULL = 0.7;

/** Gives the rows' verdicts and adds the new ones; returns how many those are. An id hash of 0, which marks a free slot, is 1. */
function admitAll(slots: Int32Array, ids: RowHashes, contents: RowHashes, verdicts: Uint8Array): number {
  const { lo, hi } = ids;
  const { lo: contentLo, hi: contentHi } = contents;
  const { length } = lo;
  const last = slots.length - 1;
  let fresh = 0;
  for (let i = 0; i < length; i++) {
    const high = hi[i]!;
    const low = high === 0 && lo[i] === 0 ? 1 : lo[i]!;
    let at = (low << 2) & last;
    while ((slots[at] !== low || slots[at + 1] !== high) && (slots[at] !== 0 || slots[at + 1] !== 0)) {
      at = (at + 4) & last;
    }
    if (slots[at] === 0 && slots[at + 1] === 0) {
      slots[at] = low;
      slots[at + 1] = high;
      slots[at + 2] = contentLo[i]!;
      slots[at + 3] = contentHi[i]!;
      fresh++;
    } else {
      const same = slots[at + 2] === contentLo[i] && slots[at + 3] === contentHi[i];
      verdicts[i] = same ? VERDICT.repeat : VERDICT.conflict;
    }
  }
  return fresh;
}

/** Puts every id of a table into a larger, empty one. */
function rehash(from: Int32Array, to: Int32Array): void {
  const { length } = from;
  const last = to.length - 1;
  for (let f = 0; f < length; f += 4) {
    if (from[f] === 0 && from[f + 1] === 0) continue;
    let at = (from[f]! << 2) & last;
    while (to[at] !== 0 || to[at + 1] !== 0) at = (at + 4) & last;
    to[at] = from[f]!;
    to[at + 1] = from[f + 1]!;
    to[at + 2] = from[f + 2]!;
    to[at + 3] = from[f + 3]!;
  }
}
