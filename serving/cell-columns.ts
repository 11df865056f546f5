/**
 * Columns from the cells of rows that Cassandra gives: the inverse of `cells.ts`. Dates and decimals are taken as the bytes they
 * are kept as, since the driver makes an object of each.
 * Source: native_protocol_v4.spec, section 6.
 */
import type { Column, ColumnType, DecimalColumn, DictionaryColumn } from '../engine/columnar/column.ts';
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

/** The column `name` of rows as the driver gives them, in their order. Throws for a decimal of another scale than the type's. */
export function columnOfCells(type: ColumnType, rows: readonly CellRow[], name: string): Column {
  switch (type.kind) {
    case 'decimal':
      return decimalColumnOf(type.precision, type.scale, rows, name);
    case 'dictionary':
      return dictionaryColumnOf(rows, name);
    case 'date':
      return { kind: 'date', ...numbersOf(new Int32Array(rows.length), rows, name, dayOfCell) };
    case 'int64':
      return { kind: 'int64', ...numbersOf(new BigInt64Array(rows.length), rows, name, (cell: bigint) => cell) };
    case 'float64':
      return { kind: 'float64', ...numbersOf(new Float64Array(rows.length), rows, name, (cell: number) => cell) };
    default:
      return columnOfValues(
        type,
        rows.map((row) => (row[name] ?? null) as ColumnValue),
      );
  }
}

/** A row as the driver gives it: cells by the names of their columns. */
export type CellRow = Readonly<Record<string, unknown>>;

function numbersOf<T extends Int32Array | BigInt64Array | Float64Array, C>(
  values: T,
  rows: readonly CellRow[],
  name: string,
  read: (cell: C) => T[number],
): { readonly length: number; readonly validity: Uint8Array | null; readonly values: T } {
  const { length } = rows;
  const valid = new Uint8Array(length);
  for (let row = 0; row < length; row++) {
    const cell = rows[row]![name];
    if (cell === null || cell === undefined) continue;
    valid[row] = 1;
    values[row] = read(cell as C);
  }
  return { length, validity: validityFromMask(valid), values };
}

function dictionaryColumnOf(rows: readonly CellRow[], name: string): DictionaryColumn {
  const { length } = rows;
  const codes = new Int32Array(length);
  const valid = new Uint8Array(length);
  const known = new Map<string, number>();
  for (let row = 0; row < length; row++) {
    const cell = rows[row]![name];
    if (typeof cell !== 'string') continue;
    valid[row] = 1;
    let code = known.get(cell);
    if (code === undefined) {
      code = known.size;
      known.set(cell, code);
    }
    codes[row] = code;
  }
  return { kind: 'dictionary', length, validity: validityFromMask(valid), codes, values: [...known.keys()] };
}

function decimalColumnOf(precision: number, scale: number, rows: readonly CellRow[], name: string): DecimalColumn {
  const { length } = rows;
  const words = new Int32Array(length * 4);
  const valid = new Uint8Array(length);
  for (let row = 0, at = 0; row < length; row++, at += 4) {
    const cell = rows[row]![name] as Buffer | null | undefined;
    if (cell === null || cell === undefined) continue;
    const size = cell.length - 4;
    if (cell.readInt32BE(0) !== scale || size > 16) {
      throw new Error(`a decimal of scale ${cell.readInt32BE(0)} in ${cell.length} bytes, expected scale ${scale}`);
    }
    valid[row] = 1;
    if (size > 8) {
      for (let word = 0; word < 4; word++) words[at + word] = wordOfCell(cell, word);
      continue;
    }
    const sign = (cell[4]! << 24) >> 31;
    let [low, high] = [sign, sign];
    for (let byte = 4; byte < size + 4; byte++) {
      high = (high << 8) | (low >>> 24);
      low = (low << 8) | cell[byte]!;
    }
    words[at] = low;
    words[at + 1] = high;
    words[at + 2] = sign;
    words[at + 3] = sign;
  }
  return { kind: 'decimal', length, validity: validityFromMask(valid), precision, scale, words };
}
