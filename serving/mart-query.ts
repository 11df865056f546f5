/** Named queries of whole rows, which come as columns: for answers that sum many rows. */
import type { types } from 'cassandra-driver';
import type { Column, ColumnSpec } from '../engine/columnar/column.ts';
import { contractOf } from '../schemas/catalog.ts';
import { asCells, columnOfCells } from './cell-columns.ts';
import { namedStatement } from './cql-folder.ts';
import { type ServedMart, servedMart } from './cql-type.ts';

/** A statement of `cql/queries` that selects columns of one mart by their names. */
export interface MartQuery {
  readonly mart: ServedMart;
  /** As it is sent: dates and decimals as the bytes they are kept as. */
  readonly statement: string;
  readonly fields: readonly ColumnSpec[];
}

/** Columns of equal length by name. */
export type Columns = Readonly<Record<string, Column>>;

/**
 * The query `cql/queries/<name>.cql`, of its columns those `wanted` (default: all). Throws when it selects anything but columns of a
 * mart.
 */
export async function martQuery(name: string, wanted: (column: string) => boolean = () => true): Promise<MartQuery> {
  const text = await namedStatement(name);
  const [, list, rest, table] = /^SELECT\s+(.*?)\s+(FROM\s+(\w+)\s.*)$/s.exec(text) ?? [];
  if (list === undefined || rest === undefined) throw new Error(`cql/queries/${name}.cql does not select columns`);
  const mart = servedMart(contractOf(`gold.${table}`));
  const fields = list.split(',').map((column) => {
    const field = mart.fields.find((f) => f.name === column.trim());
    if (field === undefined) throw new Error(`cql/queries/${name}.cql: ${table} has no column ${column.trim()}`);
    return field;
  });
  const read = fields.filter((field) => wanted(field.name));
  const cells = read.map((field) => asCells(field.name, field.type)).join(', ');
  return { mart, statement: `SELECT ${cells} ${rest}`, fields: read };
}

/** The rows that the statement gave, as columns. Empties the array: what waited for it may hold it for long. */
export function columnsOfRows({ fields }: MartQuery, rows: types.Row[]): Columns {
  const columns = Object.fromEntries(fields.map(({ name, type }) => [name, columnOfCells(type, rows, name)]));
  rows.length = 0;
  return columns;
}
