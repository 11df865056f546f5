/** What a partition is made of: the upstream versions it consumed, and reading a table at them. */
import { isPinned, isWhole, wholeTable } from '../../activities/dirty.ts';
import { partitionOf } from '../../activities/partition.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import type { AddFile, Snapshot } from '../../engine/delta/types.ts';
import { ObjectNotFound } from '../../engine/storage/object-store.ts';
import { consumedId, type TableContract } from '../../schemas/contract.ts';
import { madeBy } from './made-by.ts';

export interface Consumption {
  /** The version of an upstream table, or of what else is consumed; null when that is not recorded. */
  readonly consumed: (name: string) => number | null;
  readonly notes: readonly string[];
}

/**
 * What the partition of a file consumed, as recorded at the snapshot. A restore leaves those records as they were: the rows of a
 * partition that one has pinned are made of what the commit that wrote the file first consumed.
 */
export async function consumptionOf(
  lake: Lake,
  contract: TableContract,
  snapshot: Snapshot,
  file: AddFile,
): Promise<Consumption> {
  const unit = isWhole(contract) ? wholeTable : partitionOf(file);
  const idOf = (name: string): string => consumedId(contract.name, unit, name);
  const isRestored = isPinned(contract, snapshot, unit);
  const [first] = isRestored ? await madeBy(lake.table(contract.name), snapshot, [file]) : [];
  return {
    consumed: (name) => first?.txns.get(idOf(name)) ?? snapshot.txns.get(idOf(name)) ?? null,
    notes: isRestored ? ['a restore has pinned it: no build changes it until a backfill recomputes it'] : [],
  };
}

/** What was read of a table, at which version, and what is to be said of that. */
export interface ReadAt<T> {
  /** Null when there is no such table; then nothing was read. */
  readonly snapshot: Snapshot | null;
  readonly value: T;
  readonly notes: readonly string[];
}

/** Reads a table at a version; where that is not recorded or gone, at the newest one. `absent`: what stands for no table. */
export async function readAt<T>(
  lake: Lake,
  name: string,
  version: number | null,
  read: (snapshot: Snapshot) => Promise<T>,
  absent: T,
): Promise<ReadAt<T>> {
  const table = lake.table(name);
  if (version !== null) {
    const snapshot = await table.at(version).catch(nullWhenGone);
    if (snapshot !== null) {
      try {
        return { snapshot, value: await read(snapshot), notes: [] };
      } catch (error) {
        if (!(error instanceof ObjectNotFound)) throw error;
      }
    }
  }
  const newest = await table.latest();
  if (newest === null) return { snapshot: null, value: absent, notes: [`${name} does not exist`] };
  const why =
    version === null
      ? 'no consumed version is recorded'
      : `version ${version}, which was consumed, cannot be read any more (vacuumed)`;
  return {
    snapshot: newest,
    value: await read(newest),
    notes: [`${why}: read at the current version ${newest.version}`],
  };
}

/** Errors of the file system have a code, and may pass; others say that the version's commits are gone. */
function nullWhenGone(error: Error): null {
  if ('code' in error) throw error;
  return null;
}

/** Says whether the rows of some of a table's files were changed after a snapshot; `select` gives these files at any version. */
export async function changesSince(
  lake: Lake,
  name: string,
  snapshot: Snapshot,
  select: (snapshot: Snapshot) => readonly AddFile[],
): Promise<readonly string[]> {
  const table = lake.table(name);
  const newest = await table.latest();
  if (newest === null || newest.version <= snapshot.version) return [];
  const [before, after] = [select(snapshot), select(newest)];
  const paths = new Set(before.map(({ path }) => path));
  if (before.length === after.length && after.every(({ path }) => paths.has(path))) return [];
  const partitions = new Set([...before, ...after].map(partitionOf));
  let last = -1;
  for await (const { version, adds, removes } of table.eachCommitSince(snapshot.version, newest.version)) {
    const changes = [...adds, ...removes].some((file) => file.dataChange && partitions.has(partitionOf(file)));
    if (changes) last = version;
  }
  return last < 0 ? [] : [`its rows were changed since, last by version ${last}`];
}
