import { type ColumnBuilder, RESCUE, TYPED, type Typing } from './builder-column.ts';
import { finishedValidity, grownBitmap, setNull, setValid } from './builder-validity.ts';
import type { DictionaryColumn } from './column.ts';
import { firstStop, type JsonlScan, NOT_PLAIN, plainStringEnd, stopBits } from './jsonl-scan.ts';
import { isBlank } from './parse-text.ts';

/** Odd, and without pattern in its bits: 2^32 divided by the golden ratio. */
const multiplier = 0x9e3779b1;
/** Guesses are found by the upper 10 bits of a hash. */
const guessShift = 22;
/** Words of a value's entry in `guessable`, and bytes of the longest value that has one, its quote included. */
const entryWords = 10;
const maxEntryBytes = (entryWords - 1) * 4;

/**
 * Low-cardinality text as codes in order of first appearance.
 *
 * Values are kept with a closing quote, as zero-padded 32-bit words, and found by a hash of those words in a
 * linear-probing table, so that a known value is recognised without making a string of it. In JSON most are recognised
 * without looking for their end: the first eight bytes name the value that began like that the last time.
 */
export class DictionaryBuilder implements ColumnBuilder {
  private codes = new Int32Array(0);
  private validity = new Uint8Array(0);
  /** Slot → code + 1; 0 is free. The length is a power of two, at least twice the number of values. */
  private table = new Int32Array(256);
  private hashes = new Int32Array(64);
  /** Value → its bytes, and its first word in `arena`. */
  private lengths = new Int32Array(64);
  private starts = new Int32Array(65);
  private arena = new Int32Array(1024);
  private size = 0;
  /** First eight bytes, mixed → code to try first; any code will do. */
  private readonly guesses = new Int32Array(2 ** (32 - guessShift));
  /**
   * Value → what JSON text has where it is: the number of bytes, quote included, their last four, and the others, four a
   * word. 0 bytes for a value that is not looked for: a very short or a long one, or one that JSON text cannot hold as it is.
   */
  private guessable = new Int32Array(64 * entryWords);
  /** The row that brought the newest value. */
  private newestRow = -1;
  /** The value being looked up, as words. */
  private words = new Int32Array(64);

  reserve(rows: number): void {
    const codes = new Int32Array(rows);
    codes.set(this.codes);
    this.codes = codes;
    this.validity = grownBitmap(this.validity, rows);
  }

  text(row: number, bytes: Uint8Array, start: number, end: number): Typing {
    if (isBlank(bytes, start, end)) return TYPED;
    const length = end - start;
    if (wordsFor(length) > this.words.length) this.words = new Int32Array(wordsFor(length));
    const { words } = this;
    const last = length >> 2;
    let hash = 0;
    for (let i = 0, p = start; i <= last; i++, p += 4) {
      const word = i < last ? wordAt(bytes, p, p + 4) : wordAt(bytes, p, end) | (0x22 << ((length & 3) * 8));
      words[i] = word;
      hash = Math.imul(hash ^ word, multiplier);
      hash ^= hash >>> 15;
    }
    this.setCode(row, length, hash);
    return TYPED;
  }

  /** Takes the JSON string whose opening quote is at `quote`. */
  scan(row: number, bytes: Uint8Array, view: DataView, quote: number): JsonlScan {
    const start = quote + 1;
    const word = view.getInt32(start, true) ^ Math.imul(view.getInt32(start + 4, true), multiplier);
    const slot = Math.imul(word, multiplier) >>> guessShift;
    const guess = this.guesses[slot]!;
    if (guess < this.size && this.isAt(guess, view, start)) {
      this.codes[row] = guess;
      setValid(this.validity, row);
      return start + this.guessable[guess * entryWords]!;
    }
    const scanned = this.scanNew(row, bytes, view, quote);
    this.guesses[slot] = this.codes[row]!;
    return scanned;
  }

  number(): Typing {
    return RESCUE;
  }

  bool(): Typing {
    return RESCUE;
  }

  clear(row: number): void {
    if (this.newestRow === row) this.forgetNewest();
    this.codes[row] = 0;
    setNull(this.validity, row);
  }

  finish(rows: number): DictionaryColumn {
    const bytes = Buffer.from(this.arena.buffer);
    const values: string[] = [];
    for (let code = 0; code < this.size; code++) {
      const start = this.starts[code]! * 4;
      values.push(bytes.toString('utf8', start, start + this.lengths[code]!));
    }
    const codes = this.codes.subarray(0, rows);
    return { kind: 'dictionary', length: rows, validity: finishedValidity(this.validity, rows), codes, values };
  }

  /** Whether the value of `code` and a closing quote are at `start`. */
  private isAt(code: number, view: DataView, start: number): boolean {
    const { guessable } = this;
    const entry = code * entryWords;
    const bytes = guessable[entry]!;
    if (bytes === 0) return false;
    const last = start + bytes - 4;
    for (let p = start, word = entry + 2; p < last; p += 4, word++) {
      if (view.getInt32(p, true) !== guessable[word]) return false;
    }
    return view.getInt32(last, true) === guessable[entry + 1];
  }

