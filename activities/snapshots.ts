/** The kept snapshots of a master: every commit that loaded one says which, and the table at that version is its content. */
import type { Lake } from '../engine/delta/lake.ts';
import type { Commit } from '../engine/delta/types.ts';
import type { KeptSnapshot } from './compute/kept-snapshots.ts';

/** What a commit on a Bronze master says of the snapshot it loaded. */
export interface SnapshotInfo {
  /** When it takes effect, microseconds. */
  readonly instantUs: number;
  /** For corrections: the instant from which history is rewritten. */
  readonly correctsFromUs: number | null;
  readonly file: string;
  readonly hash: string;
  readonly generation: number;
}

export interface LoadedSnapshot extends SnapshotInfo {
  /** Version of the Bronze table that holds its content. */
  readonly version: number;
}

/** The snapshot a commit loaded, or null. */
export function snapshotOf(commit: Commit): LoadedSnapshot | null {
  const info = commit.info['snapshot'] as SnapshotInfo | undefined;
  return info === undefined ? null : { ...info, version: commit.version };
}

/** Snapshots loaded into a Bronze master, in the order they were loaded. */
export async function loadedSnapshots(lake: Lake, table: string): Promise<LoadedSnapshot[]> {
  const commits = await lake.table(table).commitsSince(-1);
  return commits.map(snapshotOf).filter((s) => s !== null);
}

/** Snapshots up to a version of the table with the files of each. A later load of the same instant replaces the earlier. */
export async function keptSnapshots(lake: Lake, table: string, version: number): Promise<KeptSnapshot[]> {
  const byInstant = new Map<string, LoadedSnapshot>();
  for (const s of await loadedSnapshots(lake, table)) {
    if (s.version <= version) byInstant.set(`${s.instantUs}/${s.correctsFromUs}`, s);
  }
  const kept = [];
  for (const s of byInstant.values()) {
    const { files } = await lake.table(table).at(s.version);
    kept.push({ instantUs: s.instantUs, correctsFromUs: s.correctsFromUs, files });
  }
  return kept;
}
