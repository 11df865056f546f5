/** Two versions of a table side by side. */
import type { Table } from 'apache-arrow';
import { type RowDifference, rowDifference } from '../engine/columnar/difference.ts';
import type { Lake } from '../engine/delta/lake.ts';
import { readFiles } from '../engine/delta/read.ts';
import type { AddFile, Snapshot } from '../engine/delta/types.ts';
import { contentOf, pathOf, type TableContract } from '../schemas/contract.ts';
import { partitionOf } from './partition.ts';

/** What differs in one partition. */
export interface PartitionDifference extends RowDifference {
  /** As in the Delta log; the empty text for a table without partitions. */
  readonly partition: string;
  /** The rows of files that only one of the versions has: key and content. */
  readonly before: Table;
  readonly after: Table;
}

/**
 * The partitions whose rows differ, in order. Rows are compared by the key of the contract on the fields that are its content. Only
 * files that one of the versions lacks are read, one partition at a time. A row that has moved to another partition is removed
 * from the one and added to the other. Throws `ObjectNotFound` when a file is gone.
 */
export async function* compareVersions(
  lake: Lake,
  contract: TableContract,
  from: Snapshot,
  to: Snapshot,
): AsyncGenerator<PartitionDifference, void, void> {
  // Columns are only ever added: the later version has them all.
  const { metadata } = from.version > to.version ? from : to;
  const columns = columnsOf(
    contract,
    metadata.columns.map((c) => c.name),
  );
  const read = (files: readonly AddFile[]): Promise<Table> =>
    readFiles(lake.store, pathOf(contract.name), metadata, files, [...new Set([...columns.key, ...columns.content])]);
  for (const [partition, files] of differingFiles(from, to)) {
    const [before, after] = [await read(files.before), await read(files.after)];
    const found = rowDifference(before, after, columns.key, columns.content);
    if (found.added.length + found.removed.length + found.changed.after.length === 0) continue;
    yield { partition, before, after, ...found };
  }
}

/** Key and content of a table, as far as it has them. */
function columnsOf(contract: TableContract, present: readonly string[]) {
  const there = (name: string): boolean => present.includes(name);
  return { key: contract.key.filter(there), content: contentOf(contract).filter(there) };
}

/** Partitions, in order, with the files that only one of the snapshots has: files never change. */
export function differingFiles(
  from: Snapshot,
  to: Snapshot,
): Map<string, { readonly before: readonly AddFile[]; readonly after: readonly AddFile[] }> {
  const differing = new Map<string, { before: AddFile[]; after: AddFile[] }>();
  const collect = (side: 'before' | 'after', files: readonly AddFile[], other: readonly AddFile[]): void => {
    const known = new Set(other.map((file) => file.path));
    for (const file of files) {
      if (known.has(file.path)) continue;
      const partition = partitionOf(file);
      const found = differing.get(partition) ?? { before: [], after: [] };
      differing.set(partition, found);
      found[side].push(file);
    }
  };
  collect('before', from.files, to.files);
  collect('after', to.files, from.files);
  return new Map([...differing].sort(([a], [b]) => (a < b ? -1 : 1)));
}
