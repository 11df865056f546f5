/**
 * One JSONL line into a row: the complete reader, which takes every line there is. `JSON.parse` decides what is JSON.
 */
import { isUtf8 } from 'node:buffer';
import { type ColumnBuilder, RESCUE } from './builder-column.ts';
import type { RescueBuilder } from './builder-rescue.ts';
import { giveValue, parsedAt, stringAt, stringEnd, valueEnd } from './jsonl-value.ts';

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

const encoder = new TextEncoder();
const QUOTE = 34;

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
    if (column === undefined || giveValue(target.columns[column]!, row, bytes, member.start, member.end) === RESCUE) {
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
  if (!isUtf8(bytes.subarray(start, end))) return 'not UTF-8';
  const value = parsedAt(bytes, start, end);
  if (value === undefined) return 'not JSON';
  if (value === null) return 'JSON null, not an object';
  if (Array.isArray(value)) return 'a JSON array, not an object';
  return typeof value === 'object' ? null : `a JSON ${typeof value}, not an object`;
}

function rescue(rescued: RescueBuilder, key: string, bytes: Uint8Array, start: number, end: number): void {
  const name = encoder.encode(JSON.stringify(key));
  rescued.member(name, 0, name.length, bytes, start, end);
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

function afterSpace(bytes: Uint8Array, start: number): number {
  let p = start;
  while (bytes[p] === 32 || bytes[p] === 9 || bytes[p] === 13) p++;
  return p;
}
