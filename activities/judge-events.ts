/** What becomes of decoded events once their ids were looked up. */
import { type IdIndex, VERDICT } from '../engine/columnar/dedupe.ts';
import { tableOf } from '../engine/columnar/table.ts';
import { keepRows } from '../transforms/bronze/keep-rows.ts';
import type { Reject } from '../transforms/reject.ts';
import type { DecodedEvents } from './compute/decode-events.ts';
import type { Counts } from './context.ts';
import type { Rejected } from './quarantine.ts';

export interface JudgedEvents {
  /** Rows to write: those with 1 in `keep`, or all. */
  readonly parts: readonly { readonly columns: DecodedEvents['columns']; readonly keep: Uint8Array | null }[];
  /** What the decoder and the rules rejected, with raw lines. */
  readonly rejected: readonly Rejected[];
  /** Repeats of an id with other content. */
  readonly conflicts: readonly Reject[];
  readonly counts: Counts;
}

/** Looks every event up, in order; the new ones are in the index afterwards. */
export function judgeEvents(decoded: readonly DecodedEvents[], index: IdIndex): JudgedEvents {
  const conflicts: Reject[] = [];
  const rejected: Rejected[] = [];
  const counts = { read: 0, written: 0, unchanged: 0, quarantined: 0, duplicate: 0, late: 0 };
  const parts = decoded.map((part) => {
    const verdicts = index.admit(part.ids, part.contents);
    rejected.push(...part.rejects.map((reject, i) => ({ reject, raw: part.raws[i] ?? null })));
    const keep = freshRows(verdicts);
    if (keep !== null) {
      const kept = keepRows(tableOf(part.columns), verdicts);
      conflicts.push(...kept.rejects);
      counts.duplicate += kept.duplicates;
    }
    counts.read += part.read;
    counts.late += lateRows(part, keep);
    return { columns: part.columns, keep };
  });
  counts.quarantined = rejected.length + conflicts.length;
  return { parts, rejected, conflicts, counts };
}

/** 1 for each row that is new; null when all are. */
function freshRows(verdicts: Uint8Array): Uint8Array | null {
  if (verdicts.every((verdict) => verdict === VERDICT.fresh)) return null;
  return verdicts.map((verdict) => (verdict === VERDICT.fresh ? 1 : 0));
}

function lateRows(part: DecodedEvents, keep: Uint8Array | null): number {
  const column = part.columns.is_late;
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
