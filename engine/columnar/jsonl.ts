/**
 * JSON lines to columns: bytes in, typed columns and provenance out, without an object a row.
 */
import { isUtf8 } from 'node:buffer';
import { RowBuilder } from './builder-row.ts';
import type { BytesColumn, Column, ColumnSpec } from './column.ts';
import { FastReader } from './jsonl-fast.ts';
import { type LineTarget, readLine } from './jsonl-line.ts';
import { OriginBuilder } from './jsonl-origin.ts';
import { skipSpace } from './parse-text.ts';

/** Default of `maxLineBytes`: 1 MiB. */
export const defaultMaxLineBytes = 1 << 20;

/** Limits of a `JsonlDecoder`. */
export interface JsonlOptions {
  /** Longer lines (line end not counted) are rejected. */
  readonly maxLineBytes: number;
  /** Rows to make room for at once, when that is known. More are taken, at the price of copying. */
  readonly expectedRows?: number;
}

/** Where the bytes given to `append` come from. */
export interface JsonlSource {
  /** The caller's number for the file: returned with each row. */
  readonly file: number;
  /** Position in the file of the first byte given. It must be the start of a line. */
  readonly baseOffset: number;
  /** Number of that line, from 1. */
  readonly firstLine: number;
  /** Whether the file ends where the bytes end. */
  readonly final: boolean;
}

/** What one `append` took. */
export interface JsonlProgress {
  /**
   * Bytes up to the end of the last line taken; the rest must be given again, with what follows it. A caller that gets 0
   * for bytes that are not final must give more of them at once.
   */
  readonly consumedBytes: number;
  /**
   * Line ends taken, so that `firstLine + lines` is the line that comes next. `rows + blank + rejected`, except for one
   * less when a last line was taken before its line end came.
   */
  readonly lines: number;
  readonly rows: number;
  /** Lines of white space only. */
  readonly blank: number;
  readonly rejected: number;
}

/** A line that is no row: not a JSON object, not UTF-8, too long. */
export interface JsonlReject {
  readonly file: number;
  readonly line: number;
  /** Position of the line in its file. */
  readonly offset: number;
  /** Bytes of the line, without its line end. */
  readonly length: number;
  readonly reason: string;
}

/** The rows of all appended bytes. Arrays have one entry a row. */
export interface JsonlBatch {
  readonly rows: number;
  readonly columns: Record<string, Column>;
  /**
   * JSON object `{"<field>":<raw value>,…}` in order of appearance: unknown fields; values of the wrong type, outside
   * it, rounded, or times without a zone. Then `"_repeated":[…]`, the keys that came more than once. Null when empty.
   */
  readonly rescued: BytesColumn;
  readonly file: Int32Array;
  /** Number of the line in its file, from 1. */
  readonly line: Int32Array;
  /** Position of the line in its file. */
  readonly offset: Float64Array;
  /** Bytes of the line, without its line end. */
  readonly byteLength: Int32Array;
  readonly rejects: readonly JsonlReject[];
}

/** Collects the rows of many files, or pieces of files, into one batch. */
export interface JsonlDecoder {
  /**
   * Takes the complete lines of `bytes`. A last line without a line end is taken when `final` is set and it is a whole
   * JSON object; else it waits. A BOM is accepted at position 0 of a file, and so is CRLF. Nothing of `bytes` is kept.
   */
  append(bytes: Uint8Array, source: JsonlSource): JsonlProgress;
  /** All rows. Call once, last. */
  finish(): JsonlBatch;
}

/**
 * A decoder for lines with these fields. `nullable` is not judged here: a missing value is null.
 *
 * Values: text columns take JSON strings, unchanged, blank is null. Number columns take JSON numbers and numeric text.
 * `bool` takes booleans and their text. `date` takes `YYYY-MM-DD`, `timestamp` a date and time (`parseTimestamp`). JSON
 * null is null. Anything else is null, and its raw text rescued. Throws for `binary` columns and repeated names.
 */
export function jsonlDecoder(specs: readonly ColumnSpec[], options: JsonlOptions): JsonlDecoder {
  return new Decoder(specs, options);
}

