/** Partitions of this lake's tables: each table has one partition column, or none. */
import type { Commit, PartitionValues } from '../engine/delta/types.ts';

/** A file's partition value; the empty text for null or a table without partitions. */
export function partitionOf(file: { readonly partitionValues: PartitionValues }): string {
  return Object.values(file.partitionValues)[0] ?? '';
}

/** Partitions that a commit takes rows out of: what it adds to them may be rows that were there. */
export function losingRows({ removes }: Pick<Commit, 'removes'>): ReadonlySet<string> {
  return new Set(removes.filter((file) => file.dataChange).map(partitionOf));
}
