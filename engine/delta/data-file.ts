/**
 * Data files of a table: from rows to Parquet files beside the log, not yet part of any version.
 */
import { randomUUID } from 'node:crypto';
import type { Table } from 'apache-arrow';
import type { Column, ColumnType } from '../columnar/column.ts';
import { typeName } from '../columnar/concat-columns.ts';
import { permuteColumn } from '../columnar/scatter.ts';
import { columnsOf, typeOf } from '../columnar/table.ts';
import { sliceColumn } from '../columnar/take.ts';
import { countNulls } from '../columnar/validity.ts';
import { encodeParquet } from '../parquet/codec.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { mapBounded } from './map-bounded.ts';
import { type PartitionRows, partitionFolder, splitByPartition } from './partition-values.ts';
import { statsOf } from './stats.ts';
import type { AddFile, PartitionValues, TableMetadata } from './types.ts';

export interface DataFileOptions {
  /** When the files are written: their `modificationTime`. */
  readonly nowMs: number;
  /** A name never used before, part of the file's name; default random UUIDs. */
  readonly fileName?: () => string;
  /** Most rows in a file; default 1,000,000. */
  readonly maxRowsPerFile?: number;
}

export { partitionText } from './partition-values.ts';

const defaultRowsPerFile = 1_000_000;

/** Files being stored at a time. */
const storing = 8;

/**
 * Writes the rows as files, one or more for each partition, rows in their order, and returns what a commit adds; no rows, no
 * files. Nothing is cast: throws when the table's columns are not those of `metadata` (in any order; a dictionary and plain
 * text are the same to a file), or a column that may not be null has a null.
 */
export async function writeDataFiles(
  store: ObjectStore,
  tablePath: string,
  metadata: TableMetadata,
  table: Table,
  options: DataFileOptions,
): Promise<AddFile[]> {
  const columns = columnsOf(table);
  checkColumns(metadata, columns);
  const fileColumns = metadata.columns.filter(({ name }) => !metadata.partitionColumns.includes(name));
  const layout = partitionLayout(
    splitByPartition(
      metadata.partitionColumns.map((name) => [name, columns[name]!] as const),
      table.numRows,
    ),
    options.maxRowsPerFile ?? defaultRowsPerFile,
  );
  const { places } = layout;
  const sorted = fileColumns.map(({ name }): [string, Column] => {
    const column = columns[name]!;
    return [name, places === null ? column : permuteColumn(column, places)];
  });
  const fileName = options.fileName ?? randomUUID;
  return mapBounded(layout.files, storing, async ({ values, begin, end }) => {
    const rows = Object.fromEntries(
      sorted.map(([name, c]) => [name, end - begin === c.length ? c : sliceColumn(c, begin, end)]),
    );
    const path = `${partitionFolder(metadata.partitionColumns, values)}part-${fileName()}.parquet`;
    const bytes = encodeParquet(rows, fileColumns);
    await store.put(`${tablePath}/${path}`, bytes);
    return {
      path,
      partitionValues: values,
      size: bytes.length,
      modificationTime: options.nowMs,
      dataChange: true,
      stats: statsOf(rows, end - begin),
    };
  });
}

interface PartitionLayout {
  /** Where each row goes so that those of a partition stand side by side, in their order; null where they do. */
  readonly places: Int32Array | null;
  /** The rows `begin … end`, once in place, of each file. */
  readonly files: readonly { readonly values: PartitionValues; readonly begin: number; readonly end: number }[];
}

/** Counting sort of the rows by partition; files of at most `most` rows. */
function partitionLayout({ values, partitionOf }: PartitionRows, most: number): PartitionLayout {
  const { length } = partitionOf;
  const ends = new Int32Array(values.length);
  let sideBySide = true;
  for (let i = 0; i < length; i++) {
    ends[partitionOf[i]!]!++;
    if (i > 0 && partitionOf[i]! < partitionOf[i - 1]!) sideBySide = false;
  }
  for (let p = 1; p < ends.length; p++) ends[p]! += ends[p - 1]!;
  const files = values.flatMap((value, p) => {
    const parts: { values: PartitionValues; begin: number; end: number }[] = [];
    for (let begin = ends[p - 1] ?? 0; begin < ends[p]!; begin += most) {
      parts.push({ values: value, begin, end: Math.min(begin + most, ends[p]!) });
    }
    return parts;
  });
  if (sideBySide) return { places: null, files };
  const places = new Int32Array(length);
  const next = Int32Array.from(ends, (_, p) => ends[p - 1] ?? 0);
  for (let i = 0; i < length; i++) places[i] = next[partitionOf[i]!]!++;
  return { places, files };
}

function checkColumns(metadata: TableMetadata, columns: Readonly<Record<string, Column>>): void {
  const refuse = (reason: string): never => {
    throw new Error(`rows do not fit the table ${metadata.name}: ${reason}`);
  };
  for (const { name, type, nullable } of metadata.columns) {
    const column = columns[name] ?? refuse(`column ${name} is missing`);
    const found = typeOf(column);
    if (!sameInFiles(found, type)) refuse(`column ${name} is ${typeName(found)}, the table has ${typeName(type)}`);
    const nulls = nullable ? 0 : countNulls(column);
    if (nulls > 0) refuse(`column ${name} may not be null and is in ${nulls} of ${column.length} rows`);
  }
  const known = new Set(metadata.columns.map((c) => c.name));
  for (const name of Object.keys(columns)) if (!known.has(name)) refuse(`it has no column ${name}`);
}

/** A dictionary and plain text are one type to a file. */
function sameInFiles(a: ColumnType, b: ColumnType): boolean {
  return typeName(a).replace('dictionary', 'utf8') === typeName(b).replace('dictionary', 'utf8');
}
