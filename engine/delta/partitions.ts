/**
 * Partitions of a table: their keys, what is in them, which commits touched them.
 */
import type { AddFile, Commit, PartitionValues, Snapshot } from './types.ts';

/** A partition of a snapshot. `rows` is NaN when a file of it has no statistics. */
export interface Partition {
  readonly key: string;
  readonly values: PartitionValues;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

/** A partition and the last version that changed its rows. */
export interface Touched {
  readonly values: PartitionValues;
  readonly version: number;
}

/**
 * Partition values as one text, the same whatever the order of the properties: `a=1/b=x`, columns in order of their names,
 * URI-encoded, null as `__HIVE_DEFAULT_PARTITION__`; the empty text when there are none.
 */
export function partitionKey(values: PartitionValues): string {
  return Object.keys(values)
    .sort()
    .map((name) => {
      const value = values[name] ?? null;
      const text = value === null || value === '' ? '__HIVE_DEFAULT_PARTITION__' : encodeURIComponent(value);
      return `${encodeURIComponent(name)}=${text}`;
    })
    .join('/');
}

/**
 * Whether a file's partition is one that `wanted` describes. `wanted` may name only some of the partition columns; a column
 * that the file says nothing about is taken to agree, so that doubt counts as touching.
 */
export function inPartition(values: PartitionValues, wanted: PartitionValues): boolean {
  return Object.entries(wanted).every(([name, value]) => {
    const found = values[name];
    return found === undefined || (found === '' ? null : found) === (value === '' ? null : value);
  });
}

/** The files of a snapshot whose partition values satisfy the predicate, in the snapshot's order. */
export function filesOf(snapshot: Snapshot, predicate: (values: PartitionValues) => boolean): AddFile[] {
  return snapshot.files.filter((file) => predicate(file.partitionValues));
}

/** The distinct partitions of a snapshot, in order of their keys. */
export function partitionsOf(snapshot: Snapshot): Partition[] {
  const partitions = new Map<string, Partition>();
  for (const file of snapshot.files) {
    const key = partitionKey(file.partitionValues);
    const sum = partitions.get(key) ?? { key, values: file.partitionValues, files: 0, rows: 0, bytes: 0 };
    partitions.set(key, {
      ...sum,
      files: sum.files + 1,
      rows: sum.rows + file.stats.numRecords,
      bytes: sum.bytes + file.size,
    });
  }
  return [...partitions.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/**
 * For each partition (by `partitionKey`) that the commits changed, the last version that did. Files that were only
 * rearranged (`dataChange` false) change nothing.
 */
export function lastTouched(commits: readonly Commit[]): Map<string, Touched> {
  const touched = new Map<string, Touched>();
  for (const { version, adds, removes } of commits) {
    for (const { partitionValues: values, dataChange } of [...removes, ...adds]) {
      if (!dataChange) continue;
      const key = partitionKey(values);
      if ((touched.get(key)?.version ?? -1) < version) touched.set(key, { values, version });
    }
  }
  return touched;
}
