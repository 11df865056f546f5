/** Which files of an upstream table a partition is made of. */
import { filesOf } from '../engine/delta/partitions.ts';
import type { AddFile, Snapshot } from '../engine/delta/types.ts';
import type { UpstreamMap } from '../schemas/contract.ts';
import { dayAfter, monthOf } from './dirty.ts';
import { partitionOf } from './partition.ts';

/** The upstream files that map to the partitions; null: those of a table built whole. */
export function upstreamFiles(
  snapshot: Snapshot,
  map: UpstreamMap,
  partitions: readonly string[] | null,
): readonly AddFile[] {
  if (partitions === null || map.kind === 'dimension' || map.kind === 'whole') return snapshot.files;
  const wanted = new Set(partitions);
  if (map.kind === 'month') return filesOf(snapshot, (v) => wanted.has(monthOf(Object.values(v)[0] ?? '')));
  if (map.kind === 'window') {
    for (const p of partitions) for (let i = 1; i <= map.days; i++) wanted.add(dayAfter(p, -i));
  }
  // Partition by partition: rows that stand side by side are written without being moved.
  return filesOf(snapshot, (v) => wanted.has(Object.values(v)[0] ?? '')).sort((a, b) =>
    partitionOf(a) < partitionOf(b) ? -1 : partitionOf(a) > partitionOf(b) ? 1 : 0,
  );
}
