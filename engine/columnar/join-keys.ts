/**
 * The keys of two tables in one space of codes.
 */
import { codesOf, combineCodes } from './codes.ts';
import type { BytesColumn, Column } from './column.ts';
import { concatColumns } from './concat-columns.ts';
import { encodeDictionary, translateCodes } from './dictionary.ts';

/** Codes that are equal across both sides where the keys are; −1 for a null key, and for left keys the right side lacks. */
export interface CommonCodes {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly cardinality: number;
}

/** Codes of both sides' keys. Throws when their numbers or lengths differ, or a pair differs in type. */
export function commonCodes(leftKeys: readonly Column[], rightKeys: readonly Column[]): CommonCodes {
  const [left, right] = [leftKeys[0], rightKeys[0]];
  if (left === undefined || right === undefined || leftKeys.length !== rightKeys.length) {
    throw new Error(`join: ${leftKeys.length} left keys, ${rightKeys.length} right keys`);
  }
  for (const [keys, length] of [[leftKeys, left.length] as const, [rightKeys, right.length] as const]) {
    for (const key of keys)
      if (key.length !== length) throw new Error(`join: keys of ${length} and ${key.length} rows`);
  }
  if (leftKeys.length === 1 && left.kind === 'dictionary' && right.kind === 'dictionary') {
    const translation = translateCodes(left.values, right.values);
    const own = Int32Array.from(right.values, (_, code) => code);
    return {
      left: codesThrough(left.codes, translation, left),
      right: codesThrough(right.codes, own, right),
      cardinality: right.values.length,
    };
  }
  // Right above left: one space of codes for both.
  const joined = leftKeys.map((key, at) => codesOf(concatColumns(alike(rightKeys[at]!, key))));
  const { codes, cardinality } = joined.reduce(combineCodes);
  const split = right.length;
  return {
    left: withoutNulls(codes.subarray(split), leftKeys),
    right: withoutNulls(codes.subarray(0, split), rightKeys),
    cardinality,
  };
}

/** Two columns in one layout when they differ only in having a dictionary. */
function alike(a: Column, b: Column): Column[] {
  if (a.kind === 'utf8' && b.kind === 'dictionary') return [encodeDictionary(a), b];
  if (a.kind === 'dictionary' && b.kind === 'utf8') return [a, encodeDictionary(b as BytesColumn)];
  return [a, b];
}

function codesThrough(codes: Int32Array, translation: Int32Array, { validity, length }: Column): Int32Array {
  const out = new Int32Array(length);
  if (validity === null) for (let i = 0; i < length; i++) out[i] = translation[codes[i]!]!;
  else
    for (let i = 0; i < length; i++) {
      out[i] = ((validity[i >> 3]! >> (i & 7)) & 1) === 1 ? translation[codes[i]!]! : -1;
    }
  return out;
}

function withoutNulls(codes: Int32Array, keys: readonly Column[]): Int32Array {
  let out = codes;
  for (const { validity, length } of keys) {
    if (validity === null) continue;
    if (out === codes) out = codes.slice();
    for (let i = 0; i < length; i++) if (((validity[i >> 3]! >> (i & 7)) & 1) === 0) out[i] = -1;
  }
  return out;
}
