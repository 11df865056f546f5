/**
 * Rows of a table: from the data files of a version to one Arrow table.
 */
import type { Table } from 'apache-arrow';
import type { Column, ColumnSpec } from '../columnar/column.ts';
import { nullColumn } from '../columnar/column-of.ts';
import { concatColumns } from '../columnar/concat.ts';
import { typeName } from '../columnar/concat-columns.ts';
import { decodeDictionary, encodeDictionary } from '../columnar/dictionary.ts';
import { tableOf, typeOf } from '../columnar/table.ts';
import type { DecodedRows } from '../parquet/c-data.ts';
import { decodeParquet } from '../parquet/codec.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { mapBounded } from './map-bounded.ts';
import { partitionColumn } from './partition-values.ts';
import type { AddFile, TableMetadata } from './types.ts';

/** Files being read at a time: enough to hide the store, few enough for the library's memory. */
const reading = 4;

/** Files of up to so many bytes are read whole, unless no more than a third of the columns is wanted: picking more costs more. */
const smallFile = 64 * 1024;
const pickedPart = 1 / 3;

/** A data file whose bytes are there and are not what was written: reading it again does not help. */
export class DataFileDamaged extends Error {
  override readonly name = 'DataFileDamaged';
}

/**
 * The rows of the files, in the order of the list: exactly the columns asked for (default all), in that order and with the
 * types of `metadata`. Partition columns come from the log, a column that a file is older than is null in its rows. Throws
 * when `columns` names one the table lacks, when a file is gone (`ObjectNotFound`) or cannot be decoded (`DataFileDamaged`), or has another type than the table.
 */
export async function readFiles(
  store: ObjectStore,
  tablePath: string,
  metadata: TableMetadata,
  files: readonly AddFile[],
  columns?: readonly string[],
): Promise<Table> {
  const specs = columns === undefined ? metadata.columns : columns.map((name) => specOf(metadata, name));
  const inFiles = specs.filter(({ name }) => !metadata.partitionColumns.includes(name));
  const few = inFiles.length <= metadata.columns.length * pickedPart;
  const parts = await mapBounded(files, reading, async (file) => {
    const path = `${tablePath}/${file.path}`;
    const needsFile = inFiles.length > 0 || Number.isNaN(file.stats.numRecords);
    const isWhole = columns === undefined || (file.size <= smallFile && !few);
    const stored = needsFile ? await decode(store, path, inFiles, isWhole) : null;
    const rows = stored?.rows ?? file.stats.numRecords;
    return specs.map((spec): Column => {
      if (!inFiles.includes(spec)) return partitionColumn(spec, file.partitionValues[spec.name] ?? null, rows);
      const column = stored?.columns[spec.name];
      return column === undefined ? nullColumn(spec.type, rows) : typed(column, spec, path);
    });
  });
  const whole = specs.map((spec, c): [string, Column] => [
    spec.name,
    parts.length === 0 ? nullColumn(spec.type, 0) : concatColumns(parts.map((part) => part[c]!)),
  ]);
  return tableOf(Object.fromEntries(whole), specs);
}

async function decode(
  store: ObjectStore,
  path: string,
  specs: readonly ColumnSpec[],
  isWhole: boolean,
): Promise<DecodedRows> {
  const names = specs.map(({ name }) => name);
  const bytes = isWhole ? await store.get(path) : await store.blob(path);
  try {
    return await decodeParquet(bytes, names);
  } catch (error) {
    // Errors of the file system have a code, and may pass.
    if (error instanceof Error && 'code' in error) throw error;
    throw new DataFileDamaged(`${path} is damaged: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function specOf(metadata: TableMetadata, name: string): ColumnSpec {
  const spec = metadata.columns.find((c) => c.name === name);
  if (spec === undefined) throw new Error(`table ${metadata.name} has no column ${name}`);
  return spec;
}

/** The stored column in the table's type: text may be stored with or without a dictionary. */
function typed(column: Column, { name, type }: ColumnSpec, path: string): Column {
  if (column.kind === 'utf8' && type.kind === 'dictionary')
    return encodeDictionary(column as typeof column & { kind: 'utf8' });
  if (column.kind === 'dictionary' && type.kind === 'utf8') return decodeDictionary(column);
  const found = typeName(typeOf(column));
  if (found !== typeName(type)) throw new Error(`${path}: column ${name} is ${found}, the table has ${typeName(type)}`);
  return column;
}
