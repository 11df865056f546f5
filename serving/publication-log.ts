/**
 * Publications as the lake's table `ops.publications` records them. A publication is opened, with its number and the version of
 * the mart it pins, before anything is read, and closed when everything is written. Numbers of a mart rise in the order of
 * the opening commits, and pinned versions never go back: two openings of one mart cannot both be made on the same state
 * of the log (same `txn`), the loser looks again.
 */
import { randomUUID } from 'node:crypto';
import { columnOfValues, valueAt } from '../engine/columnar/column-of.ts';
import { columnOf, tableOf } from '../engine/columnar/table.ts';
import { writeDataFiles } from '../engine/delta/data-file.ts';
import type { Lake } from '../engine/delta/lake.ts';
import { readFiles } from '../engine/delta/read.ts';
import type { AddFile, Snapshot, TableMetadata } from '../engine/delta/types.ts';
import { CommitConflict } from '../engine/delta/types.ts';
import { metadataWith, pathOf } from '../schemas/contract.ts';
import { publications } from '../schemas/ops.ts';
import type { Pins } from './served-snapshot.ts';

/** Key in the table's configuration: a UUID that tells this lake from any other. */
export const lakeIdKey = 'cpa.lakeId';

/** A publication of one mart. `number` is in microseconds: the timestamp of its writes. */
export interface Publication extends Pins {
  readonly number: number;
  readonly mart: string;
  /** Whether it writes every row, not only those that differ. */
  readonly rebuild: boolean;
}

/** What the lake says about the publications of one mart. */
export interface PublicationLog {
  readonly lakeId: string | null;
  /** The closed ones with the greatest numbers, newest first, at most two. */
  readonly closed: readonly Publication[];
  /** Opened after the last closed one and not closed: what they wrote is not known. In order of their numbers. */
  readonly open: readonly Publication[];
  /** Greatest number given to any mart so far; 0 when there is none. */
  readonly lastNumber: number;
  /** The state of the log this was read from; null when the table does not exist. */
  readonly snapshot: Snapshot | null;
}

/** Files read at a time, newest first, until they say enough: few at first, since compacted ones hold many rows. */
const filesAtFirst = 4;
const filesAtATime = 16;

/** Reads the publications of a mart: only the newest part of the log, found by the statistics of its files. */
export async function readPublications(lake: Lake, mart: string): Promise<PublicationLog> {
  const snapshot = await lake.table(publications.name).latest();
  if (snapshot === null) return { lakeId: null, closed: [], open: [], lastNumber: 0, snapshot };
  const files = snapshot.files
    .filter((file) => mayHold(file, mart))
    .sort((a, b) => highestNumber(b) - highestNumber(a));
  const opened: Publication[] = [];
  const closedAll: Publication[] = [];
  let closed: Publication[] = [];
  for (let from = 0, to = filesAtFirst; from < files.length; [from, to] = [to, to + Math.min(to, filesAtATime)]) {
    for (const { publication, state } of await readRows(lake, snapshot, files.slice(from, to), mart)) {
      (state === 'closed' ? closedAll : opened).push(publication);
    }
    closed = closedAll.sort((a, b) => b.number - a.number).slice(0, 2);
    const following = files[to];
    if (following !== undefined && highestNumber(following) < (closed[1]?.number ?? 0)) break;
  }
  const done = new Set(closedAll.map((publication) => publication.number));
  const open = opened
    .filter(({ number }) => number > (closed[0]?.number ?? 0) && !done.has(number))
    .sort((a, b) => a.number - b.number);
  const numbers = snapshot.files.map(highestNumber).filter(Number.isFinite);
  return {
    lakeId: snapshot.metadata.configuration[lakeIdKey] ?? null,
    closed,
    open,
    lastNumber: Math.max(0, ...numbers, ...opened.map((publication) => publication.number)),
    snapshot,
  };
}

/** Versions of a mart that publishing still reads, and that must therefore not be cleaned away. */
export function publishedVersions({ closed, open }: PublicationLog): number[] {
  const versions = [...closed, ...open].map((publication) => publication.version);
  return [...new Set(versions)].filter((version) => version >= 0);
}

/** The same of the increments that are served in the mart's rows. */
export function publishedSpeedVersions({ closed, open }: PublicationLog): number[] {
  const versions = [...closed, ...open].map((publication) => publication.speedVersion);
  return [...new Set(versions)].filter((version) => version !== null);
}

/**
 * Opens a publication on the state `log` was read from. Its number is above every other's and `above`, and not below the clock.
 * Returns null when somebody opened one of this mart (or changed the table) meanwhile: read the log again.
 */
