/**
 * What a re-drive's commit on Bronze says about the quarantine, so that whoever comes next can finish it.
 *
 * The commit has `txn (redrive, v)`: v is the version of the quarantine whose rows it settled. The quarantine follows under the same `txn`,
 * and only then are rows settled again. So each v is settled once, whoever tries it, and a row is in Bronze and in quarantine for a
 * moment at most, never in neither.
 */
import { valueAt } from '../../engine/columnar/column-of.ts';
import { concatTables } from '../../engine/columnar/concat.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { selectedIndices, takeTable } from '../../engine/columnar/take.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { readFiles } from '../../engine/delta/read.ts';
import {
  type AddFile,
  type Commit,
  CommitConflict,
  type Snapshot,
  type TableMetadata,
} from '../../engine/delta/types.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { metadataOf, pathOf } from '../../schemas/contract.ts';
import { quarantineOf } from '../../schemas/quarantine.ts';
import { checkBalance } from '../commit-info.ts';
import { commitOf } from '../commit-of.ts';
import type { ActivityContext, Run } from '../context.ts';
import type { Counts } from '../counts.ts';
import { quarantineFilesOf } from '../quarantine.ts';
import { findCommitted } from './committed.ts';

/** Application id of re-drives. */
export const redriveId = 'redrive';

/** Rows that went from one place to another. */
export interface Moves {
  /** Rows that Bronze got. */
  readonly written: number;
  /** Quarantined rows whose event was there already. */
  readonly duplicate: number;
  /** Rows that another rule holds now, those that Bronze lost among them. */
  readonly quarantined: number;
  /** Rows that Bronze lost. */
  readonly replaced: number;
  /** Places of the rows that Bronze's rules held and that leave the quarantine files they are in: landing file → [generation, offset]s. */
  readonly left: Readonly<Record<string, readonly (readonly [generation: number, offset: number])[]>>;
}

export function movesOf(commit: Commit): Moves | null {
  return (commit.info.redrive as Moves | undefined) ?? null;
}

/**
 * The counts of such a commit, which read no line of the landing zone: by how many rows Bronze and the quarantine grew. So sums over all
 * commits say where the lines are that were ever read.
 */
export function countsOf({ written, replaced, duplicate, quarantined, left }: Moves, late: number): Counts {
  const leaving = Object.values(left).reduce((n, places) => n + places.length, 0);
  const counts = {
    read: 0,
    written: written - replaced,
    unchanged: 0,
    quarantined: quarantined - leaving,
    duplicate,
    late,
  };
  checkBalance(bronzeUsageEvents.name, counts);
  return counts;
}

/** What a re-drive commits to Bronze. */
export interface MovesCommit {
  readonly adds: readonly AddFile[];
  readonly removes: readonly AddFile[];
  readonly metadata: TableMetadata;
  readonly info: Readonly<Record<string, unknown>>;
}

/**
 * Commits the moves that settle a version of the quarantine, judged by Bronze as it was at `judgedBy`. False when they cannot stand: others
 * settled it, or changed rows of these events or the files to replace.
 */
export async function commitMoves(
  context: ActivityContext,
  run: Run,
  judgedBy: Snapshot,
  quarantineVersion: number,
  eventIds: readonly string[],
  { adds, removes, metadata, info }: MovesCommit,
): Promise<boolean> {
  const table = context.lake.table(bronzeUsageEvents.name);
  let base = judgedBy;
  for (;;) {
    try {
      const { outcome } = await table.commit({
        base,
        reads: { kind: 'table' },
        adds,
        removes,
        txns: { [redriveId]: quarantineVersion },
        identity: redriveId,
        ...(metadata.columns.length > base.metadata.columns.length ? { metadata } : {}),
        dataChange: true,
        operation: 'REDRIVE',
        info,
      });
      if (outcome === 'already') return false;
      await followMoves(context, quarantineVersion);
      return true;
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error;
      if (!(await stillStand(context, run, error, eventIds, removes))) return false;
      base = error.snapshot;
    }
  }
}

