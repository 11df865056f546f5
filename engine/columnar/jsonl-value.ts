/**
 * JSON values as raw text: where they end, and what they are to a column. For valid JSON; on a line of anything else, ended
 * by a line feed, the functions that look for an end stop at the line feed.
 */
import { type ColumnBuilder, RESCUE, TYPED, type Typing } from './builder-column.ts';

const encoder = new TextEncoder();
const LF = 10;
const QUOTE = 34;
const BACKSLASH = 92;

/** Gives the column the value at exactly `bytes[start … end)`; a string is unescaped first, null is nothing. */
export function giveValue(column: ColumnBuilder, row: number, bytes: Uint8Array, start: number, end: number): Typing {
  switch (bytes[start]) {
    case QUOTE: {
      if (bytes.subarray(start, end).indexOf(BACKSLASH) === -1) return column.text(row, bytes, start + 1, end - 1);
      return giveText(column, row, stringAt(bytes, start, end));
    }
    case 0x74:
      return column.bool(row, true);
    case 0x66:
      return column.bool(row, false);
    case 0x6e:
      return TYPED;
    case 0x7b:
    case 0x5b:
      return RESCUE;
    default:
      return column.number(row, bytes, start, end);
  }
}

/** Gives the column a string. */
export function giveText(column: ColumnBuilder, row: number, text: string): Typing {
  // A lone surrogate has no UTF-8: the column cannot hold the text.
  if (/\p{Surrogate}/u.test(text)) return RESCUE;
  const bytes = encoder.encode(text);
  return column.text(row, bytes, 0, bytes.length);
}

/** The text of the JSON string at `bytes[start … end)`, quotes included. */
export function stringAt(bytes: Uint8Array, start: number, end: number): string {
  const text = textAt(bytes, start, end);
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
}

/** The value of the JSON text at `bytes[start … end)`, or undefined if it is none. */
export function parsedAt(bytes: Uint8Array, start: number, end: number): unknown {
  try {
    return JSON.parse(textAt(bytes, start, end));
  } catch {
    return undefined;
  }
}

/** Valid UTF-8 as a string. A `TextDecoder` takes several times as long for a few bytes. */
function textAt(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}

/** Position after the closing quote of the string at `start`. */
export function stringEnd(bytes: Uint8Array, start: number): number {
  for (let p = start + 1; ; p++) {
    const byte = bytes[p];
    if (byte === QUOTE) return p + 1;
    if (byte === LF) return p;
    if (byte === BACKSLASH && bytes[p + 1] !== LF) p++;
  }
}

/** Position after the JSON value at `start`. */
export function valueEnd(bytes: Uint8Array, start: number): number {
  const first = bytes[start]!;
  let p = start;
  if (first !== QUOTE && first !== 0x7b && first !== 0x5b) {
    while (p < bytes.length && !endsScalar(bytes[p]!)) p++;
    return p;
  }
  let depth = 0;
  do {
    const byte = bytes[p]!;
    if (byte === LF) return p;
    if (byte === QUOTE) p = stringEnd(bytes, p);
    else {
      if (byte === 0x7b || byte === 0x5b) depth++;
      else if (byte === 0x7d || byte === 0x5d) depth--;
      p++;
    }
  } while (depth > 0);
  return p;
}

function endsScalar(byte: number): boolean {
  return byte === 0x2c || byte === 0x7d || byte === 32 || (byte >= 9 && byte <= 13);
}
