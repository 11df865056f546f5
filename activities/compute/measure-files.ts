/** Task: what is new in landing files: where complete lines end, how many there are, and what identifies the file. */
import { defaultMaxLineBytes } from '../../engine/columnar/jsonl.ts';
import { type BlockHashes, LandingFile } from './landing-file.ts';

/** A landing file and what was consumed of its latest generation; null when the file is new. */
export interface KnownFile {
  readonly file: string;
  readonly consumed: {
    readonly generation: number;
    readonly toByte: number;
    readonly nextLine: number;
    readonly headHash: string;
    readonly tailHash: string;
  } | null;
}

export interface MeasuredFile {
  readonly file: string;
  readonly generation: number;
  /** True when the file is not the one consumed before: it shrank or its consumed bytes changed. */
  readonly replaced: boolean;
  /** Bytes of its content. */
  readonly size: number;
  /** Bytes on disk. */
  readonly fileSize: number;
  readonly modifiedUs: number;
  /** New complete lines as ranges of at most `maxBytes` (or one line); empty when there is nothing new. */
  readonly ranges: readonly MeasuredRange[];
  /** Bytes after the last complete line that wait for the rest. */
  readonly waitingBytes: number;
}

export interface MeasuredRange extends BlockHashes {
  readonly fromByte: number;
  readonly toByte: number;
  readonly fromLine: number;
  readonly lines: number;
}

export interface MeasureInput {
  readonly landing: string;
  readonly files: readonly KnownFile[];
  readonly maxBytes: number;
}

/** A file that could not be read: the rest of the run goes on. */
export interface UnreadableFile {
  readonly file: string;
  readonly error: string;
}

const newline = 10;
/** Bytes read at once. */
const pieceBytes = 1 << 20;
/** A byte order mark is one at the start of a file only: elsewhere the line is not JSON. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Measures each file by reading its new bytes once. */
export function measureFiles(input: MeasureInput): { files: MeasuredFile[]; unreadable: UnreadableFile[] } {
  const files: MeasuredFile[] = [];
  const unreadable: UnreadableFile[] = [];
  for (const known of input.files) {
    try {
      files.push(measure(input.landing, known, input.maxBytes));
    } catch (error) {
      unreadable.push({ file: known.file, error: error instanceof Error ? error.message : String(error) });
    }
  }
  return { files, unreadable };
}

function measure(landing: string, known: KnownFile, maxBytes: number): MeasuredFile {
  const file = new LandingFile(landing, known.file);
  try {
    const { size, fileSize, modifiedUs } = file;
    const consumed = known.consumed;
    const same = consumed === null || isSame(file, consumed);
    const generation = consumed === null ? 1 : same ? consumed.generation : consumed.generation + 1;
    const start = consumed !== null && same ? consumed.toByte : 0;
    const line = consumed !== null && same ? consumed.nextLine : 1;
    const end = completeEnd(file, start);
    return {
      file: known.file,
      generation,
      replaced: !same,
      size,
      fileSize,
      modifiedUs,
      ranges: rangesOf(file, start, end, line, maxBytes),
      waitingBytes: size - end,
    };
  } finally {
    file.close();
  }
}

/** Whether the file still begins with, and at the consumed position ends with, the bytes that were consumed. */
function isSame(file: LandingFile, consumed: NonNullable<KnownFile['consumed']>): boolean {
  if (file.size < consumed.toByte) return false;
  const { headHash, tailHash } = file.blockHashes(consumed.toByte);
  return headHash === consumed.headHash && tailHash === consumed.tailHash;
}

/** The end of the last complete line; a last line without a line end is complete when it is a JSON object. */
function completeEnd(file: LandingFile, start: number): number {
  const { size } = file;
  let end = size;
  let lineStart = start;
  while (end > start) {
    // What is new of most files is one piece: read here, it is in memory for all that follows.
    const from = Math.max(start, end - pieceBytes);
    const at = file.bytes(from, end).lastIndexOf(newline);
    if (at >= 0) {
      lineStart = from + at + 1;
      break;
    }
    end = from;
  }
  // A line too long to be parsed is not looked into: it waits for its line end.
  if (lineStart === size || size - lineStart > defaultMaxLineBytes) return lineStart;
  const line = file.bytes(lineStart, size);
  return isObject(lineStart === 0 ? withoutBom(line) : line) ? size : lineStart;
}

function withoutBom(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function isObject(bytes: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function rangesOf(file: LandingFile, start: number, end: number, line: number, maxBytes: number): MeasuredRange[] {
  const ranges: MeasuredRange[] = [];
  let from = start;
  let fromLine = line;
  let lines = 0;
  let lineEnd = start;
  const close = (to: number): void => {
    ranges.push({
      fromByte: from,
      toByte: to,
      fromLine,
      lines,
      ...file.blockHashes(to),
    });
    from = to;
    fromLine += lines;
    lines = 0;
  };
  for (let at = start; at < end; at += pieceBytes) {
    const bytes = file.bytes(at, Math.min(end, at + pieceBytes));
    for (let i = bytes.indexOf(newline); i >= 0; i = bytes.indexOf(newline, i + 1)) {
      const next = at + i + 1;
      if (next - from > maxBytes && lineEnd > from) close(lineEnd);
      lines++;
      lineEnd = next;
    }
  }
  if (end > from) close(end);
  return ranges;
}
