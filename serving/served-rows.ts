/** Rows of a mart as they are served, from the lake's files. */
import type { Table } from 'apache-arrow';
import { dayNumber } from '../engine/columnar/cell.ts';
import type { Int32Column } from '../engine/columnar/column.ts';
import { int64Column } from '../engine/columnar/column-of.ts';
import { columnOf } from '../engine/columnar/table.ts';
import { takeTable } from '../engine/columnar/take.ts';
import type { Lake } from '../engine/delta/lake.ts';
import { readFiles } from '../engine/delta/read.ts';
import type { AddFile } from '../engine/delta/types.ts';
import { contractOf } from '../schemas/catalog.ts';
import { metadataOf, pathOf } from '../schemas/contract.ts';
import { batchUsage, servedUsage } from '../transforms/gold/served-usage.ts';
import type { ServedMart } from './cql-type.ts';
import type { ServedPart } from './served-snapshot.ts';

/**
 * Reads partitions of a mart: the columns of the contract in its order and, where increments are served, `layer` and
 * `bronze_version`. Columns that older files lack are null.
 */
export type MartReader = (mart: ServedMart, parts: readonly ServedPart[]) => Promise<Table>;

/** A reader that still has the rows it read last: files never change, and who publishes rows reads them back next. */
export function martReader(lake: Lake): MartReader {
  let last: { readonly parts: string; readonly rows: Table } | null = null;
  return async (mart, parts) => {
    const known = parts.map(({ files, increments, consumed }) => [
      consumed,
      ...[files, increments].map((list) => list.map((file) => file.path)),
    ]);
    const key = JSON.stringify([mart.table, known]);
    if (last?.parts === key) return last.rows;
    const rows = await readParts(lake, mart, parts);
    if (parts.length > 0) last = { parts: key, rows };
    return rows;
  };
}

/** The rows of the parts, each part's increments added to its rows. */
export async function readParts(lake: Lake, mart: ServedMart, parts: readonly ServedPart[]): Promise<Table> {
  const { contract } = mart;
  const files = parts.flatMap((part) => part.files);
  const rows = await readFiles(lake.store, pathOf(contract.name), metadataOf(contract), files);
  if (mart.serving.speed === null) return rows;
  const consumed = new Map(parts.map((part) => [dayOf(part), part.consumed]));
  const days = columnOf(rows, mart.partition) as Int32Column;
  const served = batchUsage(rows, int64Column(Array.from(days.values, (day) => consumed.get(day) ?? -1)));
  const increments = parts.flatMap((part) => part.increments);
  return increments.length === 0 ? served : servedUsage(served, await readIncrements(lake, mart, increments, consumed));
}

/** Increments that the mart has not consumed, in the order of their Bronze versions. `consumed`: by day since 1970-01-01. */
export async function readIncrements(
  lake: Lake,
  mart: ServedMart,
  files: readonly AddFile[],
  consumed: ReadonlyMap<number, number>,
): Promise<Table> {
  const speed = contractOf(mart.serving.speed!);
  const table = await readFiles(lake.store, pathOf(speed.name), metadataOf(speed), files);
  const versions = Float64Array.from((columnOf(table, 'bronze_version') as { values: BigInt64Array }).values, Number);
  const days = (columnOf(table, mart.partition) as Int32Column).values;
  const rows = new Int32Array(versions.length).map((_, row) => row);
  const open = rows.filter((row) => versions[row]! > (consumed.get(days[row]!) ?? -1));
  return takeTable(
    table,
    open.sort((a, b) => versions[a]! - versions[b]! || a - b),
  );
}

/** The day of a part, since 1970-01-01. */
export function dayOf({ value }: ServedPart): number {
  return dayNumber(String(value));
}
