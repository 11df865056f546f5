/**
 * One JSONL line into a row: the complete reader, which takes every line there is. `JSON.parse` decides what is JSON.
 */
import { type ColumnBuilder, RESCUE, type Typing } from './builder-column.ts';
import type { RescueBuilder } from './builder-rescue.ts';

/** Where the values of a line go. */
export interface LineTarget {
  readonly columns: readonly ColumnBuilder[];
  /** Field name → its place in `columns`. Fields not in it are rescued. */
  readonly index: ReadonlyMap<string, number>;
  readonly rescued: RescueBuilder;
}

/** A member of an object, as positions in the line: key and value include their quotes. */
interface Member {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Reads the line at `bytes[start … end)` into row `row` of the target. Returns null, or why the line is not a row; then
 * nothing was written.
 */
export function readLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: LineTarget,
  row: number,
): string | null {
  const problem = problemOf(bytes, start, end);
  if (problem !== null) return problem;
  const members = membersOf(bytes, start);
  const last = new Map(members.map((member, i) => [member.key, i]));
  members.forEach((member, i) => {
    if (last.get(member.key) !== i) return;
    const column = target.index.get(member.key);
    if (column === undefined || give(target.columns[column]!, row, bytes, member) === RESCUE) {
      rescue(target.rescued, member.key, bytes, member.start, member.end);
    }
  });
  if (last.size !== members.length) {
    const repeated = members.filter((member, i) => last.get(member.key) !== i).map((member) => member.key);
    const names = encoder.encode(JSON.stringify([...new Set(repeated)]));
    rescue(target.rescued, '_repeated', names, 0, names.length);
  }
  return null;
}

/** Why the line is not a JSON object in UTF-8, or null when it is. */
function problemOf(bytes: Uint8Array, start: number, end: number): string | null {
  let text: string;
  try {
    text = utf8.decode(bytes.subarray(start, end));
  } catch {
    return 'not UTF-8';
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  if (value === null) return 'JSON null, not an object';
  if (Array.isArray(value)) return 'a JSON array, not an object';
  return typeof value === 'object' ? null : `a JSON ${typeof value}, not an object`;
}

function rescue(rescued: RescueBuilder, key: string, bytes: Uint8Array, start: number, end: number): void {
  const name = encoder.encode(JSON.stringify(key));
  rescued.member(name, 0, name.length, bytes, start, end);
}

/** Gives the column the value; a string is unescaped first. */
function give(column: ColumnBuilder, row: number, bytes: Uint8Array, { start, end }: Member): Typing | null {
  switch (bytes[start]) {
    case QUOTE: {
      if (bytes.subarray(start, end).indexOf(BACKSLASH) === -1) return column.text(row, bytes, start + 1, end - 1);
      const text = stringAt(bytes, start, end);
      // A lone surrogate has no UTF-8: the column cannot hold the text.
      if (/\p{Surrogate}/u.test(text)) return RESCUE;
      const unescaped = encoder.encode(text);
      return column.text(row, unescaped, 0, unescaped.length);
    }
    case 0x74:
      return column.bool(row, true);
    case 0x66:
      return column.bool(row, false);
    case 0x6e:
      return null;
    case 0x7b:
    case 0x5b:
      return RESCUE;
    default:
      return column.number(row, bytes, start, end);
  }
}

/** The members of the valid JSON object that starts at or after `start`, in order of appearance. */
function membersOf(bytes: Uint8Array, start: number): readonly Member[] {
  const members: Member[] = [];
  let p = afterSpace(bytes, afterSpace(bytes, start) + 1);
  while (bytes[p] === QUOTE) {
    const keyEnd = stringEnd(bytes, p);
    const key = stringAt(bytes, p, keyEnd);
    const valueStart = afterSpace(bytes, afterSpace(bytes, keyEnd) + 1);
    const end = valueEnd(bytes, valueStart);
    members.push({ key, start: valueStart, end });
    p = afterSpace(bytes, end);
    if (bytes[p] === 0x2c) p = afterSpace(bytes, p + 1);
  }
  return members;
}

/** The text of the JSON string at `bytes[start … end)`, quotes included. */
function stringAt(bytes: Uint8Array, start: number, end: number): string {
  return JSON.parse(utf8.decode(bytes.subarray(start, end))) as string;
}

function afterSpace(bytes: Uint8Array, start: number): number {
  let p = start;
  while (bytes[p] === 32 || bytes[p] === 9 || bytes[p] === 13) p++;
  return p;
}

/** Position after the closing quote of the valid string at `start`. */
function stringEnd(bytes: Uint8Array, start: number): number {
  let p = start + 1;
  while (bytes[p] !== QUOTE) p += bytes[p] === BACKSLASH ? 2 : 1;
  return p + 1;
}

/** Position after the valid JSON value at `start`. */
function valueEnd(bytes: Uint8Array, start: number): number {
  let p = start;
  let depth = 0;
  do {
    const byte = bytes[p]!;
    if (byte === QUOTE) p = stringEnd(bytes, p);
    else {
      if (byte === 0x7b || byte === 0x5b) depth++;
      else if (byte === 0x7d || byte === 0x5d) depth--;
      p++;
    }
  } while (depth > 0);
  // A string, object or array is complete; a number or literal runs on to what ends it.
  const first = bytes[start]!;
  if (first === QUOTE || first === 0x7b || first === 0x5b) return p;
  while (p < bytes.length && !endsScalar(bytes[p]!)) p++;
  return p;
}

function endsScalar(byte: number): boolean {
  return byte === 0x2c || byte === 0x7d || byte === 32 || byte === 9 || byte === 13;
}
