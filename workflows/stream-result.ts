/** What a stream has done. */
import type { LayerResult } from './bronze-batch.ts';

/** Sums since a continuous stream was started. */
export const totalNames = [
  'rounds',
  'batches',
  'files',
  'bytes',
  'read',
  'written',
  'quarantined',
  'duplicate',
  'late',
] as const;
export type StreamTotals = Readonly<Record<(typeof totalNames)[number], number>>;

export const noTotals = Object.fromEntries(totalNames.map((name) => [name, 0])) as StreamTotals;

export interface StreamResult extends LayerResult {
  readonly batches: number;
  /** Late rows up to 1 day, up to 7, up to 30 and more days behind the watermark. */
  readonly lateness: readonly number[];
  readonly waitingBytes: number;
  /** Files found to be others than those read before: their count, and the first 20. */
  readonly replacedFiles: number;
  readonly replaced: readonly string[];
  /** Of a continuous stream, since it was started. */
  readonly totals?: StreamTotals;
}