const LF = 10;
const CR = 13;

class Decoder implements JsonlDecoder {
  private readonly options: JsonlOptions;
  private readonly builder: RowBuilder;
  private readonly target: LineTarget;
  private readonly fast: FastReader;
  private readonly origin: OriginBuilder;
  private readonly rejects: JsonlReject[] = [];

  constructor(specs: readonly ColumnSpec[], options: JsonlOptions) {
    this.options = options;
    this.builder = new RowBuilder(specs, options.expectedRows);
    this.origin = new OriginBuilder(options.expectedRows ?? 0);
    this.fast = new FastReader(this.builder, options.maxLineBytes);
    const { columns, rescued } = this.builder;
    this.target = { columns, rescued, index: new Map(specs.map((spec, i) => [spec.name, i])) };
  }

  append(given: Uint8Array, source: JsonlSource): JsonlProgress {
    // A Buffer is a class of its own to the compiler: one class keeps the loops over bytes fast.
    const bytes = new Uint8Array(given.buffer, given.byteOffset, given.length);
    const rowsBefore = this.builder.rows;
    const rejectsBefore = this.rejects.length;
    const complete = bytes.lastIndexOf(LF) + 1;
    let lines = 0;
    let blank = 0;
    const fastEnd = this.fast.attach(bytes);
    const allUtf8 = isUtf8(bytes.subarray(0, complete));
    let start = source.baseOffset === 0 && hasBom(bytes) ? 3 : 0;
    while (start < complete) {
      const plain = start < fastEnd && (allUtf8 || isUtf8(bytes.subarray(start, bytes.indexOf(LF, start))));
      const fast = plain ? this.fast.read(start) : -1;
      const lineEnd = fast === -1 ? bytes.indexOf(LF, start) : fast;
      const end = lineEnd > start && bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
      if (fast !== -1) this.endRow(start, end, source, source.firstLine + lines);
      else if (isBlankLine(bytes, start, end)) blank++;
      else this.take(bytes, start, end, source, source.firstLine + lines);
      lines++;
      start = lineEnd + 1;
    }
    const taken = source.final && this.takeLast(bytes, start, source, source.firstLine + lines);
    this.origin.setFile(source.file, rowsBefore, this.builder.rows);
    return {
      consumedBytes: taken ? bytes.length : complete,
      lines,
      rows: this.builder.rows - rowsBefore,
      blank,
      rejected: this.rejects.length - rejectsBefore,
    };
  }

  finish(): JsonlBatch {
    return {
      ...this.builder.finish(),
      ...this.origin.finish(this.builder.rows),
      rejects: this.rejects,
    };
  }

  /** A complete line: a row or a reject. */
  private take(bytes: Uint8Array, start: number, end: number, source: JsonlSource, line: number): void {
    const reason =
      end - start > this.options.maxLineBytes
        ? `a line of ${end - start} bytes, more than ${this.options.maxLineBytes}`
        : readLine(bytes, start, end, this.target, this.builder.rows);
    if (reason === null) this.endRow(start, end, source, line);
    else {
      const offset = source.baseOffset + start;
      this.rejects.push({ file: source.file, line, offset, length: end - start, reason });
    }
  }

  /** The rest after the last line end: a row when it is an object already. */
  private takeLast(bytes: Uint8Array, start: number, source: JsonlSource, line: number): boolean {
    const end = bytes.length > start && bytes[bytes.length - 1] === CR ? bytes.length - 1 : bytes.length;
    if (end <= start || end - start > this.options.maxLineBytes) return false;
    if (readLine(bytes, start, end, this.target, this.builder.rows) !== null) return false;
    this.endRow(start, end, source, line);
    return true;
  }

  private endRow(start: number, end: number, source: JsonlSource, line: number): void {
    this.origin.set(this.builder.rows, line, source.baseOffset + start, end - start);
    this.builder.endRow();
  }
}

function hasBom(bytes: Uint8Array): boolean {
  return bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function isBlankLine(bytes: Uint8Array, start: number, end: number): boolean {
  return skipSpace(bytes, start, end) === end;
}
