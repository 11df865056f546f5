/** Keeping the tables of the lake small: compaction where small files gather, and removal of files that nobody needs. */
import { vacuum } from '../engine/delta/vacuum.ts';
import { masters } from '../schemas/bronze.ts';
import { catalog } from '../schemas/catalog.ts';
import { alertDeliveries, alerts, backfills, notices } from '../schemas/ops.ts';
import { quarantineOf } from '../schemas/quarantine.ts';
import { compactTables, type SmallFileTable, streamTables } from './compaction.ts';
import type { ActivityContext, Run } from './context.ts';
import { followedFiles, keptVersions } from './kept-versions.ts';
import { problem } from './problem.ts';

export interface MaintenanceRequest {
  readonly table: string;
  /** Whether files that nobody needs are removed. */
  readonly vacuum: boolean;
  /** Only say what would be removed; nothing is compacted either. */
  readonly dryRun: boolean;
}

/** What was done to a table, by the attempt that ended. */
export interface TableMaintenance {
  readonly table: string;
  /** Small files that became `written` larger ones. */
  readonly compacted: number;
  readonly written: number;
  /** Files that were removed, or would be. */
  readonly removed: number;
  readonly bytes: number;
}

const hourMs = 3_600_000;

/** How far back tables can be read: files are kept while a version younger than this has them. */
export const retentionMs = 365 * 24 * hourMs;

/**
 * The same for files that a compaction has replaced: an hour more than an activity may take, which reads the versions that it found at
 * its start to its end.
 */
export const compactedRetentionMs = 3 * hourMs;

/** Tables that a worker follows commit by commit for as long as it lives: it may come for a file that was compacted long ago. */
const followedForLong: ReadonlySet<string> = new Set([alerts.name, alertDeliveries.name]);

/** Least number of files of one size that are worth rewriting once a day: less than beside a stream, which does it all the time. */
const minFiles = 4;

/** Where small files gather: what a stream writes, and what every daily run adds to. */
const smallFileTables: readonly SmallFileTable[] = [
  ...streamTables,
  ...[notices, backfills, ...masters.map(({ name }) => quarantineOf(name))].map(({ name }) => ({
    name,
    minFiles,
    targetBytes: 8 << 20,
  })),
].map((table) => ({ ...table, minFiles }));

/** Those of the tables named that exist, null: all of them. Throws when there can be none of a name. */
export async function tablesToMaintain({ lake }: ActivityContext, named: readonly string[] | null): Promise<string[]> {
  const all = catalog.map(({ name }) => name);
  const unknown = named?.find((name) => !all.includes(name));
  if (unknown !== undefined) throw problem('NoSuchTable', `no table ${unknown}; tables: ${all.join(', ')}`);
  const found: string[] = [];
  for (const name of named ?? all) if ((await lake.table(name).latest()) !== null) found.push(name);
  return found;
}

/**
 * Compacts the table where small files gather in it, and then removes the files that no version needs which is young, published, made
 * use of by another table, or a master's snapshot. The rows of the table stay as they are. Safe to repeat and beside whoever
 * reads or writes.
 */
export async function maintainTable(
  context: ActivityContext,
  run: Run,
  { table, vacuum: isVacuumed, dryRun }: MaintenanceRequest,
): Promise<TableMaintenance> {
  const { lake, clock } = context;
  const compacting = dryRun ? [] : smallFileTables.filter(({ name }) => name === table);
  const [compaction] = await compactTables(context, run, compacting, Number.POSITIVE_INFINITY);
  run.signal.throwIfAborted();
  // Before anything is looked at: who pins a version from now on pins one that was the newest within the retention.
  const nowMs = clock();
  const isFollowed = await followedFiles(lake, table);
  const { files, bytes } = isVacuumed
    ? await vacuum(lake.table(table), nowMs, {
        retentionMs,
        compactedRetentionMs: followedForLong.has(table) ? retentionMs : compactedRetentionMs,
        keepVersions: await keptVersions(lake, table),
        ...(isFollowed === null ? {} : { isFollowed }),
        dryRun,
        signal: run.signal,
      })
    : { files: [], bytes: 0 };
  return {
    table,
    compacted: compaction?.filesRemoved ?? 0,
    written: compaction?.filesAdded ?? 0,
    removed: files.length,
    bytes,
  };
}
