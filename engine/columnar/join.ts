/**
 * Joins as row numbers: what `takeColumn` needs to bring the right side's columns to the left side's rows. Null joins nothing.
 */
import type { Column, Int32Column, Int64Column } from './column.ts';
import { valueAt } from './column-of.ts';
import { pairsOf } from './gather.ts';
import { commonCodes } from './join-keys.ts';
import { sortIndices } from './sort.ts';

/**
 * For every left row the right row with equal keys, −1 where there is none. Text may be a dictionary on one side only. Throws
 * when the right keys repeat, naming the key, or when a pair of keys differs in type.
 */
export function hashJoin(leftKeys: readonly Column[], rightKeys: readonly Column[]): Int32Array {
  const { left, right, cardinality } = commonCodes(leftKeys, rightKeys);
  const rowOf = new Int32Array(cardinality).fill(-1);
  for (let row = 0, end = right.length; row < end; row++) {
    const code = right[row]!;
    if (code < 0) continue;
    if (rowOf[code]! >= 0) {
      const key = rightKeys.map((column) => String(valueAt(column, row))).join(', ');
      throw new Error(`hashJoin: right key (${key}) repeats in rows ${rowOf[code]} and ${row}`);
    }
    rowOf[code] = row;
  }
  const rows = new Int32Array(left.length);
  for (let i = 0, end = left.length; i < end; i++) rows[i] = left[i]! < 0 ? -1 : rowOf[left[i]!]!;
  return rows;
}

/** What an as-of join compares: times are timestamps on both sides, or dates on both. */
export interface AsOfJoin {
  readonly leftKey: Column;
  readonly leftTime: Int64Column | Int32Column;
  readonly rightKey: Column;
  /** From when each right row holds. */
  readonly rightFrom: Int64Column | Int32Column;
}

/**
 * For every left row the right row of its key with the greatest `from` at or before its time; when there is none, or the time
 * is null, the key's earliest; −1 when the right side lacks the key. Throws when a right row has no `from`, or when two rows
 * of a key have the same.
 */
export function asOfJoin({ leftKey, leftTime, rightKey, rightFrom }: AsOfJoin): Int32Array {
  if (leftTime.kind !== rightFrom.kind) throw new TypeError(`asOfJoin: ${leftTime.kind} against ${rightFrom.kind}`);
  if (leftTime.length !== leftKey.length || rightFrom.length !== rightKey.length) {
    throw new Error('asOfJoin: keys and times differ in length');
  }
  const { left, right, cardinality } = commonCodes([leftKey], [rightKey]);
  const versions = versionsOf(right, cardinality, rightKey, rightFrom);
  const { starts, rows, high, low } = versions;
  if (rows.length <= cardinality && starts.every((start, code) => code === 0 || start - starts[code - 1]! <= 1)) {
    return onlyVersions(left, starts, rows);
  }
  const time = wordsOfTime(leftTime);
  const { validity } = leftTime;
  const result = new Int32Array(left.length);
  for (let i = 0, end = left.length; i < end; i++) {
    const code = left[i]!;
    const first = code < 0 ? 0 : starts[code]!;
    let at = code < 0 ? 0 : starts[code + 1]!;
    if (at === first) {
      result[i] = -1;
      continue;
    }
    const timeHigh = time.high[i]!;
    const timeLow = time.low[i]!;
    if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) at = first + 1;
    else if (at - first > LINEAR) at = firstAfter(high, low, first, at, timeHigh, timeLow);
    else while (at > first && isAfter(high[at - 1]!, low[at - 1]!, timeHigh, timeLow)) at--;
    // `at` is the first version after the time.
    result[i] = rows[at > first ? at - 1 : first]!;
  }
  return result;
}

/** The right rows where no key has more than one version: no time matters. */
function onlyVersions(left: Int32Array, starts: Int32Array, rows: Int32Array): Int32Array {
  // Position 0 stands for code −1.
  const rowOf = new Int32Array(starts.length).fill(-1);
  for (let code = 0; code + 1 < starts.length; code++) {
    if (starts[code + 1]! > starts[code]!) rowOf[code + 1] = rows[starts[code]!]!;
  }
  const result = new Int32Array(left.length);
  for (let i = 0, end = left.length; i < end; i++) result[i] = rowOf[left[i]! + 1]!;
  return result;
}

/** Up to so many versions of a key are looked through from the newest: cheaper than halving. */
const LINEAR = 10;

interface Versions {
  /** Where the versions of each code start. */
  readonly starts: Int32Array;
  /** Right rows by code, then by `from`, and their times in words. */
  readonly rows: Int32Array;
  readonly high: Int32Array;
  readonly low: Int32Array;
}

function versionsOf(codes: Int32Array, cardinality: number, key: Column, from: Int64Column | Int32Column): Versions {
  const column: Column = { kind: 'int32', length: codes.length, validity: null, values: codes };
  const order = sortIndices([{ column }, { column: from }]);
  // Rows without a key have code −1 and sort to the front.
  const keyless = codes.reduce((count, code) => (code < 0 ? count + 1 : count), 0);
  const rows = order.subarray(keyless);
  const starts = new Int32Array(cardinality + 1);
  for (const row of rows) starts[codes[row]! + 1]! += 1;
  for (let code = 0; code < cardinality; code++) starts[code + 1]! += starts[code]!;
  const words = wordsOfTime(from);
  const high = rows.map((row) => words.high[row]!);
  const low = rows.map((row) => words.low[row]!);
  for (let at = 0, end = rows.length; at < end; at++) {
    const row = rows[at]!;
    if (from.validity !== null && valueAt(from, row) === null) {
      throw new Error(`asOfJoin: right row ${row}, key ${String(valueAt(key, row))}, has no from`);
    }
    const before = rows[at - 1];
    if (before !== undefined && codes[before] === codes[row] && high[at - 1] === high[at] && low[at - 1] === low[at]) {
      const text = `${String(valueAt(key, row))} from ${String(valueAt(from, row))}`;
      throw new Error(`asOfJoin: right rows ${before} and ${row} are both ${text}`);
    }
  }
  return { starts, rows, high, low };
}

/** Times as a signed high word and a low word moved so that signed comparison orders it. */
function wordsOfTime(time: Int64Column | Int32Column): { high: Int32Array; low: Int32Array } {
  const { values, length } = time;
  if (values instanceof Int32Array) return { high: values, low: new Int32Array(length) };
  const pairs = pairsOf(values);
  const high = new Int32Array(length);
  const low = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    high[i] = pairs[i * 2 + 1]!;
    low[i] = pairs[i * 2]! ^ 0x80000000;
  }
  return { high, low };
}

function isAfter(high: number, low: number, timeHigh: number, timeLow: number): boolean {
  return high > timeHigh || (high === timeHigh && low > timeLow);
}

function firstAfter(
  high: Int32Array,
  low: Int32Array,
  from: number,
  to: number,
  timeHigh: number,
  timeLow: number,
): number {
  let begin = from;
  let end = to;
  while (begin < end) {
    const middle = (begin + end) >> 1;
    if (isAfter(high[middle]!, low[middle]!, timeHigh, timeLow)) end = middle;
    else begin = middle + 1;
  }
  return begin;
}
