/** Carries a plan out: reads the partitions, writes and deletes the rows that differ. */
import type { Table } from 'apache-arrow';
import { constantColumn } from '../engine/columnar/column-of.ts';
import { columnsOf, tableOf } from '../engine/columnar/table.ts';
import type { ServedMart } from './cql-type.ts';
import { diffRows, type PartitionPlan } from './diff.ts';
import { recordDays } from './served-days.ts';
import type { MartReader } from './served-rows.ts';
import type { ServedPart } from './served-snapshot.ts';
import type { Session } from './session.ts';
import { deleteRows, writeRows } from './writer.ts';

export interface PublishProgress {
  readonly mart: string;
  readonly partitions: number;
  readonly partitionsDone: number;
  readonly written: number;
  readonly deleted: number;
}

export interface WriteContext {
  readonly reader: MartReader;
  readonly session: Session;
  readonly mart: ServedMart;
  readonly number: number;
  readonly onProgress: (progress: PublishProgress) => void;
}

/** Rows held in memory at a time, all versions together: comparing them holds up heartbeats, for well below a second. */
const rowsAtATime = 50_000;

/** Writes what the partitions need. `onRows` sees every part of the version to publish, in turn. */
export async function writePartitions(
  context: WriteContext,
  partitions: readonly PartitionPlan[],
  onRows: (next: Table) => void = () => undefined,
): Promise<{ written: number; deleted: number }> {
  const { reader, session, mart, number, onProgress } = context;
  const read = (parts: readonly (ServedPart | undefined)[]) =>
    reader(
      mart,
      parts.filter((part) => part !== undefined),
    );
  let [written, deleted, done] = [0, 0, 0];
  const report = () =>
    onProgress({ mart: mart.contract.name, partitions: partitions.length, partitionsDone: done, written, deleted });
  report();
  for (const part of portions(partitions)) {
    // The older one first: a reader that follows a mart goes on from it.
    const base = await read(part.map((p) => p.base));
    const next = await read(part.map((p) => p.next));
    const unclosed = await read(part.flatMap((p) => p.unclosed));
    onRows(next);
    const diff = diffRows(mart.compared, mart.key, { next, base, unclosed }, part[0]?.rewrite ?? false);
    written += await writeRows(session, mart, stamped(mart, next, number), diff.upserts, number);
    deleted += await deleteRows(session, mart, base, diff.deletes, number);
    deleted += await deleteRows(session, mart, unclosed, diff.unclosedDeletes, number);
    await recordDays(session, mart.table, part, number);
    done += part.length;
    report();
  }
  return { written, deleted };
}

/** The rows with every column that Cassandra has. */
function stamped(mart: ServedMart, rows: Table, number: number): Table {
  if (mart.serving.speed === null) return rows;
  const publication = constantColumn({ kind: 'int64' }, BigInt(number), rows.numRows);
  return tableOf({ ...columnsOf(rows), publication }, mart.fields);
}

/** Partitions in groups that fit in memory; partitions to be rewritten apart from the others. */
function portions(partitions: readonly PartitionPlan[]): PartitionPlan[][] {
  const groups: PartitionPlan[][] = [];
  for (const rewrite of [false, true]) {
    let group: PartitionPlan[] = [];
    let rows = 0;
    for (const plan of partitions.filter((p) => p.rewrite === rewrite)) {
      const more = [plan.next, plan.base, ...plan.unclosed].reduce((sum, p) => sum + rowsIn(p), 0);
      if (group.length > 0 && rows + more > rowsAtATime) {
        groups.push(group);
        group = [];
        rows = 0;
      }
      group.push(plan);
      rows += more;
    }
    if (group.length > 0) groups.push(group);
  }
  return groups;
}

function rowsIn(part: ServedPart | undefined): number {
  return [...(part?.files ?? []), ...(part?.increments ?? [])].reduce((sum, f) => sum + (f.stats.numRecords || 0), 0);
}
