/**
 * Data files of a table: from rows to Parquet files beside the log, not yet part of any version.
 */
import { randomUUID } from 'node:crypto';
import type { Table } from 'apache-arrow';
import type { Column, ColumnType } from '../columnar/column.ts';
import { typeName } from '../columnar/concat-columns.ts';
import { columnsOf, tableOf, typeOf } from '../columnar/table.ts';
import { sliceColumn, takeColumn } from '../columnar/take.ts';
import { countNulls } from '../columnar/validity.ts';
import { encodeParquet } from '../parquet/codec.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { mapBounded } from './map-bounded.ts';
import { type PartitionRows, partitionFolder, splitByPartition } from './partition-values.ts';
import { statsOf } from './stats.ts';
import type { AddFile, TableMetadata } from './types.ts';

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
const storing = 4;

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
  const partitioning = metadata.partitionColumns.map((name) => [name, columns[name]!] as const);
  const fileColumns = metadata.columns.filter(({ name }) => !metadata.partitionColumns.includes(name));
  const parts = splitByPartition(partitioning, table.numRows).flatMap((part) =>
    portions(part, options.maxRowsPerFile ?? defaultRowsPerFile),
  );
  const fileName = options.fileName ?? randomUUID;
  return mapBounded(parts, storing, async ({ values, rows }) => {
    const taken = Object.fromEntries(
      fileColumns.map(({ name }) => {
        const column = columns[name]!;
        return [name, rowsOf(column, rows)];
      }),
    );
    const path = `${partitionFolder(metadata.partitionColumns, values)}part-${fileName()}.zstd.parquet`;
    const bytes = encodeParquet(tableOf(taken, fileColumns));
    await store.put(`${tablePath}/${path}`, bytes);
    return {
      path,
      partitionValues: values,
      size: bytes.length,
      modificationTime: options.nowMs,
      dataChange: true,
      stats: statsOf(taken, rows.length),
    };
  });
}

/** The rows, ascending, of a column: as views where they stand side by side. */
function rowsOf(column: Column, rows: Int32Array): Column {
  const first = rows[0]!;
  if (rows[rows.length - 1]! - first + 1 !== rows.length) return takeColumn(column, rows);
  return rows.length === column.length ? column : sliceColumn(column, first, first + rows.length);
}

function portions({ values, rows }: PartitionRows, most: number): PartitionRows[] {
  const parts: PartitionRows[] = [];
  for (let start = 0; start < rows.length; start += most) {
    parts.push({ values, rows: rows.subarray(start, start + most) });
  }
  return parts;
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
