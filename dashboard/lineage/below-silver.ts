/** Below Silver: the Bronze rows of the rows listed, and their lines in the landing zone. */
import { isWhole } from '../../activities/dirty.ts';
import { partitionOf } from '../../activities/partition.ts';
import { loadedSnapshots } from '../../activities/snapshots.ts';
import { type Column, isValid } from '../../engine/columnar/column.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { hashJoin } from '../../engine/columnar/join.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import type { AddFile, Snapshot } from '../../engine/delta/types.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { dimOrgs, dimResources } from '../../schemas/silver.ts';
import { changesSince, consumptionOf, readAt } from './consumed.ts';
import type { Level } from './explanation.ts';
import { landingLines, type Place } from './landing-lines.ts';
import { type ListedLevel, listRows } from './level.ts';
import { provenanceColumns } from './origins/silver.ts';
import { type Columns, type PickedRows, pickRows, sameAs } from './picked-rows.ts';

type Listed = ListedLevel['listed'];

/** The Bronze row of every Silver row listed, in their order, at the version that its partition consumed: a level for each version. */
export async function bronzeLevels(
  lake: Lake,
  silver: string,
  snapshot: Snapshot,
  listed: Listed,
): Promise<ListedLevel[]> {
  const byVersion = new Map<number | null, number[]>();
  for (let row = 0; row < listed.length; row++) {
    const version = await bronzeVersion(lake, silver, snapshot, listed, row);
    byVersion.set(version, [...(byVersion.get(version) ?? []), row]);
  }
  const levels: ListedLevel[] = [];
  for (const [version, rows] of byVersion) levels.push(...(await bronzeLevel(lake, silver, version, listed, rows)));
  return levels;
}

/** The Bronze rows, at one version, of some of the rows listed; none when there is no such table. */
async function bronzeLevel(
  lake: Lake,
  silver: string,
  version: number | null,
  listed: Listed,
  rows: readonly number[],
): Promise<ListedLevel[]> {
  const bronze = contractOf(silver).upstream[0]!.table;
  const dimension = [dimOrgs, dimResources].find(({ name }) => name === silver);
  const key = dimension === undefined ? contractOf(silver).key : [dimension.id];
  const wanted = key.map((name) => takeColumn(listed.columns[name]!, Int32Array.from(rows)));
  const keysIn = (columns: Columns): Column[] => key.map((name) => columns[name]!);
  const partitions = isWhole(contractOf(silver)) ? null : new Set(rows.map((row) => partitionOf(listed.files[row]!)));
  const files = (at: Snapshot): readonly AddFile[] =>
    at.files.filter((file) => partitions?.has(partitionOf(file)) ?? true);
  const pick = (at: Snapshot): Promise<PickedRows> =>
    pickRows(lake, bronze, at, {
      files: files(at),
      tested: key,
      listed: [...provenanceColumns, ...(bronze === bronzeUsageEvents.name ? ['is_late'] : [])],
      picks: (columns) => sameAs(keysIn(columns), wanted),
    });
  const { value, snapshot, notes } = await readAt(lake, bronze, version, pick, null);
  if (value === null || snapshot === null) return [];
  const found = inOrder(value, hashJoin(keysIn(value.columns), wanted));
  const lacking = rows.length - found.length;
  const since = dimension === undefined ? await changesSince(lake, bronze, snapshot, files) : [];
  const level = await listRows(lake, bronze, snapshot, found, {
    columns: Object.keys(found.columns),
    order: [],
    page: { offset: 0, limit: found.length },
    notes: [...notes, ...since, ...(lacking > 0 ? [`${lacking} of the rows of ${silver} are not in it`] : [])],
  });
  return [level];
}

/** Rows in the order of what they were joined with. */
function inOrder(rows: PickedRows, joined: Int32Array): PickedRows {
  const order = Int32Array.from(joined, (_, row) => row).sort((a, b) => joined[a]! - joined[b]!);
  return {
    ...rows,
    columns: Object.fromEntries(
      Object.entries(rows.columns).map(([name, column]) => [name, takeColumn(column, order)]),
    ),
    fileOf: order.map((row) => rows.fileOf[row]!),
  };
}

async function bronzeVersion(
  lake: Lake,
  silver: string,
  snapshot: Snapshot,
  { columns, files }: Listed,
  row: number,
): Promise<number | null> {
  const contract = contractOf(silver);
  const bronze = contract.upstream[0]!.table;
  const { consumed } = await consumptionOf(lake, contract, snapshot, files[row]!);
  const isDimension = columns.valid_from !== undefined;
  return isDimension ? snapshotVersion(lake, bronze, consumed(bronze), columns, row) : consumed(bronze);
}

/**
 * The version of a Bronze master that holds the snapshot of which a dimension's version was made: that of the instant from which it
 * holds. A key that is absent from it has the values of an earlier one, in which it is looked for.
 */
export async function snapshotVersion(
  lake: Lake,
  bronze: string,
  consumed: number | null,
  columns: Columns,
  row: number,
): Promise<number | null> {
  const fromUs = Number(valueAt(columns.valid_from!, row));
  const isAbsent = columns.is_absent !== undefined && valueAt(columns.is_absent, row) === true;
  const starts = (await loadedSnapshots(lake, bronze))
    .filter(({ version }) => consumed === null || version <= consumed)
    .map(({ version, instantUs, correctsFromUs }) => ({ version, startUs: correctsFromUs ?? instantUs }))
    .filter(({ startUs }) => (isAbsent ? startUs < fromUs : startUs === fromUs))
    .sort((a, b) => a.startUs - b.startUs || a.version - b.version);
  return starts.at(-1)?.version ?? consumed;
}

/** The lines of Bronze rows; `otherLines`: event → lines in quarantine that state it otherwise. */
export async function landingLevel(
  lake: Lake,
  landing: string,
  { columns, length }: Pick<Listed, 'columns' | 'length'>,
  otherLines: ReadonlyMap<string, number>,
): Promise<Level> {
  const number = (name: string, row: number): number => Number(valueAt(columns[name]!, row));
  const places: (Place & { readonly line: number })[] = [];
  for (let row = 0; row < length; row++) {
    if (!isValid(columns.source_file!, row)) continue;
    places.push({
      file: String(valueAt(columns.source_file!, row)),
      generation: number('source_generation', row),
      offset: number('source_offset', row),
      line: number('source_row', row),
      length: number(columns.source_length === undefined ? 'byte_length' : 'source_length', row),
      eventId: columns.event_id === undefined ? null : (valueAt(columns.event_id, row) as string | null),
    });
  }
  const lines = await landingLines(lake, landing, places);
  const isEvents = columns.event_id !== undefined;
  return {
    table: 'landing',
    version: null,
    committedAt: null,
    made: [],
    key: ['file', 'generation', 'offset'],
    columns: [
      { name: 'file', kind: 'text' },
      { name: 'generation', kind: 'number' },
      { name: 'line', kind: 'number' },
      { name: 'offset', kind: 'number' },
      { name: 'bytes', kind: 'number' },
      { name: 'state', kind: 'text' },
      ...(isEvents ? [{ name: 'lines_in_quarantine', kind: 'number' } as const] : []),
      { name: 'raw', kind: 'text' },
    ],
    rows: places.map(({ file, generation, line, offset, length: bytes, eventId }, i) => [
      file,
      generation,
      line,
      offset,
      bytes,
      lines[i]!.state,
      ...(isEvents ? [otherLines.get(eventId ?? '') ?? 0] : []),
      lines[i]!.raw,
    ]),
    offset: 0,
    total: places.length,
    notes: [],
  };
}
