/**
 * The rows of a micro-batch, share by share: decoded on a compute thread, judged here, written on a compute thread. While one
 * share is judged or written the next is decoded, so that neither waits for the other, and only a few are in memory.
 */
import type { Column } from '../engine/columnar/column.ts';
import type { IdIndex } from '../engine/columnar/dedupe.ts';
import type { AddFile, Snapshot, TableMetadata } from '../engine/delta/types.ts';
import { bronzeUsageEvents } from '../schemas/bronze.ts';
import { metadataOf } from '../schemas/contract.ts';
import type { Reject } from '../transforms/reject.ts';
import { mapTasks } from './compute/compute.ts';
import type { UnreadableFile } from './compute/measure-files.ts';
import { buffersOf } from './compute/transfer.ts';
import type { ActivityContext, Counts, Run } from './context.ts';
import { judgeEvents } from './judge-events.ts';
import type { PlannedBatch, PlannedRange } from './landing-state.ts';
import type { Rejected } from './quarantine.ts';

/** What became of a share. Its files are not part of the table before a commit adds them. */
export interface IngestedShare {
  readonly adds: readonly AddFile[];
  readonly counts: Counts;
  /** What the decoder and the rules rejected, with raw lines. */
  readonly rejected: readonly Rejected[];
  /** Repeats of an id with other content. */
  readonly conflicts: readonly Reject[];
  /** Planned ranges that are not there any more. */
  readonly lost: readonly UnreadableFile[];
  /** Columns that its files have. */
  readonly columns: readonly string[];
}

/** Landing bytes of a share: enough for files of some size for each date, and two fit into memory. */
export const shareBytes = 192 * 1024 * 1024;
/** Less is not worth another thread. */
const leastShareBytes = 1024 * 1024;

/** Columns that schema version 2 brought: the table gets them when the first event states them. */
const evolving = ['carbon_kg', 'genai_tokens'];

/** Ingests the ranges of a plan, inserting the ids of new events into `index` in the order of the ranges. */
export async function ingestShares(
  context: ActivityContext,
  run: Run,
  index: IdIndex,
  seed: number,
  plan: PlannedBatch,
  base: Snapshot | null,
  startedMs: number,
): Promise<IngestedShare[]> {
  const { compute, landing, lakeRoot } = context;
  const { signal } = run;
  let lastTurn = Promise.resolve();
  return mapTasks(compute, sharesOf(plan.ranges, compute.threads), async (ranges) => {
    const turn = lastTurn;
    let endTurn = (): void => undefined;
    lastTurn = new Promise((resolve) => {
      endTurn = resolve;
    });
    try {
      const input = {
        landing,
        ranges: ranges.map(({ modifiedUs, ...range }) => ({ ...range, landedUs: modifiedUs })),
        ingestUs: startedMs * 1000,
        watermarkUs: plan.watermarkUs,
        seed,
      };
      const decoded = await compute.run('decodeEvents', input, { signal });
      // The first of two events with one id is that of the earlier share.
      await turn;
      const { columns, lost } = decoded;
      const { keep, conflicts, counts } = judgeEvents(decoded, index);
      endTurn();
      const metadata = withColumns(base, statedIn(columns));
      const { adds, rows } = await compute.run(
        'writeEvents',
        { lake: lakeRoot, metadata, columns, keep, nowMs: context.clock() },
        { transfer: buffersOf(Object.values(columns)), signal },
      );
      return {
        adds,
        counts: { ...counts, written: rows },
        rejected: decoded.rejects.map((reject, i) => ({ reject, raw: decoded.raws[i] ?? null })),
        conflicts,
        lost,
        columns: metadata.columns.map((c) => c.name),
      };
    } finally {
      endTurn();
    }
  });
}

/** The metadata of the table with the columns named: those that it has stay, and only evolving ones may be missing. */
export function withColumns(base: Snapshot | null, names: ReadonlySet<string>): TableMetadata {
  const full = metadataOf(bronzeUsageEvents);
  const present = new Set(base?.metadata.columns.map((c) => c.name) ?? []);
  const columns = full.columns.filter((c) => !evolving.includes(c.name) || present.has(c.name) || names.has(c.name));
  return { ...(base?.metadata ?? full), columns };
}

/** Columns with a value in some row. */
function statedIn(columns: Readonly<Record<string, Column>>): ReadonlySet<string> {
  const stated = Object.entries(columns).filter(
    ([, { length, validity }]) => length > 0 && (validity === null || validity.some((byte) => byte !== 0)),
  );
  return new Set(stated.map(([name]) => name));
}

/** Contiguous shares of about equal bytes, in order; small batches are not shared. */
function sharesOf(ranges: readonly PlannedRange[], threads: number): PlannedRange[][] {
  const total = ranges.reduce((n, r) => n + r.toByte - r.fromByte, 0);
  const count = threads * Math.max(1, Math.ceil(total / (threads * shareBytes)));
  const size = Math.max(leastShareBytes, Math.ceil(total / count));
  const shares: PlannedRange[][] = [];
  let held = size;
  for (const range of ranges) {
    if (held >= size) {
      shares.push([]);
      held = 0;
    }
    shares.at(-1)!.push(range);
    held += range.toByte - range.fromByte;
  }
  return shares;
}
