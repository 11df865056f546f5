/**
 * Columns from the cells of rows that Cassandra gives: the inverse of `cells.ts`. Dates and decimals are taken as the bytes they
 * are kept as, since the driver makes an object of each.
 * Source: native_protocol_v4.spec, section 6.
 */
import type { Column, ColumnType, DecimalColumn } from '../engine/columnar/column.ts';
import { type ColumnValue, columnOfValues } from '../engine/columnar/column-of.ts';
import { validityFromMask } from '../engine/columnar/validity.ts';

/** The expression that gives a column's cells for `columnOfCells`, under the column's own name. */
export function asCells(name: string, { kind }: ColumnType): string {
  return kind === 'date' || kind === 'decimal' ? `${kind}AsBlob(${name}) AS ${name}` : name;
}

/** Days since 1970-01-01 of a cell of type date. */
export function dayOfCell(cell: Buffer): number {
  // Days with 1970-01-01 at 2^31.
  return cell.readUInt32BE() - 2 ** 31;
}

/**
 * A word of the unscaled integer of a decimal cell, word 0 the lowest: the bytes that are left for it, the last ones first. Words
 * beyond the cell repeat its sign.
 */
export function wordOfCell(cell: Buffer, word: number): number {
  const at = cell.length - 4 * (word + 1);
  return at >= 4 ? cell.readInt32BE(at) : at > 0 ? cell.readIntBE(4, at) : cell.readInt8(4) >> 7;
}

/** A column from cells in the order of the rows. Throws for a decimal of another scale than the type's, and for timestamps. */
export function columnOfCells(type: ColumnType, cells: readonly unknown[]): Column {
  if (type.kind === 'decimal') return decimalColumnOf(type.precision, type.scale, cells as readonly (Buffer | null)[]);
  const value = type.kind === 'date' ? (cell: unknown) => dayOfCell(cell as Buffer) : (cell: unknown) => cell;
  return columnOfValues(
    type,
    cells.map((cell) => (cell === null || cell === undefined ? null : (value(cell) as ColumnValue))),
  );
}

function decimalColumnOf(precision: number, scale: number, cells: readonly (Buffer | null)[]): DecimalColumn {
  const { length } = cells;
  const words = new Int32Array(length * 4);
  const valid = new Uint8Array(length);
  for (let row = 0; row < length; row++) {
    const cell = cells[row];
    if (cell === null || cell === undefined) continue;
    if (cell.readInt32BE(0) !== scale || cell.length > 20) {
      throw new Error(`a decimal of scale ${cell.readInt32BE(0)} in ${cell.length} bytes, expected scale ${scale}`);
    }
    valid[row] = 1;
    for (let word = 0; word < 4; word++) words[row * 4 + word] = wordOfCell(cell, word);
  }
  return { kind: 'decimal', length, validity: validityFromMask(valid), precision, scale, words };
}
