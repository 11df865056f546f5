/**
 * What comes between two values of a line, predicted: lines of one producer repeat it byte for byte.
 */
import { afterBlanks, plainStringEnd } from './jsonl-scan.ts';

/** Longer tokens are not predicted. */
const maxTokenBytes = 128;
const wordsPerToken = maxTokenBytes / 4;
/** Unknown keys that are told apart; lines with further ones are left to the complete reader. */
const maxUnknownKeys = 64;

const OPEN = 0x7b;
const COMMA = 0x2c;
const COLON = 0x3a;
const QUOTE = 0x22;

/**
 * Remembers, for each key, the token that followed its value when last seen: `, "next": ` as it stood, with the key it
 * names. Keys are numbered: fields of the schema by their place, then unknown keys as they appear. The number before all
 * of them, `start`, stands for the beginning of a line, whose token starts with `{`.
 */
export class JsonlLayout {
  /** Key number of the beginning of a line. */
  readonly start: number;
  /** Key → the key that the token after it names; valid once the token was matched or learnt. */
  readonly next: Int32Array;
  /** Key → bytes of the token after it; 0 while there is none. */
  readonly length: Int32Array;
  /** Key → where in the token after it the next key's quotes are, closing one included. */
  readonly quoteStart: Int32Array;
  readonly quoteEnd: Int32Array;
  /** The token as words, and its last four bytes as one. */
  private readonly words: Int32Array;
  private readonly lastWord: Int32Array;
  private readonly numbers: Map<string, number>;

  constructor(fields: readonly string[]) {
    const keys = fields.length + 1 + maxUnknownKeys;
    this.start = fields.length;
    this.numbers = new Map(fields.map((name, i) => [name, i]));
    this.next = new Int32Array(keys);
    this.length = new Int32Array(keys);
    this.quoteStart = new Int32Array(keys);
    this.quoteEnd = new Int32Array(keys);
    this.words = new Int32Array(keys * wordsPerToken);
    this.lastWord = new Int32Array(keys);
  }

  /** Whether the token that is expected after `key` is at `p`. */
  matches(view: DataView, p: number, key: number): boolean {
    const length = this.length[key]!;
    if (length === 0 || p + length > view.byteLength) return false;
    const { words } = this;
    let word = key * wordsPerToken;
    const last = p + length - 4;
    for (let at = p; at < last; at += 4) if (view.getInt32(at, true) !== words[word++]) return false;
    return view.getInt32(last, true) === this.lastWord[key];
  }

  /** Expects the token at `p` after `key` from now on. False if it is no token, or not one to predict. */
  learn(bytes: Uint8Array, view: DataView, p: number, key: number): boolean {
    let at = afterBlanks(bytes, p);
    if (bytes[at] !== (key === this.start ? OPEN : COMMA)) return false;
    const quoteStart = afterBlanks(bytes, at + 1);
    if (bytes[quoteStart] !== QUOTE) return false;
    const quoteEnd = plainStringEnd(view, quoteStart + 1) + 1;
    if (quoteEnd === 0) return false;
    at = afterBlanks(bytes, quoteEnd);
    if (bytes[at] !== COLON) return false;
    at = afterBlanks(bytes, at + 1);
    if (at - p > maxTokenBytes) return false;
    const next = this.numberOf(
      Buffer.from(bytes.buffer, bytes.byteOffset, at).toString('utf8', quoteStart + 1, quoteEnd - 1),
    );
    if (next === -1) return false;
    const length = at - p;
    const first = key * wordsPerToken;
    for (let i = 0; i * 4 < length - 4; i++) this.words[first + i] = view.getInt32(p + i * 4, true);
    this.lastWord[key] = view.getInt32(at - 4, true);
    this.length[key] = length;
    this.quoteStart[key] = quoteStart - p;
    this.quoteEnd[key] = quoteEnd - p;
    this.next[key] = next;
    return true;
  }

  private numberOf(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    const number = this.numbers.size + 1;
    if (number >= this.next.length) return -1;
    this.numbers.set(name, number);
    return number;
  }
}
