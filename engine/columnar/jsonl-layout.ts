/**
 * What comes between two values of a line, predicted: lines of one producer repeat it byte for byte.
 */
import { afterBlanks, plainStringEnd } from './jsonl-scan.ts';

/** Longer tokens are not predicted. */
export const maxTokenBytes = 128;
/** Unknown keys that are told apart; lines with further ones are left to the complete reader. */
const maxUnknownKeys = 64;

/** A token in `JsonlLayout.tokens` is this many words from `key * tokenWords` on. At these places it has: */
export const tokenWords = 5 + maxTokenBytes / 4;
/** - its length in bytes, 0 while there is none; */
export const LENGTH = 0;
/** - the key it names; */
export const NEXT = 1;
/** - where in it that key is, quotes included; */
export const KEY_START = 2;
export const KEY_END = 3;
/** - its last four bytes; */
const LAST = 4;
/** - its first bytes, four a word, those in `LAST` left out where that saves a word. */
const FIRST = 5;

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
  /** Keys there can be. */
  readonly keys: number;
  /** Key → the token after it, laid out as above. */
  readonly tokens: Int32Array;
  /** Key → its text; null for `start`. */
  private readonly names: (Uint8Array | null)[];

  constructor(fields: readonly string[]) {
    this.start = fields.length;
    this.keys = fields.length + 1 + maxUnknownKeys;
    const encoder = new TextEncoder();
    this.names = [...fields.map((name) => encoder.encode(name)), null];
    this.tokens = new Int32Array(this.keys * tokenWords);
  }

  /** Whether the token that is expected after `key` is at `p`. Reads up to `maxTokenBytes` from there. */
  matches(view: DataView, p: number, key: number): boolean {
    const { tokens } = this;
    const token = key * tokenWords;
    const length = tokens[token + LENGTH]!;
    if (length === 0) return false;
    const last = p + length - 4;
    for (let at = p, word = token + FIRST; at < last; at += 4, word++) {
      if (view.getInt32(at, true) !== tokens[word]) return false;
    }
    return view.getInt32(last, true) === tokens[token + LAST];
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
    const next = this.numberOf(bytes, quoteStart + 1, quoteEnd - 1);
    if (next === -1) return false;
    const { tokens } = this;
    const token = key * tokenWords;
    for (let from = p, word = token + FIRST; from < at - 4; from += 4, word++) tokens[word] = view.getInt32(from, true);
    tokens[token + LAST] = view.getInt32(at - 4, true);
    tokens[token + LENGTH] = at - p;
    tokens[token + NEXT] = next;
    tokens[token + KEY_START] = quoteStart - p;
    tokens[token + KEY_END] = quoteEnd - p;
    return true;
  }

  /** The number of the key at `bytes[start … end)`, a new one if it was not seen before; -1 when there are too many. */
  private numberOf(bytes: Uint8Array, start: number, end: number): number {
    const { names } = this;
    for (let number = 0; number < names.length; number++) {
      if (isAt(names[number]!, bytes, start, end)) return number;
    }
    if (names.length === this.keys) return -1;
    return names.push(bytes.slice(start, end)) - 1;
  }
}

function isAt(name: Uint8Array | null, bytes: Uint8Array, start: number, end: number): boolean {
  if (name === null || name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
  return true;
}
