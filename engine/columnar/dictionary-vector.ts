/**
 * The values of dictionary columns as Arrow vectors, and back. Columns become tables and tables columns at every border:
 * values are put into bytes once, and read from bytes only when another writer laid them out.
 */
import { makeData, Utf8, Vector } from 'apache-arrow';
import { encodeTexts } from './text.ts';

const loneSurrogate = /\p{Cs}/u;

const vectorOfTexts = new WeakMap<readonly string[], Vector<Utf8>>();
const textsOfVector = new WeakMap<Vector, readonly string[]>();

/** The values as a vector: the same one for the same list, unless the list has grown. */
export function vectorOf(texts: readonly string[]): Vector<Utf8> {
  const known = vectorOfTexts.get(texts);
  if (known?.length === texts.length) return known;
  const { length, offsets, bytes } = encodeTexts(texts);
  const vector = new Vector([makeData({ type: new Utf8(), length, valueOffsets: offsets, data: bytes })]);
  vectorOfTexts.set(texts, vector);
  // A lone surrogate does not survive the bytes: such values have to be read back.
  if (!texts.some((text) => loneSurrogate.test(text))) textsOfVector.set(vector, texts);
  return vector;
}

/** The values of a vector made here; undefined for any other. */
export function knownTexts(vector: Vector): readonly string[] | undefined {
  const texts = textsOfVector.get(vector);
  return texts?.length === vector.length ? texts : undefined;
}