  /** `scan` for text that was not guessed. */
  private scanNew(row: number, bytes: Uint8Array, view: DataView, quote: number): JsonlScan {
    // A blank starts with white space or with a character beyond ASCII.
    const first = bytes[quote + 1]!;
    if (first <= 32 || first >= 0x80) return this.scanAny(row, bytes, view, quote);
    const { words } = this;
    let hash = 0;
    let p = quote + 1;
    for (let i = 0; i < words.length; i++, p += 4) {
      const word = view.getInt32(p, true);
      const bits = stopBits(word);
      const n = bits === 0 ? 4 : firstStop(bits);
      if (n < 4 && ((word >>> (n * 8)) & 255) !== 0x22) return NOT_PLAIN;
      const kept = n < 3 ? word & ((1 << (n * 8 + 8)) - 1) : word;
      words[i] = kept;
      hash = Math.imul(hash ^ kept, multiplier);
      hash ^= hash >>> 15;
      if (n === 4) continue;
      const end = p + n;
      if (end !== quote + 1) this.setCode(row, end - quote - 1, hash);
      return end + 1;
    }
    return this.scanAny(row, bytes, view, quote);
  }

  /** `scan` for text that may be blank, or is long. */
  private scanAny(row: number, bytes: Uint8Array, view: DataView, quote: number): JsonlScan {
    const end = plainStringEnd(view, quote + 1);
    if (end === -1) return NOT_PLAIN;
    this.text(row, bytes, quote + 1, end);
    return end + 1;
  }

  /** Gives the row the code of the value in `words`, a new one if it was not seen before. */
  private setCode(row: number, length: number, wordsHash: number): void {
    let hash = Math.imul(wordsHash ^ length, multiplier);
    hash ^= hash >>> 15;
    const mask = this.table.length - 1;
    let slot = hash & mask;
    for (;;) {
      const code = this.table[slot]! - 1;
      if (code < 0) break;
      if (this.hashes[code] === hash && this.lengths[code] === length && this.sameWords(this.starts[code]!, length)) {
        this.codes[row] = code;
        setValid(this.validity, row);
        return;
      }
      slot = (slot + 1) & mask;
    }
    this.codes[row] = this.insert(slot, length, hash);
    this.newestRow = row;
    setValid(this.validity, row);
  }

  private sameWords(start: number, length: number): boolean {
    const { words, arena } = this;
    for (let i = 0, at = start; i < wordsFor(length); i++, at++) if (words[i] !== arena[at]) return false;
    return true;
  }

  private insert(slot: number, length: number, hash: number): number {
    const code = this.size++;
    const count = wordsFor(length);
    const start = this.starts[code]!;
    if (code + 1 === this.hashes.length) this.growValues();
    while (start + count > this.arena.length) this.arena = doubled(this.arena);
    this.arena.set(this.words.subarray(0, count), start);
    this.hashes[code] = hash;
    this.lengths[code] = length;
    this.starts[code + 1] = start + count;
    this.table[slot] = code + 1;
    this.enter(code, length + 1);
    if (this.size * 2 > this.table.length) this.growTable();
    return code;
  }

  /** Makes the value in `words`, `bytes` long with its quote, one that is guessed, if it can be. */
  private enter(code: number, bytes: number): void {
    const { words, guessable } = this;
    const entry = code * entryWords;
    guessable[entry] = bytes < 4 || bytes > maxEntryBytes || !isPlain(words, bytes - 1) ? 0 : bytes;
    if (guessable[entry] === 0) return;
    const last = bytes - 4;
    const shift = (last & 3) * 8;
    const at = last >> 2;
    guessable[entry + 1] = shift === 0 ? words[at]! : (words[at]! >>> shift) | (words[at + 1]! << (32 - shift));
    for (let i = 0; i * 4 < last; i++) guessable[entry + 2 + i] = words[i]!;
  }

  private growValues(): void {
    this.guessable = doubled(this.guessable);
    this.hashes = doubled(this.hashes);
    this.lengths = doubled(this.lengths);
    this.starts = doubled(this.starts);
  }

  private growTable(): void {
    const table = new Int32Array(this.table.length * 2);
    for (let code = 0; code < this.size; code++) {
      let slot = this.hashes[code]! & (table.length - 1);
      while (table[slot] !== 0) slot = (slot + 1) & (table.length - 1);
      table[slot] = code + 1;
    }
    this.table = table;
  }

  /** The newest value is the last of every probe sequence it is in, so freeing its slot breaks none. */
  private forgetNewest(): void {
    const mask = this.table.length - 1;
    let slot = this.hashes[--this.size]! & mask;
    while (this.table[slot] !== this.size + 1) slot = (slot + 1) & mask;
    this.table[slot] = 0;
    this.newestRow = -1;
  }
}

/** Whether a JSON string may hold the first `length` bytes of the words as they are. */
function isPlain(words: Int32Array, length: number): boolean {
  for (let i = 0; i < length; i++) {
    const byte = (words[i >> 2]! >>> ((i & 3) * 8)) & 255;
    if (byte < 32 || byte === 0x22 || byte === 0x5c) return false;
  }
  return true;
}

/** Words of a value of `length` bytes and its quote. */
function wordsFor(length: number): number {
  return (length >> 2) + 1;
}

/** Up to four bytes from `start` as a little-endian word. */
function wordAt(bytes: Uint8Array, start: number, end: number): number {
  let word = 0;
  for (let p = Math.min(start + 4, end) - 1; p >= start; p--) word = (word << 8) | bytes[p]!;
  return word;
}

function doubled(values: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(values.length * 2);
  grown.set(values);
  return grown;
}
