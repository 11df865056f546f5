/** Which partitions of a table a new content changes, and which rows were there already. */
import type { Table } from 'apache-arrow';
import { groupBy } from '../../engine/columnar/group.ts';
import { logicalHash, rowHashes } from '../../engine/columnar/hash.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { takeTable } from '../../engine/columnar/take.ts';
import { partitionText } from '../../engine/delta/data-file.ts';

export interface PartitionDiff {
  /** Partition values (as in the Delta log; null for null, and for a table without partitions) whose content differs. */
  readonly changed: ReadonlySet<string | null>;
  /** 1 for rows of `after` in a changed partition. */
  readonly inChanged: Uint8Array;
  /** Rows of `after` that `before` holds with the same content. */
  readonly unchanged: number;
}

/** Compares content columns, as multisets of rows by partition. Shapes: both tables have all `content` columns. */
export function changedPartitions(
  before: Table,
  after: Table,
  partition: string | null,
  content: readonly string[],
): PartitionDiff {
  const old = partitionsOf(before, partition);
  const fresh = partitionsOf(after, partition);
  const digest = (table: Table, rows: Int32Array): string => logicalHash(takeTable(table, rows), content);
  const changed = new Set<string | null>();
  const inChanged = new Uint8Array(after.numRows);
  for (const [value, rows] of fresh) {
    const oldRows = old.get(value);
    if (oldRows !== undefined && digest(before, oldRows) === digest(after, rows)) continue;
    changed.add(value);
    for (const row of rows) inChanged[row] = 1;
  }
  for (const value of old.keys()) if (!fresh.has(value)) changed.add(value);
  return { changed, inChanged, unchanged: common(before, after, content) };
}

/** Partition value → its rows. */
function partitionsOf(table: Table, partition: string | null): Map<string | null, Int32Array> {
  const result = new Map<string | null, Int32Array>();
  if (table.numRows === 0) return result;
  const values = partition === null ? null : columnOf(table, partition);
  const grouping = values === null ? null : groupBy([values]);
  const rowsOf = Array.from({ length: grouping?.count ?? 1 }, () => [] as number[]);
  for (let i = 0; i < table.numRows; i++) rowsOf[grouping?.ids[i] ?? 0]!.push(i);
  rowsOf.forEach((rows, group) => {
    const value = values === null || grouping === null ? null : partitionText(values, grouping.first[group]!);
    result.set(value, Int32Array.from(rows));
  });
  return result;
}

/** Rows in both tables, each counted as often as it stands in both. */
function common(before: Table, after: Table, content: readonly string[]): number {
  const counts = new Map<string, number>();
  const keys = (table: Table): string[] => {
    const { lo, hi } = rowHashes(
      content.map((name) => columnOf(table, name)),
      0,
    );
    return Array.from(lo, (l, i) => `${l}:${hi[i]}`);
  };
  if (before.numRows === 0 || after.numRows === 0) return 0;
  for (const key of keys(before)) counts.set(key, (counts.get(key) ?? 0) + 1);
  let same = 0;
  for (const key of keys(after)) {
    const left = counts.get(key) ?? 0;
    if (left > 0) {
      same++;
      counts.set(key, left - 1);
    }
  }
  return same;
}
