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
  /** Files of one size that are worth rewriting, at least 2. A file is of one size with those that have fewer than so many times its rows. */
  readonly minFiles: number;
  /** Files of at least half this size are left alone, and no file is made larger on purpose. */
  readonly targetBytes: number;
  /** Most groups of files to rewrite, those that have waited longest; default all of them. */
  readonly maxGroups?: number;
  readonly nowMs: number;
  /**
   * Writes the rows of some files of the snapshot, of one partition, to new files, in their order; default here and now. Nothing
   * but their rows and statistics goes into the new files: tags do not.
   */
  readonly rewrite?: (snapshot: Snapshot, files: readonly AddFile[]) => Promise<readonly AddFile[]>;
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
  const rewrite = options.rewrite ?? ((read, files) => rewriteFiles(table, read, files, options.nowMs));
  const rewritten: Rewritten[] = [];
  for (const removes of groups) {
    const adds = await rewrite(snapshot!, removes);
    rewritten.push({ removes, adds: adds.map((file) => ({ ...file, dataChange: false })) });
  }
  return commitRewritten(table, snapshot, rewritten);
}

async function rewriteFiles(
  { store, path }: DeltaTable,
  { metadata }: Snapshot,
  files: readonly AddFile[],
  nowMs: number,
): Promise<AddFile[]> {
  return writeDataFiles(store, path, metadata, await readFiles(store, path, metadata, files), { nowMs });
}

/**
 * The groups of files to rewrite, each of one partition and one size, in the order of the snapshot, together no larger than the
 * target.
 *
 * Sizes are tiers: tier t are the files of minFiles^t rows and more, up to minFiles^(t + 1). A tier is merged when it has
 * minFiles files, or enough to fill one of the target's size. What comes out belongs to a higher tier, so a table of n rows
 * has at most minFiles × log(n) small files a partition, and no row is rewritten more than log(n) times (to the base minFiles),
 * however often this is done. Rows and not bytes, because many files of a row take far more bytes than one of many rows.
 */
export function smallFiles(snapshot: Snapshot, options: Omit<CompactOptions, 'nowMs' | 'rewrite'>): AddFile[][] {
  const minFiles = Math.max(2, options.minFiles);
  const open = new Map<string, Group>();
  const groups: Group[] = [];
  for (const file of snapshot.files) {
    const rows = rowsOf(file);
    if (file.size * 2 >= options.targetBytes || rows * 2 >= mostRows) continue;
    if (!inPartition(file.partitionValues, options.partition ?? {})) continue;
    const key = `${tierOf(rows, minFiles)} ${partitionKey(file.partitionValues)}`;
    let group = open.get(key);
    if (group !== undefined && (group.bytes + file.size > options.targetBytes || group.rows + rows > mostRows)) {
      group.isFull = true;
      group = undefined;
    }
    if (group === undefined) {
      group = { files: [], bytes: 0, rows: 0, isFull: false };
      open.set(key, group);
      groups.push(group);
    }
    group.files.push(file);
    group.bytes += file.size;
    group.rows += rows;
  }
  return groups
    .filter(({ files, isFull }) => files.length >= (isFull ? 2 : minFiles))
    .slice(0, options.maxGroups)
    .map(({ files }) => files);
}

interface Group {
  readonly files: AddFile[];
  bytes: number;
  rows: number;
  /** Nothing more fits in. */
  isFull: boolean;
}

/** How often `base` can be multiplied by itself before it is more than the rows. */
function tierOf(rows: number, base: number): number {
  let tier = 0;
  for (let least = base; least <= rows; least *= base) tier++;
  return tier;
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
