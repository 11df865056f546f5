/** What a vacuum leaves however old it is: versions that somebody may read, and files that are yet to be read. */
import type { Lake } from '../engine/delta/lake.ts';
import type { AddFile } from '../engine/delta/types.ts';
import { bronzeUsageEvents, masters } from '../schemas/bronze.ts';
import { catalog, contractOf } from '../schemas/catalog.ts';
import { replacedId } from '../schemas/contract.ts';
import { marts, orgDailyUsageByService, orgDailyUsageByServiceSpeed } from '../schemas/gold.ts';
import { servedMart } from '../serving/cql-type.ts';
import { publishedSpeedVersions, publishedVersions, readPublications } from '../serving/publication-log.ts';
import { consumedBronze } from '../serving/served-snapshot.ts';
import { endedBackfills } from './backfill/log.ts';
import { pinnedPartitions } from './dirty.ts';
import { partitionOf } from './partition.ts';
import { loadedSnapshots } from './snapshots.ts';

/** Versions of a table that stay readable, for one reason. */
type KeptBecause = (lake: Lake, table: string) => Promise<readonly number[]>;

/** Every reason to keep a version: whoever names versions to be read later adds one here. */
const reasons: readonly KeptBecause[] = [published, consumed, loaded, backfilled, replaced];

/** The versions of a table that stay readable, ascending. */
export async function keptVersions(lake: Lake, table: string): Promise<number[]> {
  const versions = new Set<number>();
  for (const reason of reasons) for (const version of await reason(lake, table)) versions.add(version);
  return [...versions].sort((a, b) => a - b);
}

/** Publications are differences from the last closed one; those opened since may be read again, too. */
async function published(lake: Lake, table: string): Promise<number[]> {
  const versions: number[] = [];
  for (const { name, serving } of marts) {
    if (name === table) versions.push(...publishedVersions(await readPublications(lake, name)));
    if (serving?.speed === table) versions.push(...publishedSpeedVersions(await readPublications(lake, name)));
  }
  return versions;
}

/** What tables are made of now: which dates a change of a dimension touches is read from the version consumed. */
async function consumed(lake: Lake, table: string): Promise<number[]> {
  const versions: number[] = [];
  for (const { name } of catalog) {
    for (const [id, version] of (await lake.table(name).latest())?.txns ?? []) {
      if (id.startsWith(name) && id.endsWith(`←${table}`)) versions.push(version);
    }
  }
  return versions;
}

/** Every snapshot of a master: dimensions are made of all of them. */
async function loaded(lake: Lake, table: string): Promise<number[]> {
  if (!masters.some(({ contract }) => contract.name === table)) return [];
  return (await loadedSnapshots(lake, table)).map(({ version }) => version);
}

/** What backfills have found and made: their results name it. */
async function backfilled(lake: Lake, table: string): Promise<number[]> {
  return (await endedBackfills({ lake })).flatMap(({ versions }) => versions[table] ?? []);
}

/** What a restore has replaced, while it pins any partition: it can be undone. */
async function replaced(lake: Lake, table: string): Promise<number[]> {
  const snapshot = await lake.table(table).latest();
  const version = snapshot?.txns.get(replacedId(table));
  return version === undefined || pinnedPartitions(contractOf(table), snapshot!).size === 0 ? [] : [version];
}

/**
 * Whether a file is yet to be read by way of the commit that added it, compacted or not: increments are made of what a commit
 * brought. Null for tables that nobody follows so.
 */
export async function followedFiles(
  lake: Lake,
  table: string,
): Promise<((file: AddFile, version: number) => boolean) | null> {
  if (table !== bronzeUsageEvents.name) return null;
  const done = (await lake.table(orgDailyUsageByServiceSpeed.name).latest())?.txns.get('bronze') ?? -1;
  const batch = await lake.table(orgDailyUsageByService.name).latest();
  const mart = servedMart(orgDailyUsageByService);
  return (file, version) => version > done && version > consumedBronze(mart, batch, partitionOf(file));
}
