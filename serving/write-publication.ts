/** Carries a plan out: reads the partitions, writes and deletes the rows that differ. */
import type { Table } from 'apache-arrow';
import type { AddFile, TableMetadata } from '../engine/delta/types.ts';
import type { ServedMart } from './cql-type.ts';
import { diffRows, type PartitionPlan } from './diff.ts';
import type { MartReader } from './mart-rows.ts';
import { recordDays } from './served-days.ts';
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

/** Rows held in memory at a time, all versions together. */
const rowsAtATime = 200_000;

/**
 * Writes what the partitions need. `onRows` sees every part of the version to publish, in turn. The files are read with the
 * version's metadata: columns that older files lack are null.
 */
export async function writePartitions(
  context: WriteContext,
  metadata: TableMetadata,
  partitions: readonly PartitionPlan[],
  onRows: (next: Table) => void = () => undefined,
): Promise<{ written: number; deleted: number }> {
  const { reader, session, mart, number, onProgress } = context;
  const read = (files: readonly AddFile[]) => reader(mart, metadata, files);
  let [written, deleted, done] = [0, 0, 0];
  const report = () =>
    onProgress({ mart: mart.contract.name, partitions: partitions.length, partitionsDone: done, written, deleted });
  report();
  for (const part of portions(partitions)) {
    const next = await read(part.flatMap((p) => p.next));
    const base = await read(part.flatMap((p) => p.base));
    const unclosed = await read(part.flatMap((p) => p.unclosed));
    onRows(next);
    const diff = diffRows(mart.columns, mart.key, { next, base, unclosed }, part[0]?.rewrite ?? false);
    written += await writeRows(session, mart, next, diff.upserts, number);
    deleted += await deleteRows(session, mart, base, diff.deletes, number);
    deleted += await deleteRows(session, mart, unclosed, diff.unclosedDeletes, number);
    await recordDays(session, mart.table, part, number);
    done += part.length;
    report();
  }
  return { written, deleted };
}

/** Partitions in groups that fit in memory; partitions to be rewritten apart from the others. */
function portions(partitions: readonly PartitionPlan[]): PartitionPlan[][] {
  const groups: PartitionPlan[][] = [];
  for (const rewrite of [false, true]) {
    let group: PartitionPlan[] = [];
    let rows = 0;
    for (const plan of partitions.filter((p) => p.rewrite === rewrite)) {
      const more = [...plan.next, ...plan.base, ...plan.unclosed].reduce(
        (sum, f) => sum + (f.stats.numRecords || 0),
        0,
      );
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
