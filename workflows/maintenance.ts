import type { TableMaintenance } from '../activities/maintenance.ts';
import { bookkeeping, lake } from './activity-options.ts';
import { day, parseInput, texts, yesOrNo } from './input.ts';
import { logicalDate } from './logical-date.ts';
import { notifyFailure, notifyMissed } from './notify.ts';
import { attempt, failOn, type Problem } from './problems.ts';
import { progressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';

export interface MaintenanceResult {
  /** Tables in which something was done, or would be. */
  readonly tables: readonly TableMaintenance[];
  readonly compacted: number;
  readonly removed: number;
  readonly bytes: number;
}

/** Tables at a time: each has its log in memory while it is looked at. */
const lanes = 4;

/**
 * Compacts tables in which small files gather, and removes files that nobody needs: no rows change, and no version is lost that is
 * younger than a year, published, made use of by another table, or a master's snapshot. A table that fails does not hold up the others.
 * Input (all optional): `{"tables": ["bronze.usage_events"], "vacuum": true, "dryRun": false, "date": "2025-08-14"}`.
 */
export async function maintenance(input?: unknown): Promise<MaintenanceResult> {
  let date: string | null = null;
  try {
    const parsed = parseInput(input, {
      tables: texts('bronze.usage_events'),
      vacuum: yesOrNo,
      dryRun: yesOrNo,
      date: day,
    });
    date = parsed.date;
    return await maintain(parsed.tables, parsed.vacuum ?? true, parsed.dryRun ?? false, logicalDate(date));
  } catch (error) {
    await notifyFailure(error, date);
    throw error;
  } finally {
    await notifyMissed(date);
  }
}

async function maintain(
  named: readonly string[] | null,
  vacuum: boolean,
  dryRun: boolean,
  date: string,
): Promise<MaintenanceResult> {
  const board = progressBoard('Compacts small files and removes files that nobody needs. No rows change.');
  tagRun('maintenance', named ?? [], date);
  board.stage('looking for tables');
  const waiting = [...(await bookkeeping.tablesToMaintain(named))];
  const all = waiting.length;
  const problems: Problem[] = [];
  const tables: TableMaintenance[] = [];
  const lane = async (): Promise<void> => {
    for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
      const request = { table, vacuum, dryRun };
      const done = await attempt(table, problems, () => lake.maintain(request));
      if (done !== null && done.compacted + done.removed > 0) tables.push(done);
      board.stage(`${all - waiting.length} of ${all} tables begun, last ${table}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  board.stage('done');
  const sum = (pick: (t: TableMaintenance) => number): number => tables.reduce((n, t) => n + pick(t), 0);
  const result = {
    tables,
    compacted: sum((t) => t.compacted),
    removed: sum((t) => t.removed),
    bytes: sum((t) => t.bytes),
  };
  failOn(problems, result);
  return result;
}
