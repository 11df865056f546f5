/**
 * Rows of a mart as Cassandra holds them. Dates and decimals are asked for as the bytes they are kept as: the driver makes an
 * object of each, which costs more than everything else about reading a row.
 * Source: native_protocol_v4.spec, section 6.
 */

import { dayText } from '../engine/columnar/cell.ts';
import { type Column, type DecimalColumn, isValid } from '../engine/columnar/column.ts';
import { asCells, dayOfCell, wordOfCell } from './cell-columns.ts';
import { type CellValue, decimalTextOf, fromCassandra, readerOf } from './cell-value.ts';
import type { ServedMart } from './cql-type.ts';

/** `SELECT … FROM <mart>`: every column under its own name, for `cellReader` to read. */
export function selectStatement({ fields, table }: ServedMart): string {
  return `SELECT ${fields.map(({ name, type }) => asCells(name, type)).join(', ')} FROM ${table}`;
}

/** A column on both sides: rows of the lake, and cells that `selectStatement` asked for. */
export interface ComparedColumn {
  readonly name: string;
  readonly lake: (row: number) => CellValue;
  readonly cassandra: (cell: unknown) => CellValue;
  /** Whether row and cell have the same value. */
  readonly matches: (row: number, cell: unknown) => boolean;
}

/** The column of a mart to compare. */
export function comparedColumn(name: string, column: Column): ComparedColumn {
  const lake = readerOf(column);
  const cassandra = cellReader(column);
  const matches = (row: number, cell: unknown): boolean => Object.is(lake(row), cassandra(cell));
  if (column.kind !== 'decimal') return { name, lake, cassandra, matches };
  const holds = (row: number, cell: unknown): boolean =>
    cell instanceof Buffer && isValid(column, row) && hasBytes(column, row, cell);
  return { name, lake, cassandra, matches: (row, cell) => holds(row, cell) || matches(row, cell) };
}

function cellReader({ kind }: Column): (cell: unknown) => CellValue {
  if (kind === 'decimal') return (cell) => (cell instanceof Buffer ? decimalTextOf(cell) : null);
  if (kind !== 'date') return fromCassandra;
  const texts = new Map<number, string>();
  return (cell) => {
    if (!(cell instanceof Buffer)) return null;
    const days = dayOfCell(cell);
    let text = texts.get(days);
    if (text === undefined) {
      text = dayText(days);
      texts.set(days, text);
    }
    return text;
  };
}

/** Whether scale and unscaled integer are those of the cell; false also where equal values are kept in other ways. */
function hasBytes({ words, scale }: DecimalColumn, row: number, cell: Buffer): boolean {
  if (cell.readInt32BE(0) !== scale || cell.length < 5 || cell.length > 20) return false;
  for (let word = 0; word < 4; word++) {
    if (wordOfCell(cell, word) !== words[row * 4 + word]) return false;
  }
  return true;
}
