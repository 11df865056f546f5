/** The technical columns that say where each Bronze row came from. */
import type { Column } from '../../engine/columnar/column.ts';

/** Where the rows of a decoded batch lie in their landing files. */
export interface Origin {
  readonly files: readonly { readonly file: string; readonly generation: number }[];
  /** Index into `files` of each row. */
  readonly file: Int32Array;
  /** Line in the file, from 1. */
  readonly line: Int32Array;
  /** Byte offset of the line in the file. */
  readonly offset: Float64Array;
  /** Bytes of the line, without its line end. */
  readonly byteLength: Int32Array;
  readonly ingestUs: number;
}

/** The provenance columns of all rows of a batch, in row order. */
export function provenanceColumns(origin: Origin): Record<string, Column> {
  const { length } = origin.file;
  const names = [...new Set(origin.files.map((f) => f.file))];
  const codeOf = new Map(names.map((name, code) => [name, code]));
  return {
    ingest_ts: {
      kind: 'timestamp',
      length,
      validity: null,
      values: new BigInt64Array(length).fill(BigInt(origin.ingestUs)),
    },
    source_file: {
      kind: 'dictionary',
      length,
      validity: null,
      codes: ofFiles(
        origin.file,
        Int32Array.from(origin.files, (f) => codeOf.get(f.file)!),
      ),
      values: names,
    },
    source_generation: {
      kind: 'int32',
      length,
      validity: null,
      values: ofFiles(
        origin.file,
        Int32Array.from(origin.files, (f) => f.generation),
      ),
    },
    source_row: { kind: 'int64', length, validity: null, values: wideIntegers(origin.line) },
    source_offset: { kind: 'int64', length, validity: null, values: wideFloats(origin.offset) },
    source_length: { kind: 'int32', length, validity: null, values: origin.byteLength },
  };
}

/** For each row what its file has. */
function ofFiles(file: Int32Array, values: Int32Array): Int32Array {
  const { length } = file;
  const out = new Int32Array(length);
  for (let i = 0; i < length; i++) out[i] = values[file[i]!]!;
  return out;
}

/** Integers that are not negative as int64, written as 32-bit halves. */
function wideIntegers(numbers: Int32Array): BigInt64Array {
  const { length } = numbers;
  const values = new BigInt64Array(length);
  const halves = new Int32Array(values.buffer);
  for (let i = 0; i < length; i++) halves[2 * i] = numbers[i]!;
  return values;
}

/** Whole numbers that are not negative as int64, written as 32-bit halves. */
function wideFloats(numbers: Float64Array): BigInt64Array {
  const { length } = numbers;
  const values = new BigInt64Array(length);
  const halves = new Int32Array(values.buffer);
  for (let i = 0; i < length; i++) {
    const n = numbers[i]!;
    halves[2 * i] = n | 0;
    if (n >= 2147483648) halves[2 * i + 1] = Math.floor(n / 4294967296);
  }
  return values;
}
