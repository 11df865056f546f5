/**
 * The lines that nearly all lines are, quickly: an object without escapes in its keys and no key twice. Any other line is
 * left to the complete reader (`readLine`), which gives the same row for every line that this one takes.
 */
import type { BytesBuilder } from './builder-bytes.ts';
import { type ColumnBuilder, TYPED } from './builder-column.ts';
import type { DecimalBuilder } from './builder-decimal.ts';
import type { DictionaryBuilder } from './builder-dictionary.ts';
import type { Int32Builder } from './builder-int32.ts';
import type { RowBuilder } from './builder-row.ts';
import type { TimestampBuilder } from './builder-timestamp.ts';
import type { ColumnType } from './column.ts';
import { JsonlLayout, KEY_END, KEY_START, LENGTH, maxTokenBytes, NEXT, tokenWords } from './jsonl-layout.ts';
import { afterBlanks, type JsonlScan, NOT_PLAIN, numberEnd, plainStringEnd } from './jsonl-scan.ts';
import { giveText, parsedAt, valueEnd } from './jsonl-value.ts';

/** Column types with a scan of their own. */
const OTHER = 0;
const DICTIONARY = 1;
const UTF8 = 2;
const TIMESTAMP = 3;
const DECIMAL = 4;
const INT32 = 5;

const LF = 10;
const QUOTE = 0x22;
const CLOSE = 0x7d;
/** `true`, `alse`, `null` as little-endian words. */
const TRUE = 0x65757274;
const ALSE = 0x65736c61;
const NULL = 0x6c6c756e;
/** Bytes that may be read after the line feed that ends a line: those of an expected token, or the last word of a scan. */
export const slackBytes = maxTokenBytes + 8;

/** Reads lines into the row that a builder is at; ending the row is the caller's. */
export class FastReader {
  private readonly builder: RowBuilder;
  private readonly maxLineBytes: number;
  private readonly columns: readonly ColumnBuilder[];
  private readonly layout: JsonlLayout;
  /** Key number → how its values are read. */
  private readonly kinds: Int32Array;
  /** Key number → the line that last had it. */
  private readonly seenIn: Int32Array;
  private lineNumber = 0;
  private row = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(this.bytes.buffer);

  constructor(builder: RowBuilder, maxLineBytes: number) {
    this.builder = builder;
    this.maxLineBytes = maxLineBytes;
    this.columns = builder.columns;
    this.layout = new JsonlLayout(builder.specs.map((spec) => spec.name));
    this.kinds = new Int32Array(this.layout.keys);
    this.kinds.set(builder.specs.map((spec) => kindOf(spec.type)));
    this.seenIn = new Int32Array(this.layout.keys);
  }

