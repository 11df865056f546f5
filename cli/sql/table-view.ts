/** A table of the lake as DuckDB sees it: SQL for a view over exactly the files of one version. */
import type { ColumnSpec, ColumnType } from '../../engine/columnar/column.ts';
import type { Snapshot } from '../../engine/delta/types.ts';

/** Schema of the tables that list files. */
export const filesSchema = 'delta_log';

/**
 * SQL that makes the list of files, to be filled with one row for each file: its path, then the values of the partition
 * columns as the log writes them.
 */
export function fileListSql(name: string, { metadata }: Snapshot): string {
  const columns = [`${quoted(fileColumn(metadata))} VARCHAR`, ...partitionSpecs(metadata).map(typed)];
  return `CREATE TABLE ${fileList(name)} (${columns.join(', ')})`;
}

/**
 * SQL that makes the view `<layer>.<name>` and what it needs, once the list is filled. Columns have the table's types, whatever the
 * files were written with, and are null in files that are older than they are; partition columns come from the log.
 */
export function viewSql(name: string, { metadata, files }: Snapshot): string {
  const view = `CREATE VIEW ${name.split('.').map(quoted).join('.')} AS SELECT`;
  if (files.length === 0) {
    const nulls = metadata.columns.map((column) => `NULL::${duckdbType(column.type)} AS ${quoted(column.name)}`);
    return `${view} ${nulls.join(', ')} WHERE false`;
  }
  const partitions = partitionSpecs(metadata);
  const stored = metadata.columns.filter((column) => !partitions.includes(column));
  const columns = metadata.columns.map((column) => `${partitions.includes(column) ? 'f' : 'p'}.${quoted(column.name)}`);
  const schema = stored.map(
    ({ name: column, type }) =>
      `${text(column)}: {name: ${text(column)}, type: ${text(duckdbType(type))}, default_value: NULL}`,
  );
  const file = fileColumn(metadata);
  // The paths are a variable because a view over thousands of literals takes longer to read than its files to open.
  return `SET VARIABLE ${quoted(name)} = (SELECT list(${quoted(file)}) FROM ${fileList(name)});
${view} ${columns.join(', ')} FROM read_parquet(getvariable(${text(name)}), schema = MAP {${schema.join(', ')}}, hive_partitioning = false,
filename = ${text(file)}) p${partitions.length === 0 ? '' : ` JOIN ${fileList(name)} f USING (${quoted(file)})`}`;
}

/** The columns that a list of files has beside the path. */
export function partitionSpecs({ columns, partitionColumns }: Snapshot['metadata']): ColumnSpec[] {
  return partitionColumns.map((name) => columns.find((column) => column.name === name)!);
}

/** A name between double quotes. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text literal. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** The column that names the file of a row. By this name, and no other, DuckDB passes over files that a filter on it leaves out. */
function fileColumn({ columns }: Snapshot['metadata']): string {
  return columns.some(({ name }) => name.toLowerCase() === 'filename') ? '_cpa_file' : 'filename';
}

function fileList(name: string): string {
  return `${filesSchema}.${quoted(name)}`;
}

function typed({ name, type }: ColumnSpec): string {
  return `${quoted(name)} ${duckdbType(type)}`;
}

function duckdbType(type: ColumnType): string {
  return type.kind === 'decimal' ? `DECIMAL(${type.precision},${type.scale})` : plainTypes[type.kind];
}

const plainTypes = {
  utf8: 'VARCHAR',
  dictionary: 'VARCHAR',
  binary: 'BLOB',
  bool: 'BOOLEAN',
  int32: 'INTEGER',
  int64: 'BIGINT',
  float64: 'DOUBLE',
  date: 'DATE',
  timestamp: 'TIMESTAMPTZ',
} as const;
