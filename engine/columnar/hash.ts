/**
 * What rows a table holds, as one short text: the same for the same rows in any order, split and layout.
 */
import type { Table } from 'apache-arrow';
import type { ColumnType } from './column.ts';
import { typeName } from './concat-columns.ts';
import { hashBytes, secondLane, viewOf } from './hash-bytes.ts';
import { type RowHashes, rowHashes } from './row-hashes.ts';
import { columnOf, specsOf } from './table.ts';

export { type RowHashes, rowHashes };

const SEEDS = [0x2545f491, 0x6a09e667] as const;
const BLOCK = 1 << 20;

/** The logical hash of a table's named columns: 32 hexadecimal digits. See `LogicalHash`. */
export function logicalHash(table: Table, columnNames: readonly string[]): string {
  const hash = new LogicalHash(columnNames);
  hash.add(table);
  return hash.digest();
}

/**
 * A multiset hash over the rows of any number of tables: the sum, modulo 2^128, of 128-bit row hashes, with the number of rows
 * and the columns' names and types (text is one type with and without a dictionary). Without rows the types do not
 * count, so that a table without files is like one of empty files. Good against accidents, not against forgers.
 */
export class LogicalHash {
  readonly #names: readonly string[];
  #types: string | null = null;
  #rows = 0;
  #sum = 0n;

  /** Throws without names. */
  constructor(columnNames: readonly string[]) {
    if (columnNames.length === 0) throw new Error('LogicalHash: no column');
    this.#names = columnNames;
  }

  /** Counts the table's rows in. Throws when a column is missing or has another type than in tables added before. */
  add(table: Table): void {
    if (table.numRows === 0) return;
    const types = this.#typesOf(table);
    this.#types ??= types;
    if (types !== this.#types) throw new Error(`LogicalHash: columns (${types}) after (${this.#types})`);
    const columns = this.#names.map((name) => columnOf(table, name));
    const [low, high] = SEEDS.map((seed) => rowHashes(columns, seed)) as [RowHashes, RowHashes];
    const lanes = [low.lo, low.hi, high.lo, high.hi];
    lanes.forEach((lane, at) => {
      this.#sum += sumUnsigned(lane) << BigInt(32 * at);
    });
    this.#sum = BigInt.asUintN(128, this.#sum);
    this.#rows += table.numRows;
  }

  /** 32 hexadecimal digits for all rows added so far. */
  digest(): string {
    const text = JSON.stringify([this.#names, this.#types, this.#rows, this.#sum.toString(16)]);
    const bytes = new TextEncoder().encode(text);
    return SEEDS.map((seed) => {
      const low = hashBytes(viewOf(bytes), 0, bytes.length, seed);
      return hex(secondLane.hi) + hex(low);
    }).join('');
  }

  #typesOf(table: Table): string {
    const types = new Map(specsOf(table).map(({ name, type }) => [name, valueType(type)]));
    return this.#names.map((name) => `${name}: ${types.get(name)}`).join(', ');
  }
}

/** Types whose values hash alike have one name. */
function valueType(type: ColumnType): string {
  return type.kind === 'dictionary' ? 'utf8' : typeName(type);
}

function sumUnsigned(lane: Int32Array): bigint {
  let total = 0n;
  for (let from = 0; from < lane.length; from += BLOCK) {
    // A block's sum stays below 2^52: exact.
    let sum = 0;
    const to = Math.min(from + BLOCK, lane.length);
    for (let i = from; i < to; i++) sum += lane[i]! >>> 0;
    total += BigInt(sum);
  }
  return total;
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
