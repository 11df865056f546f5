/**
 * Typed views of Arrow columns: what kernels loop over.
 *
 * A column is one contiguous chunk in Arrow's own memory layout, so going from an Arrow table to columns and back copies
 * nothing. Columns are plain objects over typed arrays: they cross a thread border by structured clone or transfer.
 */

/** Logical type of a column. `dictionary` is low-cardinality text held as codes; `timestamp` is UTC microseconds. */
export type ColumnType =
  | { readonly kind: 'utf8' }
  | { readonly kind: 'dictionary' }
  | { readonly kind: 'binary' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'int32' }
  | { readonly kind: 'int64' }
  | { readonly kind: 'float64' }
  | { readonly kind: 'date' }
  | { readonly kind: 'timestamp' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number };

interface Common {
  readonly length: number;
  /** Arrow validity bitmap, least significant bit first, starting at bit 0; null when no value is null. */
  readonly validity: Uint8Array | null;
}

/** Text or bytes: value i is `bytes[offsets[i] … offsets[i + 1])`. `offsets[0]` may be greater than 0. */
export interface BytesColumn extends Common {
  readonly kind: 'utf8' | 'binary';
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

/** Low-cardinality text: `values[codes[i]]`. Codes of null slots are 0 and mean nothing. Values are distinct. */
export interface DictionaryColumn extends Common {
  readonly kind: 'dictionary';
  readonly codes: Int32Array;
  readonly values: readonly string[];
}

/** Booleans as a bitmap, least significant bit first. */
export interface BoolColumn extends Common {
  readonly kind: 'bool';
  readonly bits: Uint8Array;
}

/** `int32`, or `date` as days since 1970-01-01. */
export interface Int32Column extends Common {
  readonly kind: 'int32' | 'date';
  readonly values: Int32Array;
}

/** `int64`, or `timestamp` as microseconds since 1970-01-01 UTC. Hot loops view the buffer as pairs of Int32. */
export interface Int64Column extends Common {
  readonly kind: 'int64' | 'timestamp';
  readonly values: BigInt64Array;
}

export interface Float64Column extends Common {
  readonly kind: 'float64';
  readonly values: Float64Array;
}

/** Exact decimals: unscaled two's complement, four little-endian 32-bit words a value; value = unscaled × 10^-scale. */
export interface DecimalColumn extends Common {
  readonly kind: 'decimal';
  readonly precision: number;
  readonly scale: number;
  readonly words: Int32Array;
}

export type Column =
  | BytesColumn
  | DictionaryColumn
  | BoolColumn
  | Int32Column
  | Int64Column
  | Float64Column
  | DecimalColumn;

/** A named, typed, nullable-or-not column of a table. */
export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

/** Whether slot `i` holds a value. */
export function isValid(column: Column, i: number): boolean {
  return column.validity === null || ((column.validity[i >> 3]! >> (i & 7)) & 1) === 1;
}
