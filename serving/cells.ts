/**
 * Cells of Arrow columns as Cassandra's native protocol carries them: the driver passes buffers through as they are, so a row
 * costs no objects but these.
 * Source: native_protocol_v4.spec, section 6.
 */
import type { Column, DecimalColumn, DictionaryColumn, Int64Column } from '../engine/columnar/column.ts';

/** The cell of a row, null for null. */
export type Cell = (row: number) => Buffer | null;

/** The cells of a column. Throws for timestamps (see `cqlType`). */
export function cellsOf(column: Column): Cell {
  const cell = valueCells(column);
  const { validity } = column;
  if (validity === null) return cell;
  return (row) => (((validity[row >> 3]! >> (row & 7)) & 1) === 0 ? null : cell(row));
}

function valueCells(column: Column): (row: number) => Buffer {
  switch (column.kind) {
    case 'utf8':
    case 'binary': {
      const { offsets, bytes } = column;
      const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      return (row) => all.subarray(offsets[row]!, offsets[row + 1]!);
    }
    case 'dictionary':
      return dictionaryCells(column);
    case 'bool': {
      const cells = [Buffer.of(0), Buffer.of(1)];
      return (row) => cells[(column.bits[row >> 3]! >> (row & 7)) & 1]!;
    }
    case 'int32':
      return remembered(column.values, (value) => int32(value));
    case 'date':
      // Days with 1970-01-01 at 2^31.
      return remembered(column.values, (value) => int32(value ^ 0x80000000));
    case 'int64':
      return int64Cells(column);
    case 'float64':
      return (row) => {
        const cell = Buffer.allocUnsafe(8);
        cell.writeDoubleBE(column.values[row]!);
        return cell;
      };
    case 'decimal':
      return decimalCells(column);
    case 'timestamp':
      throw new Error('a CQL timestamp holds milliseconds; microseconds would be lost');
  }
}

function dictionaryCells({ codes, values }: DictionaryColumn): (row: number) => Buffer {
  const cells: Buffer[] = [];
  return (row) => {
    const code = codes[row]!;
    let cell = cells[code];
    if (cell === undefined) {
      cell = Buffer.from(values[code]!);
      cells[code] = cell;
    }
    return cell;
  };
}

function int32(value: number): Buffer {
  const cell = Buffer.allocUnsafe(4);
  cell.writeInt32BE(value | 0);
  return cell;
}

/** Days and small counts repeat: rows that are neighbours mostly share them. */
function remembered(values: Int32Array, encode: (value: number) => Buffer): (row: number) => Buffer {
  let last: number | undefined;
  let cell: Buffer = Buffer.alloc(0);
  return (row) => {
    const value = values[row]!;
    if (value !== last) {
      last = value;
      cell = encode(value);
    }
    return cell;
  };
}

function int64Cells({ values }: Int64Column): (row: number) => Buffer {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  return (row) => {
    const cell = Buffer.allocUnsafe(8);
    cell.writeInt32BE(words[row * 2 + 1]!, 0);
    cell.writeInt32BE(words[row * 2]!, 4);
    return cell;
  };
}

/** Scale as int32, then the unscaled integer in as few big-endian two's complement bytes as hold it. */
function decimalCells({ words, scale }: DecimalColumn): (row: number) => Buffer {
  return (row) => {
    const first = row * 4;
    let top = 3;
    while (top > 0 && words[first + top] === words[first + top - 1]! >> 31) top--;
    const high = words[first + top]!;
    let bytes = 4;
    if (high >= -0x80 && high < 0x80) bytes = 1;
    else if (high >= -0x8000 && high < 0x8000) bytes = 2;
    else if (high >= -0x800000 && high < 0x800000) bytes = 3;
    const cell = Buffer.allocUnsafe(4 + bytes + top * 4);
    cell.writeInt32BE(scale, 0);
    cell.writeIntBE(high, 4, bytes);
    for (let word = top - 1, at = 4 + bytes; word >= 0; word--, at += 4) cell.writeInt32BE(words[first + word]!, at);
    return cell;
  };
}
