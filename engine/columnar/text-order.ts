/**
 * Text in the order of its UTF-8 bytes, which is the order of code points.
 */
import type { BytesColumn } from './column.ts';
import { sortByWord } from './radix.ts';

/**
 * The given rows of a text or bytes column, sorted by their bytes. Most pairs differ in the eight bytes after the prefix that
 * all share: those are sorted as numbers, and only rows equal in them are compared byte by byte.
 */
export function sortRowsByBytes(column: BytesColumn, rows: Int32Array): Int32Array {
  const { offsets, bytes } = column;
  const prefix = commonPrefix(column, rows);
  const words = new Int32Array(rows.length * 2);
  for (let i = 0; i < rows.length; i++) {
    const at = offsets[rows[i]!]! + prefix;
    const end = offsets[rows[i]! + 1]!;
    words[i * 2] = wordAt(bytes, at + 4, end);
    words[i * 2 + 1] = wordAt(bytes, at, end);
  }
  const positions = Int32Array.from(rows, (_, i) => i);
  const order = sortByWord(sortByWord(positions, words, 2, 0), words, 2, 1);
  for (let i = 0; i < order.length; ) {
    const first = order[i]!;
    let next = i + 1;
    while (next < order.length && sameWords(words, first, order[next]!)) next++;
    if (next > i + 1) order.subarray(i, next).sort((a, b) => compareRows(column, rows[a]!, rows[b]!) || a - b);
    i = next;
  }
  return order.map((position) => rows[position]!);
}

/** Less than 0, 0 or more than 0 as the bytes of row `a` come before, equal or come after those of row `b`. */
function compareRows({ offsets, bytes }: BytesColumn, a: number, b: number): number {
  const endA = offsets[a + 1]!;
  const endB = offsets[b + 1]!;
  let atA = offsets[a]!;
  let atB = offsets[b]!;
  for (; atA < endA && atB < endB; atA++, atB++) if (bytes[atA] !== bytes[atB]) return bytes[atA]! - bytes[atB]!;
  return endA - atA - (endB - atB);
}

function commonPrefix({ offsets, bytes }: BytesColumn, rows: Int32Array): number {
  if (rows.length === 0) return 0;
  const start = offsets[rows[0]!]!;
  let prefix = offsets[rows[0]! + 1]! - start;
  for (let i = 1; i < rows.length && prefix > 0; i++) {
    const at = offsets[rows[i]!]!;
    const limit = Math.min(prefix, offsets[rows[i]! + 1]! - at);
    let same = 0;
    while (same < limit && bytes[start + same] === bytes[at + same]) same++;
    prefix = same;
  }
  return prefix;
}

/** Four bytes as a big-endian word, zeros past the end. */
function wordAt(bytes: Uint8Array, at: number, end: number): number {
  let word = 0;
  for (let b = 0; b < 4; b++) word = (word << 8) | (at + b < end ? bytes[at + b]! : 0);
  return word;
}

function sameWords(words: Int32Array, a: number, b: number): boolean {
  return words[a * 2] === words[b * 2] && words[a * 2 + 1] === words[b * 2 + 1];
}
