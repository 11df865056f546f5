/**
 * Compaction: many small files of a partition become one, the rows stay as they are.
 */
import { writeDataFiles } from './data-file.ts';
import { inPartition, partitionKey } from './partitions.ts';
import { readFiles } from './read.ts';
import type { DeltaTable } from './table.ts';
import { type AddFile, CommitConflict, type PartitionValues, type Snapshot } from './types.ts';

export interface CompactOptions {
  /** Only this partition; default all of them. */
  readonly partition?: PartitionValues;
  /** Fewest files worth rewriting, at least 2. */
  readonly minFiles: number;
  /** Files of at least this size are left alone, and no file is made larger on purpose. */
  readonly targetBytes: number;
  readonly nowMs: number;
}

/** What compaction did. `version` is null when there was nothing to commit. */
export interface Compaction {
  readonly version: number | null;
  readonly filesRemoved: number;
  readonly filesAdded: number;
  /** Groups of files that were rewritten in vain, because a writer removed some of them meanwhile. */
  readonly skipped: number;
}

/** Most rows of a rewritten file, so that it fits in memory decoded. */
const mostRows = 1_000_000;

/**
 * Rewrites small files in one commit that changes no rows (`dataChange` false), so nothing that depends on the table becomes
 * dirty. Writers that remove or replace files at the same time win; their groups are given up. Safe to repeat.
 */
export async function compact(table: DeltaTable, options: CompactOptions): Promise<Compaction> {
  const snapshot = await table.latest();
  const groups = snapshot === null ? [] : smallFiles(snapshot, options);
  const rewritten: Rewritten[] = [];
  for (const removes of groups) {
    const rows = await readFiles(table.store, table.path, snapshot!.metadata, removes);
    const adds = await writeDataFiles(table.store, table.path, snapshot!.metadata, rows, { nowMs: options.nowMs });
    rewritten.push({ removes, adds: adds.map((file) => ({ ...file, dataChange: false })) });
  }
  return commitRewritten(table, snapshot, rewritten);
}

/**
 * The groups of files to rewrite: neighbours in the order of the snapshot, of one partition, each smaller than the target
 * and together no larger.
 */
export function smallFiles(snapshot: Snapshot, options: Omit<CompactOptions, 'nowMs'>): AddFile[][] {
  const open = new Map<string, Group>();
  const groups: Group[] = [];
  for (const file of snapshot.files) {
    if (file.size >= options.targetBytes || !inPartition(file.partitionValues, options.partition ?? {})) continue;
    const key = partitionKey(file.partitionValues);
    let group = open.get(key);
    if (group === undefined || group.bytes + file.size > options.targetBytes || group.rows + rowsOf(file) > mostRows) {
      group = { files: [], bytes: 0, rows: 0 };
      open.set(key, group);
      groups.push(group);
    }
    group.files.push(file);
    group.bytes += file.size;
    group.rows += rowsOf(file);
  }
  return groups.map((group) => group.files).filter((files) => files.length >= Math.max(2, options.minFiles));
}

interface Group {
  readonly files: AddFile[];
  bytes: number;
  rows: number;
}

/** Files without statistics count as empty: then only the bytes limit a group. */
function rowsOf(file: AddFile): number {
  return Number.isNaN(file.stats.numRecords) ? 0 : file.stats.numRecords;
}

interface Rewritten {
  readonly removes: readonly AddFile[];
  readonly adds: readonly AddFile[];
}

async function commitRewritten(table: DeltaTable, read: Snapshot | null, groups: Rewritten[]): Promise<Compaction> {
  let base = read;
  let left = groups;
  while (left.length > 0) {
    const removes = left.flatMap((group) => group.removes);
    const adds = left.flatMap((group) => group.adds);
    const skipped = groups.length - left.length;
    try {
      const { snapshot } = await table.commit({
        base,
        reads: { kind: 'nothing' },
        adds,
        removes,
        txns: {},
        dataChange: false,
        operation: 'OPTIMIZE',
        info: { filesRemoved: removes.length, filesAdded: adds.length },
      });
      return { version: snapshot.version, filesRemoved: removes.length, filesAdded: adds.length, skipped };
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error;
      base = error.snapshot;
      const present = new Set(error.snapshot.files.map((file) => file.path));
      left = left.filter((group) => group.removes.every((file) => present.has(file.path)));
    }
  }
  return { version: null, filesRemoved: 0, filesAdded: 0, skipped: groups.length };
}
