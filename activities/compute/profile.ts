/** Task: the facts an audit compares: rows, distinct keys, exact sums and the values of a text column, by partition. */
import { countTrue, totalDecimal } from '../../engine/columnar/aggregate.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { groupBy } from '../../engine/columnar/group.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { mapBounded } from '../../engine/delta/map-bounded.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, TableMetadata } from '../../engine/delta/types.ts';
import { openStore } from '../../engine/storage/open.ts';
import { pathOf } from '../../schemas/contract.ts';

export interface ProfileInput {
  readonly lake: string;
  readonly metadata: TableMetadata;
  /** Files of each partition. */
  readonly partitions: readonly (readonly AddFile[])[];
  readonly key: readonly string[];
  /** Decimal and int64 columns to sum; of boolean ones the rows that are true are counted. */
  readonly sums: readonly string[];
  /** Text columns whose values are counted. */
  readonly texts: readonly string[];
}

export interface Profile {
  readonly rows: number;
  readonly distinctKeys: number;
  /** Unscaled sums by column. */
  readonly sums: Readonly<Record<string, bigint>>;
  /** Column → value (`null` as the empty text) → rows. */
  readonly texts: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Partitions read at a time: small files take longer to open than to read. */
const reading = 4;

/** A profile of each partition, in their order. Reads the columns asked for and no others. */
export function profile(input: ProfileInput): Promise<Profile[]> {
  return mapBounded(input.partitions, reading, (files) => profileOf(input, files));
}

async function profileOf(input: ProfileInput, files: readonly AddFile[]): Promise<Profile> {
  const columns = [...new Set([...input.key, ...input.sums, ...input.texts])];
  const { metadata } = input;
  const table = await readFiles(openStore(input.lake), pathOf(metadata.name), metadata, files, columns);
  const rows = files.reduce((n, f) => n + f.stats.numRecords, 0);
  if (rows === 0) {
    return { rows, distinctKeys: 0, sums: Object.fromEntries(input.sums.map((s) => [s, 0n])), texts: {} };
  }
  const sums = Object.fromEntries(
    input.sums.map((name) => {
      const column = columnOf(table, name);
      if (column.kind === 'bool') return [name, BigInt(countTrue(column))];
      if (column.kind === 'int64') return [name, column.values.reduce((a, b) => a + b, 0n)];
      return [name, totalDecimal(column) ?? 0n];
    }),
  );
  const texts = Object.fromEntries(
    input.texts.map((name) => {
      const column = columnOf(table, name);
      const grouping = groupBy([column]);
      const counts = new Array<number>(grouping.count).fill(0);
      for (const id of grouping.ids) counts[id]!++;
      return [name, Object.fromEntries(counts.map((n, g) => [String(valueAt(column, grouping.first[g]!) ?? ''), n]))];
    }),
  );
  const distinctKeys = input.key.length === 0 ? rows : groupBy(input.key.map((k) => columnOf(table, k))).count;
  return { rows, distinctKeys, sums, texts };
}
