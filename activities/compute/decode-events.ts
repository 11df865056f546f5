/** Landing ranges → typed Bronze columns, still with repeats. */
import type { Column } from '../../engine/columnar/column.ts';
import { defaultMaxLineBytes, jsonlDecoder } from '../../engine/columnar/jsonl.ts';
import { columnsOf } from '../../engine/columnar/table.ts';
import { eventColumns } from '../../transforms/bronze/event-columns.ts';
import { bronzeEvents } from '../../transforms/bronze/events.ts';
import type { Reject } from '../../transforms/reject.ts';
import { type Identities, identitiesOf } from './identities.ts';
import { LandingFile } from './landing-file.ts';
import { type LandingRange, rowsIn } from './landing-range.ts';
import type { UnreadableFile } from './measure-files.ts';
import { readRaws } from './read-raws.ts';

export interface DecodeInput {
  readonly landing: string;
  readonly ranges: readonly LandingRange[];
  readonly ingestUs: number;
  readonly watermarkUs: number | null;
  readonly seed: number;
}

export interface DecodedEvents {
  readonly rows: number;
  readonly columns: Record<string, Column>;
  readonly identities: Identities;
  readonly rejects: readonly Reject[];
  readonly raws: readonly Uint8Array[];
  /** Planned ranges that are not there any more. */
  readonly lost: readonly UnreadableFile[];
}

/** Decodes the ranges in order. A range whose file is gone or replaced is left out and named in `lost`. */
export function decodeEvents(input: DecodeInput): DecodedEvents {
  const expectedRows = input.ranges.reduce((n, range) => n + rowsIn(range), 0);
  const decoder = jsonlDecoder(eventColumns, { maxLineBytes: defaultMaxLineBytes, expectedRows });
  const lost: UnreadableFile[] = [];
  input.ranges.forEach((range, file) => {
    let chunk: Uint8Array;
    try {
      chunk = readRange(input.landing, range);
    } catch (error) {
      lost.push({ file: range.file, error: (error as Error).message });
      return;
    }
    const source = { file, baseOffset: range.fromByte, firstLine: range.fromLine, final: true };
    const { consumedBytes } = decoder.append(chunk, source);
    if (consumedBytes !== chunk.length) {
      throw new Error(
        `${range.file}: ${consumedBytes} of ${chunk.length} planned bytes from ${range.fromByte} are lines`,
      );
    }
  });
  const batch = decoder.finish();
  const { table, rejects } = bronzeEvents(batch, {
    files: input.ranges.map((r) => ({ file: r.file, generation: r.generation, landedUs: r.landedUs })),
    ingestUs: input.ingestUs,
    watermarkUs: input.watermarkUs,
  });
  return {
    rows: table.numRows,
    columns: columnsOf(table),
    identities: identitiesOf(table, input.seed),
    rejects,
    raws: readRaws({ landing: input.landing, rejects }),
    lost,
  };
}

/** Bytes of the range, valid until the next call. Throws when the file is gone, or not the one that was planned. */
function readRange(landing: string, range: LandingRange): Uint8Array {
  const file = new LandingFile(landing, range.file);
  try {
    const bytes = file.bytes(range.fromByte, range.toByte);
    const { headHash, tailHash } = file.blockHashes(range.toByte);
    if (headHash !== range.headHash || tailHash !== range.tailHash) {
      throw new Error(`the file was replaced after bytes ${range.fromByte} to ${range.toByte} were planned`);
    }
    return bytes;
  } finally {
    file.close();
  }
}
