/**
 * Vacuum: removes data files that no version worth keeping refers to.
 */
import type { ObjectInfo } from '../storage/object-store.ts';
import type { DeltaTable } from './table.ts';
import type { AddFile } from './types.ts';

/** What a vacuum may remove. */
export interface VacuumOptions {
  /** Files are kept while a version younger than this refers to them, and files younger than this anyway. */
  readonly retentionMs: number;
  /**
   * The same for files whose rows a compaction has written elsewhere; default `retentionMs`. Must be longer than the longest
   * commit and the longest read take.
   */
  readonly compactedRetentionMs?: number;
  /** Versions that stay readable however old they are; the newest always does. */
  readonly keepVersions: readonly number[];
  /**
   * Whether somebody is yet to read a file by way of the commit of this version that added it: it then stays for `retentionMs` though a
   * compaction has replaced it. Default: nobody.
   */
  readonly isFollowed?: (file: AddFile, version: number) => boolean;
  /** Only say what would be removed. */
  readonly dryRun: boolean;
  /** Stops before the next file is removed. */
  readonly signal?: AbortSignal;
}

/** What a vacuum removed, or would remove. Paths are relative to the table. */
export interface Vacuumed {
  readonly files: readonly { readonly path: string; readonly size: number }[];
  readonly bytes: number;
}

/**
 * Removes the data files under the table's folder that neither the newest version, nor a kept version, nor one younger than
 * the retention refers to, whether they once belonged to the table or never did. Never enters folders that start with
 * `_`. Throws before removing anything when a kept version cannot be read.
 */
export async function vacuum(table: DeltaTable, nowMs: number, options: VacuumOptions): Promise<Vacuumed> {
  // Listed before the newest version is read: a file committed in between is not in the list or is referred to.
  const files = await dataFiles(table);
  const newest = await table.latest();
  if (newest === null) throw new Error(`vacuum: ${table.path} is not a table`);
  const cutoffMs = nowMs - options.retentionMs;
  const compactedCutoffMs = nowMs - Math.min(options.compactedRetentionMs ?? options.retentionMs, options.retentionMs);

  const oldest = (await table.versionAt(cutoffMs)) ?? 0;
  const kept = new Set((await table.at(oldest)).files.map((file) => file.path));
  const compacted = new Set<string>();
  const followed = new Set<string>();
  for await (const { version, adds, removes, timestampMs } of table.eachCommitSince(oldest)) {
    for (const file of adds) {
      kept.add(file.path);
      // A restore brought it back: it is no longer one that a compaction has replaced.
      compacted.delete(file.path);
      if (file.dataChange && options.isFollowed?.(file, version)) followed.add(file.path);
    }
    if (timestampMs > compactedCutoffMs) continue;
    for (const { path, dataChange } of removes) if (!dataChange && !followed.has(path)) compacted.add(path);
  }
  for (const path of compacted) kept.delete(path);
  for (const { path } of newest.files) kept.add(path);
  const isRemovable = ({ path, modifiedMs }: ObjectInfo): boolean =>
    !kept.has(path) && modifiedMs < (compacted.has(path) ? compactedCutoffMs : cutoffMs);
  // Reading an old version is dear: only where there is something that it may keep.
  if (files.some(isRemovable)) {
    for (const version of options.keepVersions) for (const { path } of (await table.at(version)).files) kept.add(path);
  }

  const removed = files.filter(isRemovable);
  for (const { path } of options.dryRun ? [] : removed) {
    options.signal?.throwIfAborted();
    await table.store.delete(`${table.path}/${path}`);
  }
  return {
    files: removed.map(({ path, size }) => ({ path, size })),
    bytes: removed.reduce((sum, { size }) => sum + size, 0),
  };
}

/** The files under the table's folder outside `_` folders, with paths relative to it. */
async function dataFiles(table: DeltaTable): Promise<ObjectInfo[]> {
  const files = await table.store.list(table.path);
  return files
    .map((file) => ({ ...file, path: file.path.slice(table.path.length + 1) }))
    .filter(({ path }) => !path.split('/').some((segment) => segment.startsWith('_')));
}
