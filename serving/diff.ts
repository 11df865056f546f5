/** What a publication has to write: first which partitions of the mart to read, then which rows of them differ. */
import type { Table } from 'apache-arrow';
import { columnOf } from '../engine/columnar/table.ts';
import { partitionKey } from '../engine/delta/partitions.ts';
import type { AddFile, Snapshot } from '../engine/delta/types.ts';
import { rowComparer } from './compare.ts';
import { rowKeys } from './row-key.ts';

/** A partition to read, with its files at the versions that matter. */
export interface PartitionPlan {
  /** Value of the mart's one partition column, as the log has it. */
  readonly value: string | null;
  /** At the version to publish. */
  readonly next: readonly AddFile[];
  /** At the last closed publication. */
  readonly base: readonly AddFile[];
  /** At publications that were opened since and not closed, where they changed something. */
  readonly unclosed: readonly AddFile[];
  /** Whether an unclosed publication may have written keys of it: then rows are written even where they do not differ. */
  readonly rewrite: boolean;
}

export interface PublicationVersions {
  readonly next: Snapshot;
  readonly base: Snapshot | null;
  readonly unclosed: readonly { readonly snapshot: Snapshot; readonly rebuild: boolean }[];
  /** Write every row (a rebuild). */
  readonly rebuild: boolean;
}

/** The partitions whose files are not the same at every version that matters, in order of their values. */
export function planPartitions({ next, base, unclosed, rebuild }: PublicationVersions): PartitionPlan[] {
  const nextFiles = byPartition(next);
  const baseFiles = base === null ? new Map<string, AddFile[]>() : byPartition(base);
  const others = unclosed.map((u) => ({ files: byPartition(u.snapshot), rebuild: u.rebuild }));
  const keys = new Set([nextFiles, baseFiles, ...others.map((o) => o.files)].flatMap((files) => [...files.keys()]));
  const plans: PartitionPlan[] = [];
  for (const key of [...keys].sort()) {
    const nextHere = nextFiles.get(key) ?? [];
    const baseHere = baseFiles.get(key) ?? [];
    const writers = others.filter((o) => o.rebuild || !sameFiles(o.files.get(key) ?? [], baseHere));
    if (!rebuild && writers.length === 0 && sameFiles(nextHere, baseHere)) continue;
    const touched = new Map(writers.flatMap((o) => o.files.get(key) ?? []).map((file) => [file.path, file]));
    const [some] = [...nextHere, ...baseHere, ...touched.values()];
    plans.push({
      value: Object.values(some?.partitionValues ?? {})[0] ?? null,
      next: nextHere,
      base: baseHere,
      unclosed: [...touched.values()],
      rewrite: rebuild || writers.length > 0,
    });
  }
  return plans;
}

export interface RowDiff {
  /** Rows of `next` to write. */
  readonly upserts: Int32Array;
  /** Rows of `base` to delete. */
  readonly deletes: Int32Array;
  /** Rows of `unclosed` to delete. */
  readonly unclosedDeletes: Int32Array;
}

/**
 * Compares rows by key, column by column, exactly; with `rewrite`, every row of `next` is written. No key is both written and
 * deleted (a deletion wins over a write of the same timestamp), nor deleted twice. Throws when `next` has a key twice.
 */
export function diffRows(
  columns: readonly string[],
  key: readonly string[],
  { next, base, unclosed }: { readonly next: Table; readonly base: Table; readonly unclosed: Table },
  rewrite: boolean,
): RowDiff {
  const nextKeys = rowKeys(next, key);
  const baseKeys = rowKeys(base, key);
  const baseRows = new Map(baseKeys.map((text, row) => [text, row]));
  const differs = rowComparer(columns.map((name) => [columnOf(next, name), columnOf(base, name)] as const));
  const upserts: number[] = [];
  const seen = new Set<string>();
  for (let row = 0; row < nextKeys.length; row++) {
    const text = nextKeys[row]!;
    if (seen.has(text)) throw new Error(`the mart has the key ${JSON.stringify(text)} twice`);
    seen.add(text);
    const before = baseRows.get(text);
    if (before === undefined || rewrite || differs(row, before)) upserts.push(row);
  }
  const goneFrom = (table: Table, keys: readonly string[]): Int32Array => {
    const rows: number[] = [];
    for (let row = 0; row < table.numRows; row++) {
      if (seen.has(keys[row]!)) continue;
      seen.add(keys[row]!);
      rows.push(row);
    }
    return Int32Array.from(rows);
  };
  const deletes = goneFrom(base, baseKeys);
  const unclosedDeletes = goneFrom(unclosed, rowKeys(unclosed, key));
  return { upserts: Int32Array.from(upserts), deletes, unclosedDeletes };
}

/** Files of a snapshot by partition, in order of their paths. */
export function byPartition(snapshot: Snapshot): Map<string, AddFile[]> {
  const partitions = new Map<string, AddFile[]>();
  for (const file of snapshot.files) {
    const key = partitionKey(file.partitionValues);
    const files = partitions.get(key);
    if (files === undefined) partitions.set(key, [file]);
    else files.push(file);
  }
  for (const files of partitions.values()) files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return partitions;
}

/** Files never change: the same paths are the same rows. */
export function sameFiles(a: readonly AddFile[], b: readonly AddFile[]): boolean {
  return a.length === b.length && a.every((file, i) => file.path === b[i]?.path);
}
