/**
 * Rows of columns by mask. Where nearly all rows stay, as when rules reject a few, they are copied in runs.
 */
import type { BytesColumn, Column } from './column.ts';
import { pairsOf, takeColumn } from './gather.ts';
import { selectedIndices } from './take.ts';
import { bitmapBytes } from './validity.ts';

/**
 * The rows of all columns whose byte in the mask is not 0, in their order: what `takeColumn` of `selectedIndices` gives,
 * except that a column without a null left may keep a bitmap. Throws for a mask of another length than a column.
 */
export function filterColumns(columns: Readonly<Record<string, Column>>, mask: Uint8Array): Record<string, Column> {
  for (const [name, { length }] of Object.entries(columns)) {
    if (length !== mask.length) {
      throw new Error(`filterColumns: a mask of ${mask.length} rows, column ${name} has ${length}`);
    }
  }
  const runs = runsOf(mask);
  const filter = runs.rows < WORTHWHILE * runs.begins.length ? taking(mask) : (column: Column) => copied(column, runs);
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, filter(column)]));
}

/** Rows a run has on average from which one `set` for each run costs less than a step for each row. */
const WORTHWHILE = 16;

function taking(mask: Uint8Array): (column: Column) => Column {
  const indices = selectedIndices(mask);
  return (column) => takeColumn(column, indices);
}

/** Rows `begins[r] … ends[r]` of every run r; `rows` of them in all. */
interface Runs {
  readonly begins: Int32Array;
  readonly ends: Int32Array;
  readonly rows: number;
}

function runsOf(mask: Uint8Array): Runs {
  let count = 0;
  for (let i = 0, before = 0, end = mask.length; i < end; i++) {
    const kept = mask[i] === 0 ? 0 : 1;
    count += kept & ~before;
    before = kept;
  }
  const begins = new Int32Array(count);
  const ends = new Int32Array(count);
  let rows = 0;
  for (let i = 0, run = 0; run < count; run++) {
    while (mask[i] === 0) i++;
    begins[run] = i;
    while (i < mask.length && mask[i] !== 0) i++;
    ends[run] = i;
    rows += i - begins[run]!;
  }
  return { begins, ends, rows };
}

function copied(column: Column, runs: Runs): Column {
  const length = runs.rows;
  const validity = column.validity === null ? null : copyBitRuns(column.validity, runs);
  switch (column.kind) {
    case 'utf8':
    case 'binary':
      return { kind: column.kind, length, validity, ...copyBytesRuns(column, runs) };
    case 'dictionary':
      return { ...column, length, validity, codes: copyWordRuns(column.codes, runs, 1) };
    case 'bool':
      return { kind: 'bool', length, validity, bits: copyBitRuns(column.bits, runs) };
    case 'int32':
    case 'date':
      return { kind: column.kind, length, validity, values: copyWordRuns(column.values, runs, 1) };
    case 'int64':
    case 'timestamp': {
      const pairs = copyWordRuns(pairsOf(column.values), runs, 2);
      return { kind: column.kind, length, validity, values: new BigInt64Array(pairs.buffer) };
    }
    case 'float64': {
      const { buffer, byteOffset } = column.values;
      const pairs = copyWordRuns(new Int32Array(buffer, byteOffset, column.length * 2), runs, 2);
      return { kind: 'float64', length, validity, values: new Float64Array(pairs.buffer) };
    }
    case 'decimal':
      return { ...column, length, validity, words: copyWordRuns(column.words, runs, 4) };
  }
}

function copyWordRuns(source: Int32Array, { begins, ends, rows }: Runs, width: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(rows * width);
  let to = 0;
  for (let run = 0, end = begins.length; run < end; run++) {
    const end = ends[run]! * width;
    const begin = begins[run]! * width;
    out.set(source.subarray(begin, end), to);
    to += end - begin;
  }
  return out;
}

function copyBytesRuns({ offsets: source, bytes: from }: BytesColumn, { begins, ends, rows }: Runs) {
  const offsets = new Int32Array(rows + 1);
  let total = 0;
  for (let run = 0, end = begins.length; run < end; run++) total += source[ends[run]!]! - source[begins[run]!]!;
  const bytes = new Uint8Array(total);
  let row = 0;
  let at = 0;
  for (let run = 0, end = begins.length; run < end; run++) {
    const first = begins[run]!;
    const last = ends[run]!;
    const start = source[first]!;
    const moved = at - start;
    for (let i = first + 1; i <= last; i++) offsets[++row] = source[i]! + moved;
    bytes.set(from.subarray(start, source[last]!), at);
    at += source[last]! - start;
  }
  return { offsets, bytes };
}

function copyBitRuns(source: Uint8Array, { begins, ends, rows }: Runs): Uint8Array {
  const out = new Uint8Array(bitmapBytes(rows));
  let to = 0;
  for (let run = 0, end = begins.length; run < end; run++) {
    copyBitRun(source, begins[run]!, ends[run]!, out, to);
    to += ends[run]! - begins[run]!;
  }
  return out;
}

/** Bits `begin … end` to bit `to` of the target, whose bits from there on are 0. */
function copyBitRun(source: Uint8Array, begin: number, end: number, target: Uint8Array, to: number): void {
  let from = begin;
  let at = to;
  for (; from < end && (at & 7) !== 0; from++, at++) {
    target[at >> 3]! |= ((source[from >> 3]! >> (from & 7)) & 1) << (at & 7);
  }
  // From here the target is on a byte; the source is off by the same bits all along.
  const shift = from & 7;
  let byte = from >> 3;
  for (; end - from >= 8; from += 8, at += 8, byte++) {
    target[at >> 3] = shift === 0 ? source[byte]! : (source[byte]! >> shift) | (source[byte + 1]! << (8 - shift));
  }
  for (; from < end; from++, at++) target[at >> 3]! |= ((source[from >> 3]! >> (from & 7)) & 1) << (at & 7);
}
