/** Task: every kept snapshot of a master → its slowly changing dimension, compared with what the table holds. */

import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, TableMetadata } from '../../engine/delta/types.ts';
import { openStore } from '../../engine/storage/open.ts';
import { contentOf, pathOf } from '../../schemas/contract.ts';
import { dimOrgs, dimResources } from '../../schemas/silver.ts';
import { scd2 } from '../../transforms/silver/dimension.ts';
import type { BuiltPartitions } from './build-partitions.ts';
import { changedPartitions } from './changed-partitions.ts';
import { type KeptSnapshot, snapshotTables } from './kept-snapshots.ts';

export interface BuildDimensionInput {
  readonly lake: string;
  readonly table: string;
  readonly metadata: TableMetadata;
  readonly current: readonly AddFile[];
  readonly sourceMetadata: TableMetadata;
  readonly snapshots: readonly KeptSnapshot[];
  readonly nowMs: number;
}

/** Writes the whole dimension, or nothing when its content is the same. Counts are versions, not snapshot rows. */
export async function buildDimension(input: BuildDimensionInput): Promise<BuiltPartitions> {
  const contract = [dimOrgs, dimResources].find((d) => d.name === input.table);
  if (contract === undefined) throw new Error(`no dimension ${input.table}`);
  const store = openStore(input.lake);
  const { sourceMetadata } = input;
  const snapshots = await snapshotTables(store, pathOf(sourceMetadata.name), sourceMetadata, input.snapshots);
  const table = scd2(contract, snapshots);
  const path = pathOf(contract.name);
  const before = await readFiles(store, path, input.metadata, input.current);
  const diff = changedPartitions(before, table, null, contentOf(contract));
  const same = diff.changed.size === 0;
  return {
    adds: same ? [] : await writeDataFiles(store, path, input.metadata, table, { nowMs: input.nowMs }),
    removes: same ? [] : input.current,
    read: table.numRows,
    written: table.numRows - diff.unchanged,
    unchanged: diff.unchanged,
    rejects: [],
    raws: [],
    late: 0,
    rowsAfter: table.numRows,
  };
}
