/** Keys of rows as texts, equal exactly when the keys are. */
import type { Table } from 'apache-arrow';
import { columnOf } from '../engine/columnar/table.ts';
import { type CellValue, readerOf } from './cell-value.ts';

/** The key of every row. */
export function rowKeys(table: Table, key: readonly string[]): string[] {
  const keyOf = rowKey(table, key);
  return Array.from({ length: table.numRows }, (_, row) => keyOf(row));
}

/** Gives the key of a row. */
export function rowKey(table: Table, key: readonly string[]): (row: number) => string {
  const readers = key.map((name) => readerOf(columnOf(table, name)));
  return (row) => keyText(readers.map((read) => read(row)));
}

/** The key made of these values. */
export function keyText(values: readonly CellValue[]): string {
  let text = '';
  for (const value of values) {
    const part = String(value);
    // The length first: no separator can be part of a value then.
    text += `${part.length}:${part}`;
  }
  return text;
}
