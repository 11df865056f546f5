/** How late the rows are that are late. */
import type { Column } from '../../engine/columnar/column.ts';
import { dayUs, instants } from '../../transforms/time.ts';

/** Rows up to 1 day, up to 7, up to 30 and more days behind the watermark. */
export type Lateness = readonly [day: number, week: number, month: number, more: number];

export const neverLate: Lateness = [0, 0, 0, 0];

/** Counts the late rows by how far they lie behind the watermark (microseconds); `keep` (null: all) says which rows count. */
export function latenessOf(
  columns: Readonly<Record<string, Column>>,
  keep: Uint8Array | null,
  watermarkUs: number | null,
): Lateness {
  const late = columns.is_late;
  const timestamps = columns.timestamp;
  if (late?.kind !== 'bool') throw new Error(`is_late is ${late?.kind}, expected bool`);
  if (timestamps?.kind !== 'timestamp') throw new Error(`timestamp is ${timestamps?.kind}, expected timestamp`);
  // Without a watermark nothing is late.
  if (watermarkUs === null || late.bits.every((byte) => byte === 0)) return neverLate;
  const us = instants(timestamps);
  const { bits, length } = late;
  let [day, week, month, more] = neverLate;
  for (let i = 0; i < length; i++) {
    if (((bits[i >> 3]! >> (i & 7)) & 1) === 0 || (keep !== null && keep[i] !== 1)) continue;
    const behind = watermarkUs - us[i]!;
    if (behind <= dayUs) day++;
    else if (behind <= 7 * dayUs) week++;
    else if (behind <= 30 * dayUs) month++;
    else more++;
  }
  return [day, week, month, more];
}

/** Adds counts up, bucket by bucket. */
export function sumLateness(all: readonly Lateness[]): Lateness {
  return all.reduce((a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]], neverLate);
}
