/** Keeping the tables of the lake small: compaction where small files gather, and removal of files that nobody needs. */
import { type Vacuumed, vacuum } from '../engine/delta/vacuum.ts';
import { masters } from '../schemas/bronze.ts';
import { catalog } from '../schemas/catalog.ts';
import { alertDeliveries, alerts, audits, backfills, notices } from '../schemas/ops.ts';
import { quarantineOf } from '../schemas/quarantine.ts';
import { compactTables, type SmallFileTable, streamTables, type TableCompaction } from './compaction.ts';
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

/** After so many the compaction of a table is given up: some seconds. */
const compactionAttempts = 5;

/** Tables that a worker follows commit by commit for as long as it lives: it may come for a file that was compacted long ago. */
const followedForLong: ReadonlySet<string> = new Set([alerts.name, alertDeliveries.name]);

/** Least number of files of one size that are worth rewriting once a day: less than beside a stream, which does it all the time. */
const minFiles = 4;

/** Where small files gather: what a stream writes, and what every daily run adds to. */
const smallFileTables: readonly SmallFileTable[] = [
  ...streamTables,
  ...[notices, audits, backfills, ...masters.map(({ name }) => quarantineOf(name))].map(({ name }) => ({
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
 * Removes the files of the table that no version needs which is young, published, made use of by another table, or a master's
 * snapshot, and then compacts it where small files gather in it: a full disk gets room before anything is written. The rows of the
 * table stay as they are. Safe to repeat and beside whoever reads or writes.
 */
export async function maintainTable(
  context: ActivityContext,
  run: Run,
  { table, vacuum: isVacuumed, dryRun }: MaintenanceRequest,
): Promise<TableMaintenance> {
  const { files, bytes } = isVacuumed
    ? await vacuumTable(context, table, context.clock(), dryRun, run.signal)
    : { files: [], bytes: 0 };
  run.signal.throwIfAborted();
  const compaction = dryRun ? undefined : await compacted(context, run, table);
  return {
    table,
    compacted: compaction?.filesRemoved ?? 0,
    written: compaction?.filesAdded ?? 0,
    removed: files.length,
    bytes,
  };
}

/**
 * Removes the files of the table that nobody needs at an instant, or only says which they would be. What somebody pins once the clock
 * has been read is left alone: it was the newest version within the retention.
 */
export async function vacuumTable(
  { lake }: Pick<ActivityContext, 'lake'>,
  table: string,
  nowMs: number,
  dryRun: boolean,
  signal: AbortSignal,
): Promise<Vacuumed> {
  const isFollowed = await followedFiles(lake, table);
  return vacuum(lake.table(table), nowMs, {
    retentionMs,
    compactedRetentionMs: followedForLong.has(table) ? retentionMs : compactedRetentionMs,
    keepVersions: await keptVersions(lake, table),
    ...(isFollowed === null ? {} : { isFollowed }),
    dryRun,
    signal,
  });
}

/** Compacts the table, if small files gather in it. A failure that stays is left to the next maintenance: other tables wait for their vacuum. */
async function compacted(context: ActivityContext, run: Run, table: string): Promise<TableCompaction | undefined> {
  const compacting = smallFileTables.filter(({ name }) => name === table);
  try {
    return (await compactTables(context, run, compacting, Number.POSITIVE_INFINITY))[0];
  } catch (error) {
    if (run.attempt < compactionAttempts || run.signal.aborted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw problem('NotCompacted', `${table} was not compacted, which is left to the next maintenance: ${why}`, error);
  }
}
