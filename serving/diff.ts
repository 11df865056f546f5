/** What a publication has to write: first which partitions of the mart to read, then which rows of them differ. */
import type { Table } from 'apache-arrow';
import { columnOf } from '../engine/columnar/table.ts';
import { rowComparer } from './compare.ts';
import type { ServedMart } from './cql-type.ts';
import { rowKeys } from './row-key.ts';
import { partsOf, type ServedPart, type ServedSnapshot, samePart } from './served-snapshot.ts';

/** A partition to read, at the versions that matter; absent where it has no rows. */
export interface PartitionPlan {
  /** Value of the mart's one partition column, as the log has it. */
  readonly value: string | null;
  /** At the version to publish. */
  readonly next: ServedPart | undefined;
  /** At the last closed publication. */
  readonly base: ServedPart | undefined;
  /** At publications that were opened since and not closed, where they changed something. */
  readonly unclosed: readonly ServedPart[];
  /** Whether an unclosed publication may have written keys of it: then rows are written even where they do not differ. */
  readonly rewrite: boolean;
}

export interface PublicationVersions {
  readonly next: ServedSnapshot;
  readonly base: ServedSnapshot | null;
  readonly unclosed: readonly { readonly snapshot: ServedSnapshot; readonly rebuild: boolean }[];
  /** Write every row (a rebuild). */
  readonly rebuild: boolean;
}

/** The partitions whose files are not the same at every version that matters, in order of their values. */
export function planPartitions(mart: ServedMart, versions: PublicationVersions): PartitionPlan[] {
  const { rebuild } = versions;
  const next = partsOf(mart, versions.next);
  const base = versions.base === null ? new Map<string, ServedPart>() : partsOf(mart, versions.base);
  const others = versions.unclosed.map((u) => ({ parts: partsOf(mart, u.snapshot), rebuild: u.rebuild }));
  const keys = new Set([next, base, ...others.map((o) => o.parts)].flatMap((parts) => [...parts.keys()]));
  const plans: PartitionPlan[] = [];
  for (const key of [...keys].sort()) {
    const [nextHere, baseHere] = [next.get(key), base.get(key)];
    const writers = others.filter((o) => o.rebuild || !samePart(o.parts.get(key), baseHere));
    if (!rebuild && writers.length === 0 && samePart(nextHere, baseHere)) continue;
    const unclosed = writers.flatMap((o) => o.parts.get(key) ?? []);
    const [some] = [nextHere, baseHere, ...unclosed].filter((part) => part !== undefined);
    plans.push({
      value: some?.value ?? null,
      next: nextHere,
      base: baseHere,
      unclosed,
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
 * deleted (a deletion wins over a write of the same timestamp), nor deleted twice. Throws when `next` has a key twice. `unclosed`
 * may have a key several times.
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
