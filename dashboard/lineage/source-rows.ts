/** The rows of one source that a row is made of, read at the version that its partition consumed. */
import type { Table } from 'apache-arrow';
import { isWhole } from '../../activities/dirty.ts';
import { partitionOf } from '../../activities/partition.ts';
import { upstreamFiles } from '../../activities/upstream-files.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, Snapshot } from '../../engine/delta/types.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { metadataOf, metadataWith, pathOf, type TableContract } from '../../schemas/contract.ts';
import { snapshotVersion } from './below-silver.ts';
import { type Consumption, changesSince, readAt } from './consumed.ts';
import { type ListedLevel, listRows, type Page } from './level.ts';
import type { Source, Surroundings } from './origin.ts';
import { type PickedRows, pickRows } from './picked-rows.ts';
import type { Row } from './row.ts';

/** A row, and what is known of its partition. */
export interface Explained {
  readonly contract: TableContract;
  readonly row: Row;
  readonly partition: string;
  readonly consumption: Consumption;
}

/** All rows of a source, and the level that lists a page of them. */
export interface SourceRows extends ListedLevel {
  readonly source: Source;
  /** Null when there is no such table. */
  readonly snapshot: Snapshot | null;
  readonly rows: PickedRows;
}

/** Reads a source; notes say where it was not read at the version consumed, and that it was changed since. */
export async function readSource(lake: Lake, explained: Explained, source: Source, page: Page): Promise<SourceRows> {
  const { row, consumption } = explained;
  const { table, tested, listed: names } = source;
  const files = (at: Snapshot): readonly AddFile[] => filesOf(explained, table, at);
  const surroundings: Surroundings = {
    consumed: consumption.consumed,
    beside: await tablesBeside(lake, explained, source),
  };
  const pick = (at: Snapshot): Promise<PickedRows> =>
    pickRows(lake, table, at, {
      files: files(at),
      tested,
      listed: names,
      picks: (columns) => source.picks(columns, row, surroundings),
    });
  const { value, snapshot, notes } = await readAt(lake, table, await versionOf(lake, explained, table), pick, null);
  const picked = value ?? (await pick(emptyTable(table)));
  const counted = source.narrowed === undefined ? picked : narrowed(picked, source.narrowed(picked.columns, row));
  const derived = source.derived?.(counted.columns, row, surroundings) ?? {};
  const rows = { ...counted, columns: { ...counted.columns, ...derived } };
  const since = snapshot === null ? [] : await changesSince(lake, table, snapshot, files);
  const listed = await listRows(lake, table, snapshot, rows, {
    columns: [...names, ...Object.keys(derived)],
    order: source.order,
    page,
    notes: [...notes, ...since],
  });
  return { ...listed, source, snapshot, rows };
}

/** Files that may hold rows of the source: of marts built whole, too, only those of the row's own day or month, or of none. */
function filesOf({ contract, partition }: Explained, table: string, at: Snapshot): readonly AddFile[] {
  const { map } = contract.upstream.find((upstream) => upstream.table === table)!;
  if (!isWhole(contract)) return upstreamFiles(at, map, [partition]);
  const isAlike = contract.layer === 'gold' && contractOf(table).partition === contract.partition;
  return isAlike ? at.files.filter((file) => ['', partition].includes(partitionOf(file))) : at.files;
}

/** The version to read: of the master behind a dimension, that of the snapshot which the row is a version of. */
async function versionOf(lake: Lake, { contract, row, consumption }: Explained, table: string): Promise<number | null> {
  const version = consumption.consumed(table);
  const isDimension = contract.layer === 'silver' && row.columns.valid_from !== undefined;
  return isDimension ? snapshotVersion(lake, table, version, row.columns, 0) : version;
}

async function tablesBeside(
  lake: Lake,
  { consumption }: Explained,
  { beside }: Source,
): Promise<Readonly<Record<string, Table>>> {
  if (beside === undefined) return {};
  const { table, columns } = beside;
  const read = (at: Snapshot): Promise<Table> =>
    readFiles(lake.store, pathOf(table), metadataWith(contractOf(table), at.metadata), at.files, columns);
  const { value } = await readAt(lake, table, consumption.consumed(table), read, await read(emptyTable(table)));
  return { [table]: value };
}

function emptyTable(table: string): Snapshot {
  return { version: -1, timestampMs: 0, metadata: metadataOf(contractOf(table)), files: [], txns: new Map() };
}

function narrowed(rows: PickedRows, mask: Uint8Array | null): PickedRows {
  const taken = Int32Array.from({ length: rows.length }, (_, row) => row).filter((row) => mask?.[row] === 1);
  return {
    ...rows,
    columns: Object.fromEntries(
      Object.entries(rows.columns).map(([name, column]) => [name, takeColumn(column, taken)]),
    ),
    length: taken.length,
    fileOf: taken.map((row) => rows.fileOf[row]!),
  };
}
