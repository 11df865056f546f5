/**
 * The rows of a micro-batch, share by share: decoded and written on a compute thread, their ids looked up here in between.
 */
import type { IdIndex } from '../engine/columnar/dedupe.ts';
import type { Snapshot } from '../engine/delta/types.ts';
import { mapTasks } from './compute/compute.ts';
import type { IngestedShare } from './compute/ingest-events.ts';
import { rowsIn } from './compute/landing-range.ts';
import type { ActivityContext, Run } from './context.ts';
import { groupsOf } from './groups.ts';
import type { PlannedBatch, PlannedRange } from './landing-state.ts';

/** Landing bytes of a share: enough for files of some size for each date, and one for each thread fits into memory. */
export const shareBytes = 192 * 1024 * 1024;
/** Less is not worth another thread. */
const leastShareBytes = 32 * 1024 * 1024;

/**
 * Ingests the ranges of a plan, inserting the ids of new events into `index` in the order of the ranges. Tells `done` of the
 * landing bytes and the rows of each share.
 */
export async function ingestShares(
  context: ActivityContext,
  run: Run,
  index: IdIndex,
  seed: number,
  plan: PlannedBatch,
  base: Snapshot | null,
  startedMs: number,
  done: (bytes: number, rows: number) => void,
): Promise<IngestedShare[]> {
  const { compute, landing, lakeRoot } = context;
  let lastTurn = Promise.resolve();
  const ingest = async (ranges: readonly PlannedRange[]): Promise<IngestedShare> => {
    const turn = lastTurn;
    let endTurn = (): void => undefined;
    lastTurn = new Promise((resolve) => {
      endTurn = resolve;
    });
    const input = {
      landing,
      lake: lakeRoot,
      metadata: base?.metadata ?? null,
      ranges: ranges.map(({ modifiedUs, ...range }) => ({ ...range, landedUs: modifiedUs })),
      ingestUs: startedMs * 1000,
      watermarkUs: plan.watermarkUs,
      seed,
      nowMs: context.clock(),
    };
    try {
      const share = await compute.run('ingestEvents', input, {
        signal: run.signal,
        answer: async ({ ids, contents }) => {
          // The first of two events with one id is that of the earlier share.
          await turn;
          const verdicts = index.admit(ids, contents);
          endTurn();
          return verdicts;
        },
      });
      done(bytesOf(ranges), share.counts.read);
      return share;
    } finally {
      endTurn();
    }
  };
  const reserve = async (): Promise<void> => index.reserve(plan.ranges.reduce((n, range) => n + rowsIn(range), 0));
  // The memory of the index comes while the first shares are decoded.
  const [shares] = await Promise.all([mapTasks(compute, sharesOf(plan.ranges, compute.threads), ingest), reserve()]);
  return shares;
}

/**
 * Contiguous shares of about equal bytes, in order; small batches are not shared. Where threads have several, the first and the
 * last one are halves: the threads then do not all decode, ask and write at the same time.
 */
function sharesOf(ranges: readonly PlannedRange[], threads: number): PlannedRange[][] {
  const total = bytesOf(ranges);
  const count = threads * Math.max(1, Math.ceil(total / (threads * shareBytes)));
  const size = Math.max(leastShareBytes, Math.ceil(total / count));
  const weight = (r: PlannedRange): number => r.toByte - r.fromByte;
  if (count <= threads) return groupsOf(ranges, size, weight);
  const [half] = groupsOf(ranges, size / 2, weight);
  return [half!, ...groupsOf(ranges.slice(half!.length), size, weight)];
}

/** Landing bytes of the ranges. */
export function bytesOf(ranges: readonly PlannedRange[]): number {
  return ranges.reduce((n, r) => n + r.toByte - r.fromByte, 0);
}
