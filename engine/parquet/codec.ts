/**
 * Parquet files from columns and tables, and back.
 */
import { type Table, tableFromIPC, tableToIPC } from 'apache-arrow';
import type { Table as LibraryTable } from 'parquet-wasm/esm';
import type { Column, ColumnSpec } from '../columnar/column.ts';
import { ipcStream } from '../columnar/ipc.ts';
import { columnsOf, tableOf, typeOf } from '../columnar/table.ts';
import { columnsOfStream, type DecodedRows, namesOfSchema } from './c-data.ts';
import { parquetLibrary } from './wasm.ts';
import { withDictionaries } from './with-dictionaries.ts';

export interface EncodeOptions {
  /** Most rows in a row group; default 1,048,576: a file is usually one row group. */
  readonly rowGroupRows?: number;
}

const defaultRowGroupRows = 1 << 20;

/**
 * Rows of a batch on the way back. A batch never crosses a row group, so this makes one chunk of each row group.
 */
const batchRows = 1 << 20;

/** Decimals of so many digits are whole numbers of at most 64 bits in the file. */
const packedPrecision = 18;

/** Larger dictionaries are stored as plain text, which ZSTD compresses. */
const smallDictionary = 4096;

/** Text of so few bytes a value, on average, is names and ids. */
const shortText = 32;

/** For so few rows, setting ZSTD up costs more than compressing with it. */
const fewRows = 4096;

/**
 * The columns of `specs`, of equal length, as a Parquet file: format version 1, with the Arrow schema in its key-value
 * metadata.
 *
 * Whole numbers are stored as packed differences, uncompressed: they are as small as compressed ones and read and write several
 * times as fast. Short text without a dictionary, and everything in a file of few rows, is compressed with Snappy, in a
 * quarter of ZSTD's time to half of its savings. (Lengths apart from the bytes, which would be smaller and faster, Spark 3.5
 * reads wrongly.) Dictionary columns keep the codes that Arrow has: the library would look up every value again, which costs
 * twenty times as much. All else is compressed with ZSTD. There are no column statistics: the Delta log keeps minimum and
 * maximum of each file, and computing them again costs a quarter of the time.
 */
export function encodeParquet(
  columns: Readonly<Record<string, Column>>,
  specs: readonly ColumnSpec[],
  options: EncodeOptions = {},
): Uint8Array {
  const rowGroupRows = options.rowGroupRows ?? defaultRowGroupRows;
  const rows = specs.length === 0 ? 0 : columns[specs[0]!.name]!.length;
  const { all, dictionaries, others } = layoutOf(columns, specs);
  const alone = rows === 0 || dictionaries.length === 0 || others.length === 0;
  const stored = alone ? all : others;
  const plain = !stored.some(({ name }) => columns[name]!.kind === 'dictionary');
  const stream = plain ? ipcStream(columns, stored) : tableToIPC(tableOf(columns, stored), 'stream');
  const file = writeByLibrary(stream, compressions(columns, stored, rows), rowGroupRows);
  return alone ? file : withDictionaries(file, columns, all, dictionaries);
}

/** A table of any types as a Parquet file, compressed with ZSTD. */
export function encodeTable(table: Table): Uint8Array {
  return writeByLibrary(tableToIPC(table, 'stream'), new Map(), defaultRowGroupRows);
}

interface Layout {
  /** All columns with the types that they have in memory, where text is with or without a dictionary. */
  readonly all: readonly ColumnSpec[];
  /** Names of the dictionary columns that keep their codes. */
  readonly dictionaries: readonly string[];
  readonly others: readonly ColumnSpec[];
}

const layouts = new WeakMap<readonly ColumnSpec[], Layout & { readonly key: string }>();

/** The same object for every file of a table as long as its columns are alike: what is made for a layout is kept with it. */
function layoutOf(columns: Readonly<Record<string, Column>>, specs: readonly ColumnSpec[]): Layout {
  const isSmall = ({ name }: ColumnSpec): boolean => {
    const column = columns[name]!;
    return column.kind === 'dictionary' && column.values.length <= smallDictionary;
  };
  const key = specs.map((spec) => (isSmall(spec) ? 'small' : columns[spec.name]!.kind)).join();
  let layout = layouts.get(specs);
  if (layout?.key !== key) {
    const all = specs.map((spec) => ({ ...spec, type: typeOf(columns[spec.name]!) }));
    const dictionaries = all.filter(isSmall).map(({ name }) => name);
    layout = { key, all, dictionaries, others: all.filter((spec) => !isSmall(spec)) };
    layouts.set(specs, layout);
  }
  return layout;
}

