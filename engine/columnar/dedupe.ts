/**
 * Which ids were seen before, and with which content, kept as hashes.
 */
import type { RowHashes } from './row-hashes.ts';

/** The id is new, known with the same content, or known with other content. */
export const VERDICT = { fresh: 0, repeat: 1, conflict: 2 } as const;

/** What a batch's rows are against the index and the rows before them. */
export interface Probe {
  /** A `VERDICT` for every row. */
  readonly verdict: Uint8Array;
  /** The row with the id's first appearance in the batch (for a new id: itself), −1 when the index holds the id. */
  readonly of: Int32Array;
}

/**
 * An index of ids by 64-bit hash, with the 64-bit hash of each one's content: a table of 16-byte slots, linear probing, grown
 * to twice its size when 70 % full. That is 23 to 46 bytes an id, three times as much for the moment of growing. Two ids of
 * n are taken for one with a probability of about n² / 2^65: 3 in 10,000 for 100 million.
 */
export class IdIndex {
  #slots: Int32Array;
  #capacity: number;
  #size = 0;

  /** An index that takes `expected` ids without growing. */
  constructor(expected = 0) {
    this.#capacity = 1024;
    while (this.#capacity * FULL < expected) this.#capacity *= 2;
    this.#slots = new Int32Array(this.#capacity * 4);
  }

  /** Number of ids. */
  get size(): number {
    return this.#size;
  }

  /** Bytes the index occupies. */
  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** What each row of a batch is; the first row of a new id decides for its repeats in the batch. Changes nothing. */
  probe(hashes: RowHashes, contents: RowHashes): Probe {
    const { lo, hi } = hashes;
    const length = lo.length;
    const verdict = new Uint8Array(length);
    const of = new Int32Array(length);
    const batch = new Int32Array(powerOfTwo(length * 2));
    const mask = batch.length - 1;
    const slots = this.#slots;
    for (let i = 0; i < length; i++) {
      const at = find(slots, this.#capacity - 1, lo[i]!, hi[i]!);
      if (occupied(slots, at)) {
        const same = slots[at + 2] === contents.lo[i] && slots[at + 3] === contents.hi[i];
        verdict[i] = same ? VERDICT.repeat : VERDICT.conflict;
        of[i] = -1;
        continue;
      }
      // The batch's own new ids: a table of row numbers plus one.
      let slot = hi[i]! & mask;
      let row = batch[slot]! - 1;
      while (row >= 0 && (lo[row] !== lo[i] || hi[row] !== hi[i])) {
        slot = (slot + 1) & mask;
        row = batch[slot]! - 1;
      }
      if (row < 0) {
        batch[slot] = i + 1;
        of[i] = i;
        continue;
      }
      const same = contents.lo[row] === contents.lo[i] && contents.hi[row] === contents.hi[i];
      verdict[i] = same ? VERDICT.repeat : VERDICT.conflict;
      of[i] = row;
    }
    return { verdict, of };
  }

  /** Adds the rows with a byte other than 0 in the mask. An id already there keeps its content, so repeating is harmless. */
  insert(hashes: RowHashes, contents: RowHashes, mask: Uint8Array): void {
    for (let i = 0; i < mask.length; i++) {
      if (mask[i] === 0) continue;
      const slots = this.#slots;
      const at = find(slots, this.#capacity - 1, hashes.lo[i]!, hashes.hi[i]!);
      if (occupied(slots, at)) continue;
      put(slots, at, hashes.lo[i]!, hashes.hi[i]!, contents.lo[i]!, contents.hi[i]!);
      this.#size++;
      if (this.#size > this.#capacity * FULL) this.#grow();
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#capacity *= 2;
    const slots = new Int32Array(this.#capacity * 4);
    const mask = this.#capacity - 1;
    for (let from = 0; from < old.length; from += 4) {
      if (!occupied(old, from)) continue;
      const at = find(slots, mask, old[from]!, old[from + 1]!);
      put(slots, at, old[from]!, old[from + 1]!, old[from + 2]!, old[from + 3]!);
    }
    this.#slots = slots;
  }
}

const FULL = 0.7;

/** Where the slot of an id starts, or the free one that would be its own. An id hash of 0, which marks a free slot, is 1. */
function find(slots: Int32Array, mask: number, lo: number, hi: number): number {
  const low = lo === 0 && hi === 0 ? 1 : lo;
  let slot = low & mask;
  while (true) {
    const at = slot * 4;
    if ((slots[at] === low && slots[at + 1] === hi) || !occupied(slots, at)) return at;
    slot = (slot + 1) & mask;
  }
}

function occupied(slots: Int32Array, at: number): boolean {
  return slots[at] !== 0 || slots[at + 1] !== 0;
}

function put(slots: Int32Array, at: number, lo: number, hi: number, contentLo: number, contentHi: number): void {
  slots[at] = lo === 0 && hi === 0 ? 1 : lo;
  slots[at + 1] = hi;
  slots[at + 2] = contentLo;
  slots[at + 3] = contentHi;
}

function powerOfTwo(least: number): number {
  let size = 16;
  while (size < least) size *= 2;
  return size;
}
