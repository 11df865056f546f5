/** Task: quarantined lines → the events among them that pass Bronze's rules now, and why the others do not. */
import { defaultMaxLineBytes, jsonlDecoder } from '../../engine/columnar/jsonl.ts';
import { columnsOf } from '../../engine/columnar/table.ts';
import { eventColumns } from '../../transforms/bronze/event-columns.ts';
import { type EventRow, eventRows } from '../../transforms/bronze/event-row.ts';
import { bronzeEvents } from '../../transforms/bronze/events.ts';
import type { Reject } from '../../transforms/reject.ts';
import { type BlockHashes, LandingFile } from './landing-file.ts';

/** A line as the quarantine has it. */
export interface QuarantinedLine {
  readonly file: string;
  readonly generation: number;
  readonly row: number;
  readonly offset: number;
  readonly byteLength: number;
  /** Null when all or the end of it was not kept. */
  readonly raw: Uint8Array | null;
  /** When the line landed, microseconds. */
  readonly landedUs: number;
  /** What was consumed of its file's generation; null when that is not known. */
  readonly consumed: ConsumedPart | null;
}

export interface ConsumedPart extends BlockHashes {
  readonly toByte: number;
}

export interface RetryLinesInput {
  readonly landing: string;
  readonly lines: readonly QuarantinedLine[];
  readonly ingestUs: number;
  readonly watermarkUs: number | null;
}

/** By number of the line. A line in neither is not to be had any more. */
export interface RetriedLines {
  readonly events: readonly { readonly line: number; readonly event: EventRow }[];
  readonly rejects: readonly { readonly line: number; readonly reject: Reject }[];
}

/**
 * Decodes and judges every line by itself, as when it was first read. A line that was not kept whole is read from its landing
 * file, where that is still the same; then the file's time of landing is the one it has now, which may have been mended.
 */
export function retryLines({ landing, lines, ingestUs, watermarkUs }: RetryLinesInput): RetriedLines {
  const found = readLines(landing, lines);
  const decoder = jsonlDecoder(eventColumns, { maxLineBytes: defaultMaxLineBytes, expectedRows: found.length });
  found.forEach(({ line, bytes }, file) => {
    const { offset, row } = lines[line]!;
    const ended = new Uint8Array(bytes.length + 1);
    ended.set(bytes);
    ended[bytes.length] = newline;
    decoder.append(ended, { file, baseOffset: offset, firstLine: row, final: true });
  });
  const batch = decoder.finish();
  const { table, rejects } = bronzeEvents(batch, {
    files: found.map(({ line, landedUs }) => ({
      file: lines[line]!.file,
      generation: lines[line]!.generation,
      landedUs,
    })),
    ingestUs,
    watermarkUs,
  });
  const place = (file: unknown, generation: unknown, offset: unknown): string =>
    [file, generation, offset].join('\u0000');
  const numbers = new Map(lines.map((l, i) => [place(l.file, l.generation, l.offset), i]));
  const rows = new Int32Array(table.numRows).map((_, i) => i);
  return {
    events: eventRows(columnsOf(table), rows).map((event) => ({
      line: numbers.get(place(event.source_file, event.source_generation, event.source_offset))!,
      event,
    })),
    rejects: rejects.map((reject) => ({
      line: numbers.get(place(reject.sourceFile, reject.sourceGeneration, reject.sourceOffset))!,
      reject,
    })),
  };
}

const newline = 10;

interface FoundLine {
  readonly line: number;
  readonly bytes: Uint8Array;
  readonly landedUs: number;
}

/** The lines that can be had, file by file. */
function readLines(landing: string, lines: readonly QuarantinedLine[]): FoundLine[] {
  const byFile = new Map<string, number[]>();
  for (const [i, { file, generation }] of lines.entries()) {
    const key = `${generation} ${file}`;
    const list = byFile.get(key);
    if (list === undefined) byFile.set(key, [i]);
    else list.push(i);
  }
  return [...byFile.values()].flatMap((list) => {
    const file = sameFile(landing, lines[list[0]!]!);
    try {
      return list.flatMap((line): FoundLine[] => {
        const { raw, offset, byteLength, landedUs } = lines[line]!;
        const bytes = raw ?? (file === null ? null : new Uint8Array(file.bytes(offset, offset + byteLength)));
        return bytes === null ? [] : [{ line, bytes, landedUs: file?.modifiedUs ?? landedUs }];
      });
    } finally {
      file?.close();
    }
  });
}

/** The landing file, open, when it still begins and ends with what was consumed of it. */
function sameFile(landing: string, { file: name, consumed }: QuarantinedLine): LandingFile | null {
  if (consumed === null) return null;
  let file: LandingFile;
  try {
    file = new LandingFile(landing, name);
  } catch {
    return null;
  }
  if (file.size >= consumed.toByte) {
    const { headHash, tailHash } = file.blockHashes(consumed.toByte);
    if (headHash === consumed.headHash && tailHash === consumed.tailHash) return file;
  }
  file.close();
  return null;
}
