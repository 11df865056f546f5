import type { TableMaintenance } from '../activities/maintenance.ts';
import { bookkeeping, lake } from './activity-options.ts';
import { concluded } from './conclude.ts';
import { day, parseInput, texts, yesOrNo } from './input.ts';
import { logicalDate } from './logical-date.ts';
import { attempt, failOn, type Problem } from './problems.ts';
import type { ProgressBoard } from './progress.ts';
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
 * Removes files that nobody needs, and compacts tables in which small files gather: no rows change, and no version is lost that is
 * younger than a year, published, made use of by another table, or a master's snapshot. A table that fails does not hold up the others.
 * Input (all optional): `{"tables": ["bronze.usage_events"], "vacuum": true, "dryRun": false, "date": "2025-08-14"}`.
 */
export function maintenance(input?: unknown): Promise<MaintenanceResult> {
  return concluded('maintenance', (board) => maintain(board, input));
}

async function maintain(board: ProgressBoard, input: unknown): Promise<MaintenanceResult> {
  const parsed = parseInput(input, {
    tables: texts('bronze.usage_events'),
    vacuum: yesOrNo,
    dryRun: yesOrNo,
    date: day,
  });
  const { tables: named, vacuum, dryRun, date } = parsed;
  tagRun('maintenance', named ?? [], logicalDate(date));
  board.stage('looking for tables');
  const waiting = [...(await bookkeeping.tablesToMaintain(named))];
  const all = waiting.length;
  const problems: Problem[] = [];
  const tables: TableMaintenance[] = [];
  const lane = async (): Promise<void> => {
    for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
      const request = { table, vacuum: vacuum ?? true, dryRun: dryRun ?? false };
      const summary = `Maintain ${table}`;
      const done = await attempt(table, problems, () => lake.maintain.executeWithOptions({ summary }, [request]));
      if (done !== null && done.compacted + done.removed > 0) tables.push(done);
      board.stage(`${all - waiting.length} of ${all} tables begun, last ${table}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const sum = (pick: (t: TableMaintenance) => number): number => tables.reduce((n, t) => n + pick(t), 0);
  const result = {
    tables,
    compacted: sum((t) => t.compacted),
    removed: sum((t) => t.removed),
    bytes: sum((t) => t.bytes),
  };
  board.note(maintenanceText(result));
  failOn(problems, result);
  return result;
}

function maintenanceText({ tables, compacted, removed, bytes }: MaintenanceResult): string {
  const number = (n: number): string => n.toLocaleString('en');
  return (
    `**${number(tables.length)} tables changed:** ${number(compacted)} small files compacted, ${number(removed)} files removed ` +
    `(${number(Math.round(bytes / 1000))} kB).`
  );
}
