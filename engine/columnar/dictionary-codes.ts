/**
 * Dictionary columns from the codes and dictionaries of other writers, which may repeat a value or hold null, and leave anything
 * in the codes of null slots.
 */
import type { BytesColumn, DictionaryColumn } from './column.ts';
import { codesOfBytes } from './dictionary.ts';
import { decodeTexts } from './text.ts';
import { validityFromMask, validMask } from './validity.ts';

/** The column of `codes` into the texts of the chunks end to end. */
export function dictionaryOfCodes(
  codes: Int32Array,
  validity: Uint8Array | null,
  chunks: readonly BytesColumn[],
): DictionaryColumn {
  const [only] = chunks;
  if (chunks.length === 1) {
    const values = textsOf(only!);
    if (areDistinct(only!, values)) return dictionaryOfValues(codes, validity, values);
  }
  const texts = chunks.flatMap(textsOf);
  const valid = chunks.flatMap((chunk) => [...validMask(chunk)]);
  const codeOf = new Map<string, number>();
  const translation = Int32Array.from(texts, (text, at) => {
    if (valid[at] === 0) return -1;
    const code = codeOf.get(text) ?? codeOf.size;
    codeOf.set(text, code);
    return code;
  });
  return translated(codes, validity, [...codeOf.keys()], translation);
}

/** The column of `codes` into distinct values. */
export function dictionaryOfValues(
  codes: Int32Array,
  validity: Uint8Array | null,
  values: readonly string[],
): DictionaryColumn {
  if (validity === null || areZeroWhereNull(codes, validity)) {
    return { kind: 'dictionary', length: codes.length, validity, codes, values };
  }
  return translated(codes, validity, values, null);
}

/** `translation`: for each code the one to hold, −1 for null; null when codes stay. */
function translated(
  codes: Int32Array,
  validity: Uint8Array | null,
  values: readonly string[],
  translation: Int32Array | null,
): DictionaryColumn {
  const { length } = codes;
  const mask = new Uint8Array(length);
  const out = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const valid = validity === null || ((validity[i >> 3]! >> (i & 7)) & 1) === 1;
    const to = !valid ? -1 : translation === null ? codes[i]! : translation[codes[i]!]!;
    if (to >= 0) {
      mask[i] = 1;
      out[i] = to;
    }
  }
  return { kind: 'dictionary', length, validity: validityFromMask(mask), codes: out, values };
}

function areZeroWhereNull(codes: Int32Array, validity: Uint8Array): boolean {
  for (let i = 0, length = codes.length; i < length; ) {
    const byte = validity[i >> 3]!;
    const end = Math.min(i + 8, length);
    if (byte === 255) i = end;
    else for (; i < end; i++) if (codes[i] !== 0 && ((byte >> (i & 7)) & 1) === 0) return false;
  }
  return true;
}

function textsOf({ bytes, offsets, length }: BytesColumn): string[] {
  return decodeTexts(bytes, offsets, length);
}

/** Whether no text is null or repeats. Bytes are hashed faster than strings; only those that are no UTF-8 are more distinct. */
function areDistinct(column: BytesColumn, texts: readonly string[]): boolean {
  if (column.validity !== null || codesOfBytes(column).first.length < column.length) return false;
  return !texts.some((text) => text.includes('\ufffd'));
}
