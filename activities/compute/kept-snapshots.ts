/** The kept snapshots of a master, read as what a slowly changing dimension is made of. */
import type { Table } from 'apache-arrow';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, TableMetadata } from '../../engine/delta/types.ts';
import type { ObjectStore } from '../../engine/storage/object-store.ts';
import type { DimensionSnapshot } from '../../transforms/silver/dimension.ts';

/** A snapshot in the Bronze table of its master; instants in microseconds. */
export interface KeptSnapshot {
  readonly instantUs: number;
  readonly correctsFromUs: number | null;
  readonly files: readonly AddFile[];
}

/** Reads the snapshots of the Bronze table at `path`. */
export async function snapshotTables(
  store: ObjectStore,
  path: string,
  metadata: TableMetadata,
  kept: readonly KeptSnapshot[],
): Promise<DimensionSnapshot[]> {
  const snapshots = [];
  for (const { instantUs, correctsFromUs, files } of kept) {
    snapshots.push(dimensionSnapshot(instantUs, correctsFromUs, await readFiles(store, path, metadata, files)));
  }
  return snapshots;
}

/** A table as a snapshot; `correctsFromUs` null: it corrects nothing. */
export function dimensionSnapshot(instantUs: number, correctsFromUs: number | null, table: Table): DimensionSnapshot {
  return { instantUs, table, ...(correctsFromUs === null ? {} : { correctsFromUs }) };
}