/** Whether those who came first have done nothing to these events, as a stream that appends others. */
async function stillStand(
  context: ActivityContext,
  run: Run,
  { winners, snapshot }: CommitConflict,
  eventIds: readonly string[],
  removes: readonly AddFile[],
): Promise<boolean> {
  const isOther = winners.some(
    (w) => w.metadata !== null || w.txns.has(redriveId) || w.removes.some(({ dataChange }) => dataChange),
  );
  const present = new Set(snapshot.files.map(({ path }) => path));
  if (isOther || removes.some(({ path }) => !present.has(path))) return false;
  const added = winners.flatMap((w) => w.adds.filter(({ dataChange }) => dataChange));
  return (await findCommitted(context, run, snapshot.metadata, added, eventIds)).length === 0;
}

/** Bronze, once the quarantine has followed its last re-drive. Null when there is no such table. */
export async function settledBronze(context: ActivityContext): Promise<Snapshot | null> {
  const table = context.lake.table(bronzeUsageEvents.name);
  const bronze = await table.latest();
  const version = bronze?.txns.get(redriveId) ?? -1;
  if (version >= 0) await followMoves(context, version);
  return bronze;
}

const contract = quarantineOf('usage_events');
const placeColumns = ['layer', 'source_file', 'source_generation', 'source_offset'] as const;

/** Makes the quarantine follow the re-drive of its version `version`, unless it has. */
async function followMoves(context: ActivityContext, version: number): Promise<void> {
  const { lake, clock } = context;
  const table = lake.table(contract.name);
  const path = pathOf(contract.name);
  const metadata = metadataOf(contract);
  for (;;) {
    const base = await table.latest();
    if ((base?.txns.get(redriveId) ?? -1) >= version) return;
    const commit = await commitOf(lake.table(bronzeUsageEvents.name), redriveId, version);
    const leaves = leaving(movesOf(commit)!);
    const removes: AddFile[] = [];
    const kept = [];
    for (const file of base?.files ?? []) {
      if (!mayHold(file, leaves)) continue;
      const places = await readFiles(lake.store, path, metadata, [file], placeColumns);
      const [layers, files, generations, offsets] = placeColumns.map((name) => columnOf(places, name));
      const stays = new Uint8Array(places.numRows);
      for (let i = 0; i < places.numRows; i++) {
        const place = `${valueAt(generations!, i)} ${valueAt(offsets!, i)}`;
        const goes = valueAt(layers!, i) === 'bronze' && leaves.get(String(valueAt(files!, i)))?.has(place);
        stays[i] = goes === true ? 0 : 1;
      }
      if (stays.every((byte) => byte === 1)) continue;
      removes.push(file);
      const rows = await readFiles(lake.store, path, metadata, [file]);
      kept.push(takeTable(rows, selectedIndices(stays)));
    }
    const rows = kept.length === 0 ? null : concatTables(kept);
    const rest =
      rows === null || rows.numRows === 0
        ? []
        : await writeDataFiles(lake.store, path, metadata, rows, { nowMs: clock() });
    try {
      await table.commit({
        base,
        // Others append rows, none of these; who moves these rows removes their files.
        reads: { kind: 'nothing' },
        adds: [...rest, ...quarantineFilesOf(commit)],
        removes,
        txns: { [redriveId]: version },
        identity: redriveId,
        dataChange: true,
        operation: 'WRITE',
        info: { bronze: commit.version },
      });
      return;
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error;
    }
  }
}

/** Landing file → places in it, as text. */
function leaving({ left }: Moves): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    Object.entries(left).map(([file, places]) => [
      file,
      new Set(places.map(([generation, offset]) => `${generation} ${offset}`)),
    ]),
  );
}

/** Whether the statistics of a quarantine file allow for one of the places. */
function mayHold({ stats }: AddFile, leaves: ReadonlyMap<string, unknown>): boolean {
  if (stats.minValues?.layer === 'silver') return false;
  const [least, most] = [stats.minValues?.source_file, stats.maxValues?.source_file];
  if (typeof least !== 'string' || typeof most !== 'string') return true;
  const [lower, upper] = [Buffer.from(least), Buffer.from(most)];
  return [...leaves.keys()].some((name) => {
    const file = Buffer.from(name);
    return Buffer.compare(file, lower) >= 0 && Buffer.compare(file, upper) <= 0;
  });
}
