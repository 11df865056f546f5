/**
 * CSV (RFC 4180) with a header to columns.
 */
import { isUtf8 } from 'node:buffer';
import { TYPED } from './builder-column.ts';
import { RowBuilder } from './builder-row.ts';
import { Float64Vector, Int32Vector } from './builder-vector.ts';
import type { BytesColumn, Column, ColumnSpec } from './column.ts';
import { CsvRecord } from './csv-record.ts';
import { isBlank, skipSpace } from './parse-text.ts';

/** Limits of `decodeCsv`. */
export interface CsvOptions {
  /** Longer records (line end not counted) are rejected. */
  readonly maxRecordBytes: number;
}

/** A record that is no row: malformed quotes, wrong number of cells, not UTF-8, too long. */
export interface CsvReject {
  /** Line of the file on which the record starts, from 1. */
  readonly line: number;
  /** Number of the data record, from 1. */
  readonly record: number;
  readonly offset: number;
  /** Bytes of the record, without its line end. */
  readonly length: number;
  readonly reason: string;
}

/** The rows of a file. Arrays have one entry a row. */
export interface CsvBatch {
  readonly rows: number;
  /** The specs; those the header does not name are all null. */
  readonly columns: Record<string, Column>;
  /**
   * JSON object `{"<column>":"<text>",…}` in the order of the header: cells of columns that are not in the specs (empty
   * ones left out), and cells their column could not take or not as they stand. Null when there is nothing.
   */
  readonly rescued: BytesColumn;
  /** Line of the file on which the record starts, from 1: the header is on line 1, and cells may hold line ends. */
  readonly line: Int32Array;
  /** Number of the data record, from 1, rejected ones counted. */
  readonly record: Int32Array;
  readonly offset: Float64Array;
  /** Bytes of the record, without its line end. */
  readonly byteLength: Int32Array;
  readonly rejects: readonly CsvReject[];
  readonly header: CsvHeader;
}

/** How the header differs from the specs. */
export interface CsvHeader {
  /** Specs the header does not name. */
  readonly missing: readonly string[];
  /** Columns of the header that are not in the specs. */
  readonly extra: readonly string[];
}

const encoder = new TextEncoder();
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a whole CSV file. The first line that is not blank is the header, in any order; blank lines are skipped. Cells are
 * typed like JSON strings: blank is null, numbers, dates, times and booleans by their text. Throws when there is no
 * header, it is malformed or not UTF-8, or it names a column twice; for `binary` columns and repeated specs.
 */
export function decodeCsv(given: Uint8Array, specs: readonly ColumnSpec[], options: CsvOptions): CsvBatch {
  // A Buffer is a class of its own to the compiler: one class keeps the loops over bytes fast.
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.length);
  const record = new CsvRecord(bytes);
  const builder = new RowBuilder(specs);
  let line = 1;
  let start = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const toRecord = (): boolean => {
    while (start < bytes.length) {
      record.next(start);
      if (!isBlankLine(bytes, start, record.end)) return true;
      line += record.lines;
      start = record.nextStart;
    }
    return false;
  };
  if (!toRecord()) throw new Error('CSV: no header, the file is empty');
  const names = headerOf(bytes, record, start);
  const targets = names.map((name) => specs.findIndex((spec) => spec.name === name));
  const keys = names.map((name) => encoder.encode(JSON.stringify(name)));
  const lineOf = new Int32Vector();
  const recordOf = new Int32Vector();
  const offsetOf = new Float64Vector();
  const lengthOf = new Int32Vector();
  const rejects: CsvReject[] = [];
  const allUtf8 = isUtf8(bytes);
  for (let number = 1; ; number++) {
    line += record.lines;
    start = record.nextStart;
    if (!toRecord()) break;
    const length = record.end - start;
    const reason = reasonToReject(bytes, record, start, names.length, options.maxRecordBytes, allUtf8);
    if (reason !== null) {
      rejects.push({ line, record: number, offset: start, length, reason });
      continue;
    }
    for (let i = 0; i < names.length; i++) giveCell(bytes, record, i, keys[i]!, targets[i]!, builder);
    builder.endRow();
    lineOf.push(line);
    recordOf.push(number);
    offsetOf.push(start);
    lengthOf.push(length);
  }
  return {
    ...builder.finish(),
    line: lineOf.finish(),
    record: recordOf.finish(),
    offset: offsetOf.finish(),
    byteLength: lengthOf.finish(),
    rejects,
    header: {
      missing: specs.filter((spec) => !names.includes(spec.name)).map((spec) => spec.name),
      extra: names.filter((_, i) => targets[i] === -1),
    },
  };
}

/** The names of the header's columns, blanks around them trimmed. */
function headerOf(bytes: Uint8Array, record: CsvRecord, start: number): readonly string[] {
  if (record.problem !== null) throw new Error(`CSV: the header has ${record.problem}`);
  if (!isUtf8(bytes.subarray(start, record.end))) throw new Error('CSV: the header is not UTF-8');
  const names: string[] = [];
  for (let i = 0; i < record.cells; i++) {
    const name = utf8.decode(cellText(bytes, record, i)).trim();
    if (names.includes(name)) throw new Error(`CSV: the header names column ${JSON.stringify(name)} twice`);
    names.push(name);
  }
  return names;
}

/** Why the record is not a row, or null. */
function reasonToReject(
  bytes: Uint8Array,
  record: CsvRecord,
  start: number,
  cells: number,
  maxBytes: number,
  allUtf8: boolean,
): string | null {
  const { end, problem } = record;
  if (end - start > maxBytes) return `a record of ${end - start} bytes, more than ${maxBytes}`;
  if (!allUtf8 && !isUtf8(bytes.subarray(start, end))) return 'not UTF-8';
  if (problem !== null) return problem;
  return record.cells === cells ? null : `number of cells is ${record.cells}, the header has ${cells}`;
}

/** Gives a cell to its column; what the column cannot take, and what has no column, is rescued. */
function giveCell(
  bytes: Uint8Array,
  record: CsvRecord,
  cell: number,
  key: Uint8Array,
  target: number,
  builder: RowBuilder,
): void {
  const text = cellText(bytes, record, cell);
  const column = builder.columns[target];
  if (
    column === undefined ? isBlank(text, 0, text.length) : column.text(builder.rows, text, 0, text.length) === TYPED
  ) {
    return;
  }
  const raw = encoder.encode(JSON.stringify(utf8.decode(text)));
  builder.rescued.member(key, 0, key.length, raw, 0, raw.length);
}

/** The text of a cell: between its quotes, doubled quotes made one. */
function cellText(bytes: Uint8Array, record: CsvRecord, i: number): Uint8Array {
  const text = bytes.subarray(record.start(i), record.stop(i));
  if (!record.hasDoubledQuotes(i)) return text;
  return encoder.encode(utf8.decode(text).replaceAll('""', '"'));
}

function isBlankLine(bytes: Uint8Array, start: number, end: number): boolean {
  return skipSpace(bytes, start, end) === end;
}
