/**
 * Columns copied out of the Parquet library's memory, over Arrow's C data interface: no message is written and parsed in
 * between. Structures are those of a 32-bit machine. Source: https://arrow.apache.org/docs/format/CDataInterface.html
 */
import type { FFIStream } from 'parquet-wasm/esm';
import type { BytesColumn, Column, ColumnType } from '../columnar/column.ts';
import { concatColumns } from '../columnar/concat-columns.ts';
import { dictionaryOfCodes } from '../columnar/dictionary-codes.ts';

/** Places in `ArrowSchema`. */
const schemaAt = { format: 0, name: 4, children: 32, childCount: 24, dictionary: 36 } as const;
/** Places in `ArrowArray`. */
const arrayAt = { length: 0, nullCount: 8, offset: 16, buffers: 40, children: 44, dictionary: 48 } as const;

/** Rows read from a file. */
export interface DecodedRows {
  readonly rows: number;
  /** In the order of the file. */
  readonly columns: Readonly<Record<string, Column>>;
}

/** The memory of the library, a `WebAssembly.Memory`. */
export interface LibraryMemory {
  readonly buffer: ArrayBuffer;
}

/** What the structures lie in: nothing may call the library while it is in use, since that may move its memory. */
interface Memory {
  readonly view: DataView;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * The columns of a stream, with `names` only those of them, or null when a column has a layout that Arrow's own reader must
 * take (other widths and units, views, slices, dictionaries with nulls).
 */
export function columnsOfStream(
  stream: FFIStream,
  memory: LibraryMemory,
  names?: readonly string[],
): DecodedRows | null {
  const schema = stream.schemaAddr();
  const arrays = stream.arrayAddrs();
  const library = viewsOf(memory);
  const { view } = library;
  const columns: [string, Column][] = [];
  for (const [c, name] of namesAt(library, schema).entries()) {
    if (names !== undefined && !names.includes(name)) continue;
    const type = typeOfSchema(library, pointerAt(view, schema + schemaAt.children, c));
    if (type === null) return null;
    const chunks: Column[] = [];
    for (const array of arrays) {
      const chunk = columnOfArray(library, pointerAt(view, array + arrayAt.children, c), type);
      if (chunk === null) return null;
      chunks.push(chunk);
    }
    if (chunks.length === 0) return null;
    columns.push([name, concatColumns(chunks)]);
  }
  const rows = arrays.reduce((n, array) => n + view.getUint32(array + arrayAt.length, true), 0);
  return { rows, columns: Object.fromEntries(columns) };
}

/** Names of the columns of a schema at an address, in its order. */
export function namesOfSchema(memory: LibraryMemory, schema: number): string[] {
  return namesAt(viewsOf(memory), schema);
}

function viewsOf({ buffer }: LibraryMemory): Memory {
  return { view: new DataView(buffer), bytes: new Uint8Array(buffer) };
}

function namesAt(library: Memory, schema: number): string[] {
  const { view } = library;
  return Array.from({ length: view.getUint32(schema + schemaAt.childCount, true) }, (_, c) =>
    textAt(library, view.getUint32(pointerAt(view, schema + schemaAt.children, c) + schemaAt.name, true)),
  );
}

/** The type that carries a column of the schema at an address; null for those left to Arrow's own reader. */
function typeOfSchema(library: Memory, schema: number): ColumnType | null {
  const { view } = library;
  const format = textAt(library, view.getUint32(schema + schemaAt.format, true));
  const dictionary = view.getUint32(schema + schemaAt.dictionary, true);
  if (dictionary !== 0) {
    const texts = textAt(library, view.getUint32(dictionary + schemaAt.format, true)) === 'u';
    return format === 'i' && texts ? { kind: 'dictionary' } : null;
  }
  if (format.startsWith('tsu:')) return { kind: 'timestamp' };
  const decimal = /^d:(\d+),(\d+)$/.exec(format);
  if (decimal !== null) return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) };
  return plainTypes.get(format) ?? null;
}

const plainTypes: ReadonlyMap<string, ColumnType> = new Map([
  ['u', { kind: 'utf8' }],
  ['z', { kind: 'binary' }],
  ['b', { kind: 'bool' }],
  ['i', { kind: 'int32' }],
  ['l', { kind: 'int64' }],
  ['g', { kind: 'float64' }],
  ['tdD', { kind: 'date' }],
] satisfies [string, ColumnType][]);

/** A copy of the array at an address; null when it is a slice, or a dictionary with nulls. */
function columnOfArray(library: Memory, array: number, type: ColumnType): Column | null {
  const { view } = library;
  if (view.getUint32(array + arrayAt.offset, true) !== 0) return null;
  const length = view.getUint32(array + arrayAt.length, true);
  const buffer = (n: number) => pointerAt(view, array + arrayAt.buffers, n);
  const copy = (n: number, bytes: number) => library.bytes.slice(buffer(n), buffer(n) + bytes).buffer;
  const noNull = view.getBigInt64(array + arrayAt.nullCount, true) === 0n || buffer(0) === 0;
  const validity = noNull ? null : new Uint8Array(copy(0, (length + 7) >> 3));
  switch (type.kind) {
    case 'utf8':
    case 'binary': {
      const offsets = new Int32Array(copy(1, 4 * (length + 1)));
      return { kind: type.kind, length, validity, offsets, bytes: new Uint8Array(copy(2, offsets[length]!)) };
    }
    case 'dictionary': {
      const texts = columnOfArray(library, view.getUint32(array + arrayAt.dictionary, true), { kind: 'utf8' });
      if (texts === null || texts.validity !== null) return null;
      return dictionaryOfCodes(new Int32Array(copy(1, 4 * length)), validity, [texts as BytesColumn]);
    }
    case 'bool':
      return { kind: 'bool', length, validity, bits: new Uint8Array(copy(1, (length + 7) >> 3)) };
    case 'int32':
    case 'date':
      return { kind: type.kind, length, validity, values: new Int32Array(copy(1, 4 * length)) };
    case 'int64':
    case 'timestamp':
      return { kind: type.kind, length, validity, values: new BigInt64Array(copy(1, 8 * length)) };
    case 'float64':
      return { kind: 'float64', length, validity, values: new Float64Array(copy(1, 8 * length)) };
    case 'decimal':
      return { ...type, length, validity, words: new Int32Array(copy(1, 16 * length)) };
  }
}

/** The nth of the pointers that the pointer at an address points to. */
function pointerAt(view: DataView, address: number, n: number): number {
  return view.getUint32(view.getUint32(address, true) + 4 * n, true);
}

function textAt({ bytes }: Memory, address: number): string {
  return Buffer.from(bytes.buffer, address, bytes.indexOf(0, address) - address).toString();
}
