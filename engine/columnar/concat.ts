/**
 * Tables end to end.
 */
import type { Table } from 'apache-arrow';
import type { ColumnSpec } from './column.ts';
import { concatColumns, typeName } from './concat-columns.ts';
import { columnOf, specsOf, tableOf } from './table.ts';

export { concatColumns };

/**
 * The rows of all tables in order, as one record batch. A column is nullable when it is so in any of them. Throws when
 * there is no table, or their columns differ in name, order or logical type.
 */
export function concatTables(tables: readonly Table[]): Table {
  const head = tables[0];
  if (head === undefined) throw new Error('concatTables: no table');
  const specs = specsOf(head).map((spec) => ({ ...spec }));
  for (const table of tables) {
    const others = specsOf(table);
    if (describe(others) !== describe(specs)) {
      throw new Error(`concatTables: columns (${describe(others)}) after (${describe(specs)})`);
    }
    others.forEach((other, at) => {
      if (other.nullable) specs[at] = other;
    });
  }
  const columns = specs.map(({ name }) => [name, concatColumns(tables.map((table) => columnOf(table, name)))] as const);
  return tableOf(Object.fromEntries(columns), specs);
}

function describe(specs: readonly ColumnSpec[]): string {
  return specs.map(({ name, type }) => `${name}: ${typeName(type)}`).join(', ');
}
