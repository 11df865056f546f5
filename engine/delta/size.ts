import { partitionsOf } from './partitions.ts';
import type { Snapshot } from './types.ts';

/** How much a version of a table holds. */
export interface TableSize {
  /** Null when a file came without statistics. */
  readonly rows: number | null;
  readonly files: number;
  readonly bytes: number;
  readonly partitions: number;
}

/** The size, from the log alone. */
export function sizeOf(snapshot: Snapshot): TableSize {
  const { files } = snapshot;
  return {
    rows: rowsIn(snapshot),
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    partitions: partitionsOf(snapshot).length,
  };
}

/** Rows of the version, from the log alone; null when a file came without statistics. */
export function rowsIn({ files }: Snapshot): number | null {
  const rows = files.reduce((sum, { stats }) => sum + stats.numRecords, 0);
  return Number.isNaN(rows) ? null : rows;
}
