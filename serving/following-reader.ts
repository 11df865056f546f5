/** The reader of who publishes a mart micro-batch by micro-batch: it keeps days as they are served, and adds what is new. */
import type { Table } from 'apache-arrow';
import { concatTables } from '../engine/columnar/concat.ts';
import type { Lake } from '../engine/delta/lake.ts';
import type { AddFile } from '../engine/delta/types.ts';
import { ObjectNotFound } from '../engine/storage/object-store.ts';
import { servedUsage } from '../transforms/gold/served-usage.ts';
import type { ServedMart } from './cql-type.ts';
import { dayOf, type MartReader, readIncrements, readParts } from './served-rows.ts';
import { isConsumed, type ServedPart } from './served-snapshot.ts';

/** A day as it was read last. */
interface KeptDay {
  readonly part: ServedPart;
  readonly rows: Table;
}

/** Days kept; the one read longest ago goes first. */
const keptDays = 400;

/**
 * A reader of one mart whose cost depends on what is new: of a day that it has read at an earlier version of the increments it
 * reads the files added since. Rearranged files (compaction) are not read again; a day that the batch layer has rebuilt is.
 */
export function followingReader(lake: Lake): MartReader {
  const days = new Map<string | null, KeptDay>();
  return async (mart, parts) => {
    const tables = [];
    for (const part of parts) {
      const kept = days.get(part.value);
      const followed = kept === undefined ? null : await follow(lake, mart, kept, part).catch(nullWhenRemoved);
      const rows = followed ?? (await readParts(lake, mart, [part]));
      tables.push(rows);
      if (kept !== undefined && kept.part.speedVersion > part.speedVersion) continue;
      days.delete(part.value);
      days.set(part.value, { part, rows });
      if (days.size > keptDays) days.delete(days.keys().next().value!);
    }
    return tables.length === 0 ? readParts(lake, mart, []) : concatTables(tables);
  };
}

/** Files added long ago may have been compacted and removed since: what they held is read with the whole day. */
function nullWhenRemoved(error: unknown): null {
  if (error instanceof ObjectNotFound) return null;
  throw error;
}

/** The rows of a part from those kept of it, or null when they do not lead there. */
async function follow(lake: Lake, mart: ServedMart, kept: KeptDay, part: ServedPart): Promise<Table | null> {
  const { files, consumed, speedVersion } = kept.part;
  if (consumed !== part.consumed || speedVersion > part.speedVersion) return null;
  if (files.length !== part.files.length || files.some((file, i) => file.path !== part.files[i]?.path)) return null;
  if (speedVersion === part.speedVersion) return kept.rows;
  const added: AddFile[] = [];
  for (const commit of await lake.table(mart.serving.speed!).commitsSince(speedVersion, part.speedVersion)) {
    const isOfDay = ({ partitionValues }: Pick<AddFile, 'partitionValues'>) =>
      Object.values(partitionValues)[0] === part.value;
    added.push(...commit.adds.filter((file) => file.dataChange && isOfDay(file) && !isConsumed(file, consumed)));
  }
  if (added.length === 0) return kept.rows;
  const increments = await readIncrements(lake, mart, added, new Map([[dayOf(part), consumed]]));
  return servedUsage(kept.rows, increments);
}