export async function openPublication(
  lake: Lake,
  log: PublicationLog,
  { mart, version, speedVersion, rebuild }: Omit<Publication, 'number'>,
  runId: string,
  above = 0,
): Promise<{ publication: Publication; lakeId: string } | null> {
  const number = Math.max(log.lastNumber + 1, above + 1, Math.floor(lake.clock() * 1000));
  const publication = { number, mart, version, speedVersion, rebuild };
  const base = log.snapshot;
  const metadata = metadataWith(publications, base?.metadata ?? null);
  const lakeId = log.lakeId ?? randomUUID();
  const named: TableMetadata = { ...metadata, configuration: { ...metadata.configuration, [lakeIdKey]: lakeId } };
  try {
    await lake.table(publications.name).commit({
      base,
      reads: { kind: 'nothing' },
      adds: await rowFile(lake, named, publication, 'opened', null, null),
      removes: [],
      txns: { [`publication/${mart}`]: number },
      metadata: named,
      dataChange: true,
      operation: 'OPEN PUBLICATION',
      info: { runId, mart, number, version, speedVersion },
    });
  } catch (error) {
    if (error instanceof CommitConflict) return null;
    throw error;
  }
  return { publication, lakeId };
}

/** Closes a publication: everything it had to write is in Cassandra. */
export async function closePublication(
  lake: Lake,
  publication: Publication,
  counts: { readonly written: number; readonly deleted: number },
  runId: string,
): Promise<void> {
  const { mart, number, version } = publication;
  const base = await lake.table(publications.name).latest();
  if (base === null) throw new Error(`${publications.name} is gone while publication ${number} of ${mart} is open`);
  await lake.table(publications.name).commit({
    base,
    reads: { kind: 'nothing' },
    adds: await rowFile(lake, base.metadata, publication, 'closed', counts.written, counts.deleted),
    removes: [],
    txns: {},
    dataChange: true,
    operation: 'CLOSE PUBLICATION',
    info: { runId, mart, number, version, ...counts },
  });
}

function rowFile(
  lake: Lake,
  metadata: TableMetadata,
  { number, mart, version, speedVersion, rebuild }: Publication,
  state: 'opened' | 'closed',
  written: number | null,
  deleted: number | null,
): Promise<AddFile[]> {
  const nowMs = Math.floor(lake.clock());
  const row: Readonly<Record<string, string | number | boolean | null>> = {
    number,
    table_name: mart,
    state,
    table_version: version,
    speed_version: speedVersion,
    rebuild,
    rows_written: written,
    rows_deleted: deleted,
    at: nowMs * 1000,
  };
  const columns = metadata.columns.map(({ name, type }) => [name, columnOfValues(type, [row[name] ?? null])] as const);
  const table = tableOf(Object.fromEntries(columns), metadata.columns);
  return writeDataFiles(lake.store, pathOf(publications.name), metadata, table, { fileName: randomUUID, nowMs });
}

/** One row of the log. */
interface LogRow {
  readonly publication: Publication;
  readonly state: string;
}

/** Rows by path of the files read so far: files never change, and whoever publishes looks at the newest of them again and again. */
const readBefore = new WeakMap<Lake, Map<string, readonly LogRow[]>>();
const rowsKept = 50_000;

async function readRows(
  lake: Lake,
  snapshot: Snapshot,
  files: readonly AddFile[],
  mart: string,
): Promise<readonly LogRow[]> {
  const kept = readBefore.get(lake) ?? new Map<string, readonly LogRow[]>();
  readBefore.set(lake, kept);
  const parts = await Promise.all(
    files.map(async (file) => {
      const rows = kept.get(file.path) ?? (await readFile(lake, snapshot, file));
      kept.set(file.path, rows);
      return rows;
    }),
  );
  let held = 0;
  for (const rows of kept.values()) held += rows.length;
  for (const [path, rows] of kept) {
    if (held <= rowsKept) break;
    kept.delete(path);
    held -= rows.length;
  }
  return parts.flat().filter(({ publication }) => publication.mart === mart);
}

async function readFile(lake: Lake, snapshot: Snapshot, file: AddFile): Promise<LogRow[]> {
  const metadata = metadataWith(publications, snapshot.metadata);
  const table = await readFiles(lake.store, pathOf(publications.name), metadata, [file]);
  const column = (name: string) => columnOf(table, name);
  const [numbers, marts, states, versions, speedVersions, rebuilds] = [
    column('number'),
    column('table_name'),
    column('state'),
    column('table_version'),
    column('speed_version'),
    column('rebuild'),
  ];
  return Array.from({ length: table.numRows }, (_, i) => ({
    publication: {
      number: Number(valueAt(numbers, i)),
      mart: String(valueAt(marts, i)),
      version: Number(valueAt(versions, i)),
      speedVersion: numberOrNull(valueAt(speedVersions, i)),
      rebuild: valueAt(rebuilds, i) === true,
    },
    state: String(valueAt(states, i)),
  }));
}

function numberOrNull(value: unknown): number | null {
  return value === null ? null : Number(value);
}

/** A file without statistics may hold anything. */
function mayHold({ stats }: AddFile, mart: string): boolean {
  const low = stats.minValues?.table_name;
  const high = stats.maxValues?.table_name;
  return typeof low !== 'string' || typeof high !== 'string' || (low <= mart && mart <= high);
}

function highestNumber({ stats }: AddFile): number {
  const highest = stats.maxValues?.number;
  return highest === undefined ? Number.POSITIVE_INFINITY : Number(highest);
}