type Stored = 'packed' | 'snappy';

/** How columns are stored that are not compressed with ZSTD. */
function compressions(
  columns: Readonly<Record<string, Column>>,
  specs: readonly ColumnSpec[],
  rows: number,
): Map<string, Stored> {
  const stored = new Map<string, Stored>();
  for (const { name } of specs) {
    const column = columns[name]!;
    if (isPacked(column)) stored.set(name, 'packed');
    else if (rows <= fewRows || column.kind === 'bool' || isShortText(column)) stored.set(name, 'snappy');
  }
  return stored;
}

function isPacked(column: Column): boolean {
  switch (column.kind) {
    case 'int32':
    case 'int64':
    case 'date':
    case 'timestamp':
      return true;
    case 'decimal':
      return column.precision <= packedPrecision;
    default:
      return false;
  }
}

function isShortText(column: Column): boolean {
  if (column.kind !== 'utf8') return false;
  return column.offsets[column.length]! - column.offsets[0]! <= shortText * column.length;
}

/** The rows of an Arrow IPC stream as a Parquet file. */
function writeByLibrary(
  stream: Uint8Array,
  stored: ReadonlyMap<string, Stored>,
  rowGroupRows: number,
): Uint8Array<ArrayBuffer> {
  const library = parquetLibrary();
  const { Compression, EnabledStatistics, Encoding } = library;
  let builder = new library.WriterPropertiesBuilder()
    .setCompression(Compression.ZSTD)
    .setWriterVersion(library.WriterVersion.V1)
    .setStatisticsEnabled(EnabledStatistics.None)
    .setMaxRowGroupSize(rowGroupRows)
    .setDictionaryEnabled(false);
  for (const [name, how] of stored) {
    if (how === 'packed') builder = builder.setColumnEncoding(name, Encoding.DELTA_BINARY_PACKED);
    builder = builder.setColumnCompression(name, how === 'packed' ? Compression.UNCOMPRESSED : Compression.SNAPPY);
  }
  // Builder methods take the builder before, writeParquet takes table and properties: nothing is left to free.
  return library.writeParquet(library.Table.fromIPCStream(stream), builder.build()) as Uint8Array<ArrayBuffer>;
}

/**
 * The rows of a Parquet file, given whole or, to read only the bytes of some columns, as a blob; with `columns` only those
 * that the file has of them, in the file's order. Timestamps are microseconds in UTC, decimals 128 bits, and columns
 * written from dictionaries are dictionaries again. Throws for types that no column carries.
 */
export async function decodeParquet(source: Blob | Uint8Array, columns?: readonly string[]): Promise<DecodedRows> {
  const file = await readByLibrary(source, columns);
  const stream = file.toFFI();
  const decoded = columnsOfStream(stream, parquetLibrary().wasmMemory(), columns);
  stream.free();
  if (decoded !== null) {
    file.free();
    return decoded;
  }
  const table = tableFromIPC(file.intoIPCStream());
  const wanted = columns === undefined ? table : table.select(namesIn(table, columns));
  return { rows: table.numRows, columns: columnsOf(wanted) };
}

/** The rows of a file as a table of the types it has, nested ones too. */
export async function decodeTable(source: Blob | Uint8Array): Promise<Table> {
  return tableFromIPC((await readByLibrary(source)).intoIPCStream());
}

/** At least the columns asked for, of those that the file has. */
async function readByLibrary(source: Blob | Uint8Array, columns?: readonly string[]): Promise<LibraryTable> {
  const { ParquetFile, readParquet, wasmMemory } = parquetLibrary();
  if (source instanceof Uint8Array) return readParquet(source, { batchSize: batchRows });
  const file = await ParquetFile.fromFile(source);
  try {
    if (columns === undefined) return await file.read({ batchSize: batchRows });
    const schema = file.schema().intoFFI();
    const names = namesOfSchema(wasmMemory(), schema.addr()).filter((name) => columns.includes(name));
    schema.free();
    return await file.read({ batchSize: batchRows, columns: names });
  } finally {
    file.free();
  }
}

/** The table's columns among those named, in its order. */
function namesIn(table: Table, columns: readonly string[]): string[] {
  return table.schema.names.map(String).filter((name) => columns.includes(name));
}
