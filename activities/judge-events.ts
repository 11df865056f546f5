/** What becomes of decoded events once their ids were looked up. */
import type { IdIndex } from '../engine/columnar/dedupe.ts';
import { judgeRepeats } from '../transforms/bronze/repeats.ts';
import type { Reject } from '../transforms/reject.ts';
import type { DecodedEvents } from './compute/decode-events.ts';
import type { Counts } from './context.ts';

export interface JudgedEvents {
  /** 1 for each row to write; null for all of them. */
  readonly keep: Uint8Array | null;
  /** Repeats of an id with other content. */
  readonly conflicts: readonly Reject[];
  /** What was read; how many rows are written is known once they are. */
  readonly counts: Omit<Counts, 'written'>;
}

/** Looks every event up, in order; the new ones are in the index afterwards. */
export function judgeEvents(decoded: DecodedEvents, index: IdIndex): JudgedEvents {
  const { columns, read, rejects } = decoded;
  const repeats = judgeRepeats(columns, index.admit(decoded.ids, decoded.contents));
  const keep = repeats.fresh;
  return {
    keep,
    conflicts: repeats.rejects,
    counts: {
      read,
      unchanged: 0,
      quarantined: rejects.length + repeats.rejects.length,
      duplicate: repeats.duplicates,
      late: lateRows(columns, keep),
    },
  };
}

function lateRows({ is_late: column }: DecodedEvents['columns'], keep: Uint8Array | null): number {
  if (column?.kind !== 'bool') return 0;
  let late = 0;
  for (let byte = 0; byte < column.bits.length; byte++) {
    if (column.bits[byte] === 0) continue;
    const end = Math.min(byte * 8 + 8, column.length);
    for (let i = byte * 8; i < end; i++)
      if (keep === null || keep[i] === 1) late += (column.bits[byte]! >> (i & 7)) & 1;
  }
  return late;
}