  /**
   * Takes lines from these bytes from now on. Returns where the lines end that may be read: `slackBytes` must follow the
   * line feed in the buffer (not necessarily in the array).
   */
  attach(bytes: Uint8Array): number {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset);
    const room = this.view.byteLength - slackBytes;
    return room < 1 ? 0 : bytes.lastIndexOf(LF, room - 1) + 1;
  }

  /**
   * Reads the line at `start`, of valid UTF-8, into the row being built. Returns the position of its line feed; or -1, and
   * the row is as before, if the line is not one for this reader.
   */
  read(start: number): number {
    this.row = this.builder.rows;
    const end = this.object(start);
    if (end !== -1) {
      const lineFeed = afterBlanks(this.bytes, end);
      if (this.bytes[lineFeed] === LF && lineFeed - start <= this.maxLineBytes) return lineFeed;
    }
    this.builder.clearRow();
    return -1;
  }

  /** Position after the object at `start`, or -1. */
  private object(start: number): number {
    const { bytes, view, layout, seenIn } = this;
    const { tokens } = layout;
    const line = ++this.lineNumber;
    let key = layout.start;
    let p = start;
    for (;;) {
      if (!layout.matches(view, p, key)) {
        if (key !== layout.start) {
          const close = afterBlanks(bytes, p);
          if (bytes[close] === CLOSE) return close + 1;
        }
        if (!layout.learn(bytes, view, p, key)) return -1;
      }
      const token = key * tokenWords;
      const next = tokens[token + NEXT]!;
      if (seenIn[next] === line) return -1;
      seenIn[next] = line;
      let valueStart = p + tokens[token + LENGTH]!;
      if (bytes[valueStart]! <= 32) {
        // What was expected is there, and then more white space.
        if (!layout.learn(bytes, view, p, key)) return -1;
        valueStart = p + tokens[token + LENGTH]!;
      }
      let scanned = this.value(valueStart, next);
      if (scanned === NOT_PLAIN) scanned = this.parsedValue(valueStart, next);
      if (scanned === NOT_PLAIN) return -1;
      if (scanned < 0) this.rescue(p, token, valueStart, ~scanned);
      p = scanned < 0 ? ~scanned : scanned;
      key = next;
    }
  }

  /** Rescues the value at `start … end`; `token` is the one before it, found at `at`. */
  private rescue(at: number, token: number, start: number, end: number): void {
    const { bytes } = this;
    const { tokens } = this.layout;
    const keyStart = at + tokens[token + KEY_START]!;
    this.builder.rescued.member(bytes, keyStart, at + tokens[token + KEY_END]!, bytes, start, end);
  }

  /** Gives the value at `p` to the column of key `key`; the result is a `JsonlScan`. */
  private value(p: number, key: number): JsonlScan {
    const { bytes, view, columns, row } = this;
    const first = bytes[p]!;
    // One call site a class: a call through the common interface would be looked up each time.
    switch (this.kinds[key]) {
      case DICTIONARY:
        if (first === QUOTE) return (columns[key] as DictionaryBuilder).scan(row, bytes, view, p);
        break;
      case UTF8:
        if (first === QUOTE) return (columns[key] as BytesBuilder).scan(row, bytes, view, p);
        break;
      case TIMESTAMP:
        if (first === QUOTE) return (columns[key] as TimestampBuilder).scan(row, bytes, view, p);
        break;
      case DECIMAL:
        if (isNumberStart(first)) return (columns[key] as DecimalBuilder).scan(row, bytes, view, p);
        break;
      case INT32:
        if (isNumberStart(first)) return (columns[key] as Int32Builder).scan(row, bytes, p);
        break;
    }
    return this.otherValue(p, columns[key]);
  }

  /** `value` for the other types, for values that need no haste, and for unknown keys. */
  private otherValue(p: number, column: ColumnBuilder | undefined): JsonlScan {
    const { bytes, view, row } = this;
    const first = bytes[p]!;
    if (first === QUOTE) {
      const close = plainStringEnd(view, p + 1);
      if (close === -1) return NOT_PLAIN;
      return column?.text(row, bytes, p + 1, close) === TYPED ? close + 1 : ~(close + 1);
    }
    if (isNumberStart(first)) {
      const end = numberEnd(bytes, p);
      if (end === -1) return NOT_PLAIN;
      return column?.number(row, bytes, p, end) === TYPED ? end : ~end;
    }
    const word = view.getInt32(p, true);
    if (word === NULL) return column === undefined ? ~(p + 4) : p + 4;
    if (word === TRUE) return column?.bool(row, true) === TYPED ? p + 4 : ~(p + 4);
    if (first !== 0x66 || view.getInt32(p + 1, true) !== ALSE) return NOT_PLAIN;
    return column?.bool(row, false) === TYPED ? p + 5 : ~(p + 5);
  }

  /** `value` for what scanning cannot tell: strings with escapes, objects, arrays. */
  private parsedValue(p: number, key: number): JsonlScan {
    const { bytes, columns, row } = this;
    const first = bytes[p];
    if (first !== QUOTE && first !== 0x7b && first !== 0x5b) return NOT_PLAIN;
    const end = valueEnd(bytes, p);
    const value = parsedAt(bytes, p, end);
    if (value === undefined) return NOT_PLAIN;
    const column = columns[key];
    if (typeof value !== 'string' || column === undefined) return ~end;
    return giveText(column, row, value) === TYPED ? end : ~end;
  }
}

function isNumberStart(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d;
}

function kindOf(type: ColumnType): number {
  switch (type.kind) {
    case 'dictionary':
      return DICTIONARY;
    case 'utf8':
      return UTF8;
    case 'timestamp':
      return TIMESTAMP;
    case 'decimal':
      return DECIMAL;
    case 'int32':
      return INT32;
    default:
      return OTHER;
  }
}
