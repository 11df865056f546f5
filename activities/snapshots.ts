/** The kept snapshots of a master: every commit that loaded one says which, and the table at that version is its content. */
import type { Lake } from '../engine/delta/lake.ts';
import type { DeltaTable } from '../engine/delta/table.ts';
import type { AddFile, Commit, Snapshot } from '../engine/delta/types.ts';
import type { KeptSnapshot } from './compute/kept-snapshots.ts';
import { quarantineFilesOf } from './quarantine.ts';

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
  /** Files of the rows it rejected. */
  readonly quarantine: readonly AddFile[];
}

/** A Bronze master at one version, null before the first, and the snapshots loaded up to it, in their order. */
export interface MasterState {
  readonly base: Snapshot | null;
  readonly loaded: readonly LoadedSnapshot[];
}

/** The snapshot a commit loaded, or null. */
export function snapshotOf(commit: Commit): LoadedSnapshot | null {
  const info = commit.info.snapshot as SnapshotInfo | undefined;
  return info === undefined ? null : { ...info, version: commit.version, quarantine: quarantineFilesOf(commit) };
}

/** Snapshots loaded into a Bronze master, in the order they were loaded. */
export async function loadedSnapshots(lake: Lake, table: string): Promise<LoadedSnapshot[]> {
  return snapshotsIn(lake.table(table));
}

async function snapshotsIn(table: DeltaTable, upTo?: number): Promise<LoadedSnapshot[]> {
  return (await table.commitsSince(-1, upTo)).map(snapshotOf).filter((s) => s !== null);
}

/** The newest state of a Bronze master. */
export async function masterState(table: DeltaTable): Promise<MasterState> {
  const base = await table.latest();
  // The log may have grown since.
  const loaded = base === null ? [] : await snapshotsIn(table, base.version);
  return { base, loaded };
}

/** Snapshots up to a version of the table with the files of each, as `withFiles`. */
export async function keptSnapshots(lake: Lake, table: string, version: number): Promise<KeptSnapshot[]> {
  return withFiles(lake, table, await snapshotsIn(lake.table(table), version));
}

/**
 * Loaded snapshots with the files of each. A later load of the same instant and correction replaces the earlier, and has
 * the later place: of two for the same instant the dimension takes the later in the list.
 */
export async function withFiles(lake: Lake, table: string, loaded: readonly LoadedSnapshot[]): Promise<KeptSnapshot[]> {
  const byInstant = new Map<string, LoadedSnapshot>();
  for (const s of loaded) {
    const instant = `${s.instantUs}/${s.correctsFromUs}`;
    byInstant.delete(instant);
    byInstant.set(instant, s);
  }
  const kept = [];
  for (const s of byInstant.values()) {
    const { files } = await lake.table(table).at(s.version);
    kept.push({ instantUs: s.instantUs, correctsFromUs: s.correctsFromUs, files });
  }
  return kept;
}
