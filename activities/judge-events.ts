/** What becomes of decoded events once their ids were looked up. */
import type { IdIndex } from '../engine/columnar/dedupe.ts';
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

/** Looks every event up, in order, and inserts the new ones into the index. */
export function judgeEvents(decoded: readonly DecodedEvents[], index: IdIndex): JudgedEvents {
  const conflicts: Reject[] = [];
  const rejected: Rejected[] = [];
  const counts = { read: 0, written: 0, unchanged: 0, quarantined: 0, duplicate: 0, late: 0 };
  const parts = decoded.map((part) => {
    const verdicts = index.probe(part.ids, part.contents).verdict;
    const keep = verdicts.map((v) => (v === 0 ? 1 : 0));
    index.insert(part.ids, part.contents, keep);
    rejected.push(...part.rejects.map((reject, i) => ({ reject, raw: part.raws[i] ?? null })));
    const repeats = keep.includes(0);
    if (repeats) {
      const kept = keepRows(tableOf(part.columns), verdicts);
      conflicts.push(...kept.rejects);
      counts.duplicate += kept.duplicates;
    }
    counts.read += part.read;
    counts.late += lateRows(part, keep);
    return { columns: part.columns, keep: repeats ? keep : null };
  });
  counts.quarantined = rejected.length + conflicts.length;
  return { parts, rejected, conflicts, counts };
}

function lateRows(part: DecodedEvents, keep: Uint8Array): number {
  const column = part.columns.is_late;
  if (column?.kind !== 'bool') return 0;
  let late = 0;
  for (let i = 0; i < keep.length; i++) if (keep[i] === 1) late += (column.bits[i >> 3]! >> (i & 7)) & 1;
  return late;
}
