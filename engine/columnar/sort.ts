/**
 * Sorted order of rows. Every kind of key becomes words whose unsigned order is the key's, which are sorted from the last to
 * the first: stable, and without comparing rows.
 */
import type { Column } from './column.ts';
import { codesOfBytes } from './dictionary.ts';
import { pairsOf } from './gather.ts';
import { sortByWord } from './radix.ts';
import { encodeTexts } from './text.ts';
import { sortRowsByBytes } from './text-order.ts';

/** A column to sort by. Ascending with nulls last unless said otherwise; nulls stay where they are told when descending. */
export interface SortKey {
  readonly column: Column;
  readonly descending?: boolean;
  readonly nullsFirst?: boolean;
}

/**
 * Row numbers in sorted order, by the first key, then the second…; equal rows keep their order. Text sorts by its UTF-8
 * bytes, false before true, NaN after every number. Throws without keys, or when they differ in length.
 */
export function sortIndices(keys: readonly SortKey[]): Int32Array {
  const length = keys[0]?.column.length;
  if (length === undefined) throw new Error('sortIndices: no key');
  let order: Int32Array = Int32Array.from({ length }, (_, i) => i);
  for (const { column, descending, nullsFirst } of keys.toReversed()) {
    if (column.length !== length) throw new Error(`sortIndices: keys of ${length} and ${column.length} rows`);
    const { words, width, signed } = sortWords(column);
    const invert = descending === true ? -1 : 0;
    for (let w = 0; w < width; w++) {
      const sign = signed && w === width - 1 ? 0x80000000 : 0;
      order = sortByWord(order, words, width, w, invert ^ sign);
    }
    if (column.validity !== null) order = sortByWord(order, nullWords(column), 1, 0, nullsFirst === true ? -1 : 0);
  }
  return order;
}

/** `width` words a row, low word first, 0 in null slots; `signed` tells how to read the highest. */
interface SortWords {
  readonly words: Int32Array;
  readonly width: number;
  readonly signed: boolean;
}

function sortWords(column: Column): SortWords {
  const { length } = column;
  switch (column.kind) {
    case 'utf8':
    case 'binary': {
      const { codes, first } = codesOfBytes(column);
      const ranks = new Int32Array(first.length);
      sortRowsByBytes(column, first).forEach((row, rank) => {
        ranks[codes[row]!] = rank;
      });
      return {
        words: clearNulls(
          codes.map((code) => ranks[code] ?? 0),
          1,
          column,
        ),
        width: 1,
        signed: false,
      };
    }
    case 'dictionary': {
      const ranks = new Int32Array(column.values.length);
      const values = encodeTexts(column.values);
      sortRowsByBytes(
        values,
        Int32Array.from(column.values, (_, i) => i),
      ).forEach((code, rank) => {
        ranks[code] = rank;
      });
      return {
        words: clearNulls(
          column.codes.map((code) => ranks[code] ?? 0),
          1,
          column,
        ),
        width: 1,
        signed: false,
      };
    }
    case 'bool': {
      const words = Int32Array.from({ length }, (_, i) => (column.bits[i >> 3]! >> (i & 7)) & 1);
      return { words: clearNulls(words, 1, column), width: 1, signed: false };
    }
    case 'int32':
    case 'date':
      return { words: clearNulls(column.values, 1, column), width: 1, signed: true };
    case 'int64':
    case 'timestamp':
      return { words: clearNulls(pairsOf(column.values), 2, column), width: 2, signed: true };
    case 'decimal':
      return { words: clearNulls(column.words, 4, column), width: 4, signed: true };
    case 'float64':
      return { words: clearNulls(floatWords(column.values), 2, column), width: 2, signed: false };
  }
}

/** Doubles as words in their order: negative numbers have all bits flipped, others the sign alone. −0 is 0. */
function floatWords(values: Float64Array): Int32Array {
  const words = new Int32Array(values.map((value) => (Number.isNaN(value) ? Number.NaN : value + 0)).buffer);
  for (let i = 0; i < words.length; i += 2) {
    const negative = words[i + 1]! < 0;
    words[i]! ^= negative ? -1 : 0;
    words[i + 1]! ^= negative ? -1 : 0x80000000;
  }
  return words;
}

/** What null slots hold must not order them. */
function clearNulls(words: Int32Array, width: number, { validity, length }: Column): Int32Array {
  if (validity === null) return words;
  const out = words.slice(0, length * width);
  for (let i = 0; i < length; i++) {
    if (((validity[i >> 3]! >> (i & 7)) & 1) === 0) out.fill(0, i * width, (i + 1) * width);
  }
  return out;
}

function nullWords({ validity, length }: Column): Int32Array {
  return Int32Array.from({ length }, (_, i) => 1 - ((validity![i >> 3]! >> (i & 7)) & 1));
}
