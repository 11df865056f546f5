/** Task: one CSV master → its Bronze partitions, compared with what the table holds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ColumnSpec } from '../../engine/columnar/column.ts';
import { type CsvBatch, decodeCsv } from '../../engine/columnar/csv.ts';
import { selectedIndices, takeTable } from '../../engine/columnar/take.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, TableMetadata } from '../../engine/delta/types.ts';
import { openStore } from '../../engine/storage/open.ts';
import { type MasterSource, masters } from '../../schemas/bronze.ts';
import { contentOf, pathOf } from '../../schemas/contract.ts';
import { keptBytes } from '../../schemas/quarantine.ts';
import { dimOrgs, dimResources } from '../../schemas/silver.ts';
import { bronzeMaster } from '../../transforms/bronze/master.ts';
import { unfinishedBytes } from '../../transforms/bronze/unfinished-record.ts';
import type { Reject } from '../../transforms/reject.ts';
import { scd2 } from '../../transforms/silver/dimension.ts';
import { changedPartitions } from './changed-partitions.ts';
import { contentHash } from './content-hash.ts';
import { dimensionSnapshot, type KeptSnapshot, snapshotTables } from './kept-snapshots.ts';

export interface LoadMasterInput {
  readonly lake: string;
  readonly landing: string;
  readonly source: string;
  /** `contentHash` of the file as it is to be loaded. */
  readonly hash: string;
  readonly generation: number;
  readonly ingestUs: number;
  readonly nowMs: number;
  readonly metadata: TableMetadata;
  /** Files of the preceding snapshot. */
  readonly current: readonly AddFile[];
  readonly instantUs: number;
  readonly correctsFromUs: number | null;
  /** The snapshots kept so far. */
  readonly kept: readonly KeptSnapshot[];
}

export interface LoadedMaster {
  readonly adds: readonly AddFile[];
  readonly removes: readonly AddFile[];
  readonly read: number;
  readonly written: number;
  readonly unchanged: number;
  readonly duplicate: number;
  readonly rejects: readonly Reject[];
  /** The first 64 KiB of each rejected record. */
  readonly raws: readonly Uint8Array[];
  /** Rows of the snapshot before and of this one. */
  readonly rowsBefore: number;
  readonly rowsAfter: number;
}

/** The file is no CSV of this master. */
export class MasterUnreadable extends Error {
  override readonly name = 'MasterUnreadable';
}

/** The file ends within a record: it is still being written. */
export class MasterIncomplete extends Error {
  override readonly name = 'MasterIncomplete';
}

const maxRecordBytes = 1024 * 1024;

/**
 * Writes only the partitions whose content changed. Throws `MasterUnreadable`; `MasterIncomplete` for a file that is still
 * being written; `DimensionShrunk` for a snapshot that would leave a slowly changing dimension without half its keys: once
 * kept, no dimension could be built any more; and a plain error, to be tried again, for a file that is not what `hash` says.
 */
export async function loadMaster(input: LoadMasterInput): Promise<LoadedMaster> {
  const source = masters.find((m) => m.name === input.source);
  if (source === undefined) throw new Error(`no master ${input.source}`);
  const specs = source.contract.fields.filter((f) => !f.technical && f.name !== 'rescued' && f.name !== 'survey_month');
  const bytes = readFileSync(join(input.landing, source.file));
  if (contentHash(bytes) !== input.hash) throw new Error(`${source.file} changed while it was read`);
  const csv = decoded(source, bytes, specs);
  const { table, rejects, duplicates } = bronzeMaster(source, csv, {
    file: source.file,
    generation: input.generation,
    ingestUs: input.ingestUs,
  });
  const store = openStore(input.lake);
  const path = pathOf(source.contract.name);
  const dimension = [dimOrgs, dimResources].find((d) => d.source === source.name);
  if (dimension !== undefined) {
    const { instantUs, correctsFromUs, kept } = input;
    const snapshots = await snapshotTables(store, path, input.metadata, kept);
    scd2(dimension, [...snapshots, dimensionSnapshot(instantUs, correctsFromUs, table)]);
  }
  const before = await readFiles(store, path, input.metadata, input.current);
  const diff = changedPartitions(before, table, input.metadata.partitionColumns[0] ?? null, contentOf(source.contract));
  const changed = takeTable(table, selectedIndices(diff.inChanged));
  const adds =
    changed.numRows === 0 ? [] : await writeDataFiles(store, path, input.metadata, changed, { nowMs: input.nowMs });
  return {
    adds,
    removes: input.current.filter((f) => diff.changed.has(Object.values(f.partitionValues)[0] ?? null)),
    read: table.numRows + rejects.length + duplicates,
    written: table.numRows - diff.unchanged,
    unchanged: diff.unchanged,
    duplicate: duplicates,
    rejects,
    raws: rejects.map(({ sourceOffset: at, byteLength }) => rawOf(bytes, at, byteLength)),
    rowsBefore: before.numRows,
    rowsAfter: table.numRows,
  };
}

/** A copy of what is kept of a record: a view would carry the whole file to the main thread. */
function rawOf(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return new Uint8Array(bytes.subarray(at, at + Math.min(length, keptBytes)));
}

function decoded(source: MasterSource, bytes: Uint8Array, specs: readonly ColumnSpec[]): CsvBatch {
  let csv: CsvBatch;
  try {
    csv = decodeCsv(bytes, specs, { maxRecordBytes });
  } catch (error) {
    throw new MasterUnreadable(`${source.file}: ${(error as Error).message}`);
  }
  const waiting = unfinishedBytes(bytes, csv, maxRecordBytes);
  if (waiting > 0) {
    throw new MasterIncomplete(
      `${source.file} ends within a record: its last ${waiting} bytes have no line end and wait for the rest; not loaded`,
    );
  }
  const missing = source.contract.key.filter((c) => csv.header.missing.includes(c));
  if (missing.length > 0) throw new MasterUnreadable(`${source.file} has no column ${missing.join(', ')}`);
  return csv;
}
