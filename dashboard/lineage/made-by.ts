/** Which commits wrote the rows of data files. */
import { reasonOf, workOf } from '../../activities/commit-info.ts';
import { partitionOf } from '../../activities/partition.ts';
import { millisText } from '../../engine/columnar/cell.ts';
import type { DeltaTable } from '../../engine/delta/table.ts';
import type { AddFile, Commit, Snapshot } from '../../engine/delta/types.ts';
import type { Made } from './explanation.ts';

/** Commits that are named, and files behind a compaction that are followed. */
const most = 5;

/**
 * The commits that wrote the rows of files of a snapshot, each once, newest first, a few of them when there are many. Of files that a
 * compaction or a restore put there, those that wrote the rows first. A file whose commit is gone from the log has none.
 */
export async function madeBy(table: DeltaTable, snapshot: Snapshot, files: readonly AddFile[]): Promise<Commit[]> {
  const commits = new Map<number, Commit>();
  for (const file of newestFirst(files)) {
    if (commits.size >= most) break;
    const commit = await addedBy(table, file, snapshot.version);
    const isCompacted = commit?.adds.some(({ path, dataChange }) => path === file.path && !dataChange) === true;
    const found = isCompacted ? await behind(table, file, commit) : [commit];
    for (const made of found) if (made !== null) commits.set(made.version, made);
  }
  return [...commits.values()].sort((a, b) => b.version - a.version).slice(0, most);
}

/** What an explanation says of a commit. */
export function madeOf(commit: Commit): Made {
  const work = workOf(commit);
  return {
    version: commit.version,
    committedAt: millisText(commit.timestampMs),
    operation: commit.operation,
    workflowId: work?.workflowId ?? null,
    runId: work?.runId ?? null,
    reason: reasonOf(commit),
  };
}

/** The commit that first added the file, up to a version. A file is written shortly before: the log is searched from there. */
async function addedBy(table: DeltaTable, file: AddFile, upTo: number): Promise<Commit | null> {
  const near = ((await table.versionAt(file.modificationTime)) ?? 0) - 1;
  for (const start of near >= 0 ? [near, -1] : [-1]) {
    for await (const commit of table.eachCommitSince(start, upTo)) {
      if (commit.adds.some(({ path }) => path === file.path)) return commit;
    }
  }
  return null;
}

/** The commits behind a compaction. */
async function behind(table: DeltaTable, file: AddFile, compaction: Commit): Promise<Commit[]> {
  const before = await table.at(compaction.version - 1);
  const removed = new Set(compaction.removes.map(({ path }) => path));
  const rewritten = before.files.filter((f) => removed.has(f.path) && partitionOf(f) === partitionOf(file));
  return madeBy(table, before, newestFirst(rewritten).slice(0, most));
}

function newestFirst(files: readonly AddFile[]): AddFile[] {
  return [...files].sort((a, b) => b.modificationTime - a.modificationTime);
}
