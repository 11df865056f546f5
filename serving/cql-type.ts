/** How a mart's contract reads in CQL. */
import type { ColumnSpec, ColumnType } from '../engine/columnar/column.ts';
import type { ServingKey, TableContract } from '../schemas/contract.ts';

/** The CQL type that holds a column exactly. Throws for types that Cassandra cannot hold exactly (µs timestamps). */
export function cqlType(type: ColumnType): string {
  switch (type.kind) {
    case 'utf8':
    case 'dictionary':
      return 'text';
    case 'binary':
      return 'blob';
    case 'bool':
      return 'boolean';
    case 'int32':
      return 'int';
    case 'int64':
      return 'bigint';
    case 'float64':
      return 'double';
    case 'date':
      return 'date';
    case 'decimal':
      return 'decimal';
    case 'timestamp':
      throw new Error('a CQL timestamp holds milliseconds; microseconds would be lost');
  }
}

/** A mart as Cassandra serves it. */
export interface ServedMart {
  readonly contract: TableContract;
  /** Table name in the keyspace. */
  readonly table: string;
  readonly serving: ServingKey;
  /** Every column of a row: those of the contract in its order, and where increments are served those of `layerColumns`. */
  readonly fields: readonly ColumnSpec[];
  /** Their names. */
  readonly columns: readonly string[];
  /** Columns in which two rows of a key may differ so that one is not the other: not when and from where a row was written. */
  readonly compared: readonly string[];
  /** Primary key: partition columns, then clustering columns. */
  readonly key: readonly string[];
  /** The column that partitions the mart in the lake; part of the key. */
  readonly partition: string;
}

/** Which layer wrote a row last, the Bronze version whose total of the key it holds, and the publication that wrote it. */
const layerColumns: readonly ColumnSpec[] = [
  { name: 'layer', type: { kind: 'dictionary' }, nullable: false },
  { name: 'bronze_version', type: { kind: 'int64' }, nullable: false },
  { name: 'publication', type: { kind: 'int64' }, nullable: false },
];

/**
 * The mart a contract describes. Throws when the contract is not served, has a Cassandra partition of several columns, or its
 * lake partition is neither that column nor the first clustering one: rows of a day could not be read back then.
 */
export function servedMart(contract: TableContract): ServedMart {
  const { name, serving, partition } = contract;
  if (serving === null) throw new Error(`${name} is not served`);
  const key = [...serving.partition, ...serving.clustering.map((c) => c.column)];
  if (partition === null || serving.partition.length !== 1 || !key.slice(0, 2).includes(partition)) {
    throw new Error(
      `${name}: served by (${serving.partition}), ${key[1]}…, but partitioned by ${partition} in the lake`,
    );
  }
  const fields = serving.speed === null ? contract.fields : [...contract.fields, ...layerColumns];
  const columns = fields.map((f) => f.name);
  const compared = columns.filter((column) => column !== 'bronze_version' && column !== 'publication');
  return { contract, table: name.slice(name.indexOf('.') + 1), serving, fields, columns, compared, key, partition };
}

/** The table's definition, as a migration states it. */
export function createTable({ fields, table, serving }: ServedMart): string {
  const columns = fields.map((f) => `  ${f.name} ${cqlType(f.type)},\n`).join('');
  const clustering = serving.clustering.map((c) => c.column);
  const key = [`(${serving.partition.join(', ')})`, ...clustering].join(', ');
  const order = serving.clustering.map((c) => `${c.column} ${c.order}`).join(', ');
  return `CREATE TABLE IF NOT EXISTS ${table} (\n${columns}  PRIMARY KEY (${key})\n) WITH CLUSTERING ORDER BY (${order});\n`;
}

/** Inserts a row: every column, in their order. */
export function insertStatement({ table, columns }: ServedMart): string {
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
}

/** Deletes a row by its key, in the order of `key`. */
export function deleteStatement({ table, key }: ServedMart): string {
  return `DELETE FROM ${table} WHERE ${key.map((column) => `${column} = ?`).join(' AND ')}`;
}
