/** The technical columns that say where each Bronze row came from. */
import type { Column, Int64Column } from '../../engine/columnar/column.ts';

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
  const length = origin.file.length;
  const names = [...new Set(origin.files.map((f) => f.file))];
  const codeOf = Int32Array.from(origin.files, (f) => names.indexOf(f.file));
  const codes = new Int32Array(length);
  const generations = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const file = origin.file[i]!;
    codes[i] = codeOf[file]!;
    generations[i] = origin.files[file]!.generation;
  }
  return {
    ingest_ts: {
      kind: 'timestamp',
      length,
      validity: null,
      values: new BigInt64Array(length).fill(BigInt(origin.ingestUs)),
    },
    source_file: { kind: 'dictionary', length, validity: null, codes, values: names },
    source_generation: { kind: 'int32', length, validity: null, values: generations },
    source_row: int64(origin.line),
    source_offset: int64(origin.offset),
    source_length: { kind: 'int32', length, validity: null, values: origin.byteLength },
  };
}

/** Non-negative whole numbers as int64, written as 32-bit halves. */
function int64(numbers: Int32Array | Float64Array): Int64Column {
  const values = new BigInt64Array(numbers.length);
  const halves = new Int32Array(values.buffer);
  for (let i = 0; i < numbers.length; i++) {
    const n = numbers[i]!;
    halves[2 * i] = (n % 4294967296) | 0;
    halves[2 * i + 1] = (n / 4294967296) | 0;
  }
  return { kind: 'int64', length: numbers.length, validity: null, values };
}
