/**
 * Text in Arrow's layout to strings and back: for dictionaries, keys in messages and other places that touch few values.
 */
import type { BytesColumn } from './column.ts';
import { validityFromMask } from './validity.ts';

// Without ignoreBOM a text that starts with U+FEFF would lose it.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** Text of bytes `start … end`. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  return start === end ? '' : decoder.decode(bytes.subarray(start, end));
}

/** Text of every range of bytes between two offsets. */
export function decodeTexts(bytes: Uint8Array, offsets: Int32Array, length: number): string[] {
  const first = offsets[0] ?? 0;
  const texts: string[] = new Array(length);
  const whole = decodeText(bytes, first, offsets[length] ?? 0);
  // Every unit of the whole stands for at least one byte: when there are as many, cutting it is cutting the bytes.
  if (whole.length === (offsets[length] ?? 0) - first) {
    for (let i = 0; i < length; i++) texts[i] = whole.slice(offsets[i]! - first, offsets[i + 1]! - first);
  } else {
    for (let i = 0; i < length; i++) texts[i] = decodeText(bytes, offsets[i]!, offsets[i + 1]!);
  }
  return texts;
}

/** The texts as a column; null stays null. Lone surrogates become U+FFFD. Throws above 2 GiB of text. */
export function encodeTexts(values: readonly (string | null)[]): BytesColumn {
  const offsets = new Int32Array(values.length + 1);
  const mask = new Uint8Array(values.length);
  let capacity = 0;
  for (const value of values) if (value !== null) capacity += value.length * 3;
  const bytes = new Uint8Array(capacity);
  let end = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value !== null) {
      mask[i] = 1;
      if (value.length > 0) end += encoder.encodeInto(value, bytes.subarray(end)).written;
    }
    if (end > MAX_BYTES) throw new Error(`text column: ${end} bytes in ${i + 1} values, at most ${MAX_BYTES} fit`);
    offsets[i + 1] = end;
  }
  return { kind: 'utf8', length: values.length, validity: validityFromMask(mask), offsets, bytes: bytes.slice(0, end) };
}

/** Largest offset of an Arrow column with 32-bit offsets. */
export const MAX_BYTES = 2 ** 31 - 1;
