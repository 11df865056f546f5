/** Partitions of this lake's tables: each table has one partition column, or none. */
import type { PartitionValues } from '../engine/delta/types.ts';

/** A file's partition value; the empty text for null or a table without partitions. */
export function partitionOf(file: { readonly partitionValues: PartitionValues }): string {
  return Object.values(file.partitionValues)[0] ?? '';
}
