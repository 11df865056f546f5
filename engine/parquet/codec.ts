/**
 * Parquet files from Arrow tables and back.
 */
import { DataType, type Table, tableFromIPC, tableToIPC } from 'apache-arrow';
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

/**
 * The table as a Parquet file: format version 1, with the Arrow schema in its key-value metadata.
 *
 * Whole numbers are stored as packed differences, uncompressed: they are as small as compressed ones and read and write several
 * times as fast. Short text without a dictionary is compressed with Snappy, in a quarter of ZSTD's time to half of its
 * savings. (Lengths apart from the bytes, which would be smaller and faster, Spark 3.5 reads wrongly.) Dictionary columns keep
 * the codes that Arrow has: the library would look up every value again, which costs twenty times as much. All else is
 * compressed with ZSTD. There are no column statistics: the Delta log keeps minimum and maximum of each file, and computing
 * them again costs a quarter of the time.
 */
export function encodeParquet(table: Table, options: EncodeOptions = {}): Uint8Array {
  const rowGroupRows = options.rowGroupRows ?? defaultRowGroupRows;
  const dictionaries = dictionaryColumns(table);
  const others = table.schema.names.map(String).filter((name) => !dictionaries.includes(name));
  if (table.numRows === 0 || dictionaries.length === 0 || others.length === 0) {
    return encodeByLibrary(table, rowGroupRows);
  }
  return withDictionaries(encodeByLibrary(table.select(others), rowGroupRows), table, dictionaries);
}

function encodeByLibrary(table: Table, rowGroupRows: number): Uint8Array<ArrayBuffer> {
  const {
    Compression,
    EnabledStatistics,
    Encoding,
    Table: WasmTable,
    WriterPropertiesBuilder,
    WriterVersion,
    writeParquet,
  } = parquetLibrary();
  let builder = new WriterPropertiesBuilder()
    .setCompression(Compression.ZSTD)
    .setWriterVersion(WriterVersion.V1)
    .setStatisticsEnabled(EnabledStatistics.None)
    .setMaxRowGroupSize(rowGroupRows)
    .setDictionaryEnabled(false);
  for (const { name, type } of table.schema.fields) {
    if (isPacked(type)) {
      builder = builder
        .setColumnEncoding(name, Encoding.DELTA_BINARY_PACKED)
        .setColumnCompression(name, Compression.UNCOMPRESSED);
    } else if (DataType.isUtf8(type) && meanBytes(table, name) <= shortText) {
      builder = builder.setColumnCompression(name, Compression.SNAPPY);
    }
  }
  // Builder methods take the builder before, writeParquet takes table and properties: nothing is left to free.
  return writeParquet(WasmTable.fromIPCStream(tableToIPC(table, 'stream')), builder.build()) as Uint8Array<ArrayBuffer>;
}

/**
 * The rows of a Parquet file, given whole or, to read only the bytes of some columns, as a blob; with `columns` only those
 * that the file has of them, in the file's order. Timestamps are microseconds in UTC, decimals 128 bits, and columns
 * written from dictionaries are dictionaries again.
 */
export async function decodeParquet(source: Blob | Uint8Array, columns?: readonly string[]): Promise<Table> {
  const { ParquetFile, readParquet } = parquetLibrary();
  if (source instanceof Uint8Array) {
    // This call takes no columns; where most are wanted, reading all costs less than the round trips of the other.
    const table = tableFromIPC(readParquet(source, { batchSize: batchRows }).intoIPCStream());
    return columns === undefined ? table : table.select(namesIn(table, columns));
  }
  const file = await ParquetFile.fromFile(source);
  try {
    if (columns === undefined) return tableFromIPC((await file.read({ batchSize: batchRows })).intoIPCStream());
    const wanted = namesIn(tableFromIPC(file.schema().intoIPCStream()), columns);
    const read = await file.read({ batchSize: batchRows, columns: wanted });
    const table = tableFromIPC(read.intoIPCStream());
    // The library takes `a.b` for a part of `a`.
    return table.numCols === wanted.length ? table : table.select(wanted);
  } finally {
    file.free();
  }
}

/** The table's columns among those named, in its order. */
function namesIn(table: Table, columns: readonly string[]): string[] {
  return table.schema.names.map(String).filter((name) => columns.includes(name));
}

function isPacked(type: DataType): boolean {
  return (
    DataType.isInt(type) ||
    DataType.isDate(type) ||
    DataType.isTimestamp(type) ||
    (DataType.isDecimal(type) && type.precision <= packedPrecision)
  );
}

/** Bytes of a value of a text column, on average. */
function meanBytes(table: Table, name: string): number {
  const chunks = table.getChild(name)?.data ?? [];
  const bytes = chunks.reduce((n, { length, valueOffsets }) => n + valueOffsets[length]! - valueOffsets[0]!, 0);
  return bytes / Math.max(1, table.numRows);
}

function dictionaryColumns(table: Table): string[] {
  const isSmall = (name: string): boolean =>
    table.getChild(name)!.data.every(({ dictionary }) => (dictionary?.length ?? 0) <= smallDictionary);
  return table.schema.fields
    .filter(({ name, type }) => DataType.isDictionary(type) && isSmall(name))
    .map((f) => f.name);
}
