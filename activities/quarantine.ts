/** Quarantine tables: rejected rows once each, whoever rejects them and however often. */

import { dayNumber } from '../engine/columnar/cell.ts';
import { valueAt } from '../engine/columnar/column-of.ts';
import { concatTables } from '../engine/columnar/concat.ts';
import { columnOf } from '../engine/columnar/table.ts';
import { selectedIndices, takeTable } from '../engine/columnar/take.ts';
import { writeDataFiles } from '../engine/delta/data-file.ts';
import { readFiles } from '../engine/delta/read.ts';
import { type AddFile, type Commit, CommitConflict, type FileStats } from '../engine/delta/types.ts';
import { metadataOf, pathOf } from '../schemas/contract.ts';
import { quarantineOf } from '../schemas/quarantine.ts';
import { quarantineRows } from '../transforms/quarantine.ts';
import type { Reject } from '../transforms/reject.ts';
import type { ActivityContext, Run } from './context.ts';

export interface Rejected {
  readonly reject: Reject;
  readonly raw: Uint8Array | null;
}

/** Writes the files of rejected rows, beside the table: nobody sees them before `appendQuarantine`. */
export function writeQuarantine(
  context: ActivityContext,
  run: Run,
  source: string,
  rejected: readonly Rejected[],
): Promise<readonly AddFile[]> {
  const contract = quarantineOf(source);
  if (rejected.length === 0) return Promise.resolve([]);
  return writeDataFiles(
    context.lake.store,
    pathOf(contract.name),
    metadataOf(contract),
    rowsOf(context, run, rejected),
    { nowMs: context.clock() },
  );
}

/** Appends files of rejected rows. `identity` (application id and version) tells a repeat of the same append. */
export async function appendQuarantine(
  context: ActivityContext,
  source: string,
  adds: readonly AddFile[],
  identity: { readonly appId: string; readonly version: number },
): Promise<void> {
  if (adds.length === 0) return;
  const contract = quarantineOf(source);
  const table = context.lake.table(contract.name);
  for (;;) {
    const base = await table.latest();
    try {
      await table.commit({
        base,
        reads: { kind: 'nothing' },
        adds,
        removes: [],
        txns: { [identity.appId]: identity.version },
        identity: identity.appId,
        ...(base === null ? { metadata: metadataOf(contract) } : {}),
        dataChange: true,
        operation: 'WRITE',
        info: {},
      });
      return;
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error;
    }
  }
}

/** The quarantine files that a commit's info names; its rejects are theirs. */
export function quarantineFilesOf(commit: Commit): readonly AddFile[] {
  return (commit.info.quarantine as AddFile[] | undefined) ?? [];
}

/**
 * Makes the quarantine hold, of the events of these days that Silver judged, exactly `rejected`: rows that are there stay as
 * they are, missing ones are added, and rows that pass now leave. The version of Bronze they were judged from is recorded for
 * each day (`txn` `silver/<day>`): days that were judged from a later one are left alone.
 */
export async function reconcileSilverQuarantine(
  context: ActivityContext,
  run: Run,
  days: readonly string[],
  rejected: readonly Rejected[],
  bronzeVersion: number,
): Promise<void> {
  const contract = quarantineOf('usage_events');
  const table = context.lake.table(contract.name);
  const metadata = metadataOf(contract);
  const path = pathOf(contract.name);
  for (;;) {
    const base = await table.latest();
    const judged = (day: string): number => base?.txns.get(judgedId(day)) ?? -1;
    const open = days.filter((day) => judged(day) <= bronzeVersion);
    const dayNumbers = new Set(open.map(dayNumber));
    const isOpen = ({ reject }: Rejected): boolean => reject.eventDate !== null && dayNumbers.has(reject.eventDate);
    const wanted = new Map(rejected.filter(isOpen).map((r) => [keyOfReject(r.reject), r]));
    const removes = [];
    const kept = [];
    for (const file of base?.files ?? []) {
      if (!mayHold(file, dayNumbers)) continue;
      const keys = await readFiles(context.lake.store, path, metadata, [file], judgedColumns);
      const keep = new Uint8Array(keys.numRows).fill(1);
      const [layers, dates, files, generations, offsets, rules] = judgedColumns.map((name) => columnOf(keys, name));
      let stale = 0;
      for (let i = 0; i < keys.numRows; i++) {
        if (valueAt(layers!, i) !== 'silver' || !dayNumbers.has(valueAt(dates!, i) as number)) continue;
        const key = [files, generations, offsets, rules].map((c) => String(valueAt(c!, i))).join('\u0000');
        if (wanted.delete(key)) continue;
        keep[i] = 0;
        stale++;
      }
      if (stale === 0) continue;
      removes.push(file);
      const rows = await readFiles(context.lake.store, path, metadata, [file]);
      kept.push(takeTable(rows, selectedIndices(keep)));
    }
    const isSame = wanted.size === 0 && removes.length === 0;
    // Recorded also when nothing changes: an earlier attempt that still runs must find it.
    if (isSame && (base === null || open.every((day) => judged(day) === bronzeVersion))) return;
    if (wanted.size > 0) kept.push(rowsOf(context, run, [...wanted.values()]));
    const adds = isSame
      ? []
      : await writeDataFiles(context.lake.store, path, metadata, concatTables(kept), { nowMs: context.clock() });
    try {
      await table.commit({
        base,
        // A stream appends rows all the time, none of these. Who judges the same days records it, who moves these rows removes their
        // files: both are conflicts.
        reads: { kind: 'nothing' },
        adds,
        removes,
        txns: Object.fromEntries(open.map((day) => [judgedId(day), bronzeVersion])),
        ...(base === null ? { metadata } : {}),
        dataChange: !isSame,
        operation: 'WRITE',
        info: {},
      });
      return;
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error;
    }
  }
}

const judgedColumns = ['layer', 'event_date', 'source_file', 'source_generation', 'source_offset', 'rule_id'] as const;

/** Whether the file's statistics allow for a row that Silver rejected of one of the days (since 1970-01-01). */
function mayHold(file: AddFile, days: ReadonlySet<number>): boolean {
  if (file.stats.maxValues?.layer === 'bronze') return false;
  const bound = (values: FileStats['minValues']): number => dayNumber(String(values?.event_date));
  const [least, most] = [bound(file.stats.minValues), bound(file.stats.maxValues)];
  return Number.isNaN(least) || Number.isNaN(most) || [...days].some((d) => d >= least && d <= most);
}

/** Application id of the record that Silver judged the events of a day. */
function judgedId(day: string): string {
  return `silver/${day}`;
}

function keyOfReject(reject: Reject): string {
  return [reject.sourceFile, reject.sourceGeneration, reject.sourceOffset, reject.ruleId].map(String).join('\u0000');
}

function rowsOf(context: ActivityContext, run: Run, rejected: readonly Rejected[]) {
  return quarantineRows(
    rejected.map((r) => r.reject),
    rejected.map((r) => r.raw),
    { detectedUs: context.clock() * 1000, runId: run.runId },
  );
}
