/** Writes the event files: the lines, their line ends, and the defects a whole file can have. */
import {
  closeSync,
  futimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { DefectLevel, LineSource, Slot } from './lines.ts';
import type { Random } from './random.ts';
import { count } from './truth.ts';

const bufferBytes = 4 * 1024 * 1024;
/** Room for the longest line and what may surround it. */
const flushAt = bufferBytes - 1024 * 1024 - 4096;

/** How many events go into how many files, and when the files were last changed (seconds since 1970). */
export interface EventFilesPlan {
  readonly folder: string;
  readonly events: number;
  readonly files: number;
  readonly defects: DefectLevel;
  readonly modifiedAt: number;
  readonly slotOf: (i: number) => Slot;
}

/** Name of an event file; names sort in the order of their numbers. */
export function eventFileName(n: number, files: number): string {
  const width = Math.max(4, String(files - 1).length);
  return `events_part_${String(n).padStart(width, '0')}.jsonl`;
}

/**
 * Writes the files one after another, giving way to other work between them. Returns the bytes written and the number of
 * unfinished last lines. Throws when the folder already holds files.
 */
export async function writeEventFiles(
  plan: EventFilesPlan,
  lines: LineSource,
  random: Random,
  onProgress: (events: number) => void,
): Promise<{ bytes: number; waiting: number }> {
  mkdirSync(plan.folder, { recursive: true });
  if (readdirSync(plan.folder).length > 0) throw new Error(`event files not written: ${plan.folder} is not empty`);
  const buffer = Buffer.allocUnsafe(bufferBytes);
  let bytes = 0;
  let waiting = 0;
  for (let n = 0; n < plan.files; n++) {
    const file = openSync(join(plan.folder, eventFileName(n, plan.files)), 'wx');
    try {
      const written = writeOne(plan, n, file, buffer, lines, random);
      bytes += written.bytes;
      waiting += written.waiting;
      futimesSync(file, plan.modifiedAt, plan.modifiedAt);
    } finally {
      closeSync(file);
    }
    if (n % 32 === 31 || n === plan.files - 1) {
      onProgress(firstOf(plan, n + 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  if (plan.defects === 'full') writeDecoys(plan.folder, plan.modifiedAt);
  return { bytes, waiting };
}

function firstOf(plan: EventFilesPlan, file: number): number {
  return Math.floor((plan.events * file) / plan.files);
}

function writeOne(
  plan: EventFilesPlan,
  n: number,
  file: number,
  buffer: Buffer,
  lines: LineSource,
  random: Random,
): { bytes: number; waiting: number } {
  const full = plan.defects === 'full';
  const { defects } = lines.counts;
  const end = firstOf(plan, n + 1);
  const lineEnd = full && n % 7 === 3 ? '\r\n' : '\n';
  let bytes = 0;
  let at = 0;
  const flush = (): void => {
    bytes += at;
    for (let from = 0; from < at; ) from += writeSync(file, buffer, from, at - from);
    at = 0;
  };
  if (lineEnd === '\r\n') count(defects, 'crlf_file');
  if (full && n % 11 === 5) {
    at += buffer.write('\ufeff', at);
    count(defects, 'byte_order_mark_file');
  }
  for (let i = firstOf(plan, n); i < end; i++) {
    const last = i === plan.events - 1;
    let line: string | Uint8Array;
    if (full && n === 2 && i === firstOf(plan, n) && !last) line = lines.tooLong();
    // The very last line has no line end, so it must parse to be taken.
    else line = full && !last ? lines.any(plan.slotOf(i)) : lines.healthy(plan.slotOf(i));
    if (typeof line === 'string') at += full ? buffer.write(line, at) : buffer.write(line, at, 'latin1');
    else {
      buffer.set(line, at);
      at += line.length;
    }
    if (!(full && last)) at += buffer.write(lineEnd, at, 'latin1');
    else count(defects, 'no_final_line_end');
    if (full && !last && random.chance(0.001)) {
      at += buffer.write(random.pick(['\n', '  \n', '\t\r\n']), at, 'latin1');
      count(defects, 'blank_line');
    }
    if (at > flushAt) flush();
  }
  const waiting = full && n === 1 && plan.files > 2 ? 1 : 0;
  if (waiting === 1) {
    at += buffer.write('{"event_id": "evt_unfinished00", "timest', at, 'latin1');
    count(defects, 'unfinished_last_line');
  }
  flush();
  return { bytes, waiting };
}

/** Files whose names say that they are not input. */
function writeDecoys(folder: string, modifiedAt: number): void {
  const line = '{"event_id": "evt_decoy0000000", "timestamp": "2025-07-03T00:00:00Z"}\n';
  for (const name of ['_SUCCESS', '.hidden.jsonl', 'events_part_9999.jsonl.tmp', 'events_part_9998.jsonl.part']) {
    writeFileSync(join(folder, name), line);
    utimesSync(join(folder, name), modifiedAt, modifiedAt);
  }
}
