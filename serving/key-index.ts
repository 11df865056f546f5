/** Rows by their keys, of which only hashes are kept: a million texts would keep the garbage collector busy for seconds. */

const seed = 0x811c9dc5;

/** Finds rows by the texts of their keys. An open-addressed table with linear probing. */
export class KeyIndex {
  readonly #textOf: (row: number) => string;
  readonly #rows: Int32Array;
  readonly #hashes: Int32Array;
  readonly #mask: number;

  /** `capacity`: rows that are added at most. `textOf`: the key of a row as text. */
  constructor(capacity: number, textOf: (row: number) => string) {
    const slots = 2 ** Math.ceil(Math.log2(2 * capacity + 1));
    this.#textOf = textOf;
    this.#rows = new Int32Array(slots).fill(-1);
    this.#hashes = new Int32Array(slots);
    this.#mask = slots - 1;
  }

  /** False when a row with this key is there: then it stays. */
  add(row: number): boolean {
    const text = this.#textOf(row);
    const hash = hashOf(text);
    const slot = this.#slotOf(text, hash);
    if (this.#rows[slot] !== -1) return false;
    this.#rows[slot] = row;
    this.#hashes[slot] = hash;
    return true;
  }

  /** The row with this key, −1 when there is none. */
  find(text: string): number {
    return this.#rows[this.#slotOf(text, hashOf(text))]!;
  }

  /** Where the row of the key is, or would be. */
  #slotOf(text: string, hash: number): number {
    let slot = hash & this.#mask;
    while (this.#rows[slot] !== -1) {
      if (this.#hashes[slot] === hash && this.#textOf(this.#rows[slot]!) === text) break;
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }
}

/** FNV-1a over UTF-16 units, with the finalizer of MurmurHash3. Sources: draft-eastlake-fnv; SMHasher, `fmix32`. */
function hashOf(text: string): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
