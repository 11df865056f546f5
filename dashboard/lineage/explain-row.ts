/** From a row of any table down to the lines of the landing zone, with the proof that it is what they give. */

import type { Table } from 'apache-arrow';
import { isWhole } from '../../activities/dirty.ts';
import { partitionOf } from '../../activities/partition.ts';
import { upstreamFiles } from '../../activities/upstream-files.ts';
import { valuesOf } from '../../engine/columnar/column-of.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { Snapshot } from '../../engine/delta/types.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { metadataOf, metadataWith, pathOf, type TableContract } from '../../schemas/contract.ts';
import { bronzeLevels, landingLevel, snapshotVersion } from './below-silver.ts';
import { type Consumption, changesSince, consumptionOf, readAt } from './consumed.ts';
import type { Explanation, Held, Level, ProofLine } from './explanation.ts';
import { findRow, type Key } from './find-row.ts';
import { heldEvents } from './held.ts';
import { type ListedLevel, listRows, type Page } from './level.ts';
import type { Source, Surroundings } from './origin.ts';
import { origins } from './origins.ts';
import { type PickedRows, pickRows } from './picked-rows.ts';
import { proofOf } from './proof.ts';
import { type Row, rowOf } from './row.ts';
import { snapshotAt } from './snapshot-at.ts';

export interface RowQuestion extends Page {
  readonly table: string;
  readonly key: Key;
  /** Default: the newest version. */
  readonly version?: number;
}

/** Rows of one source as they were read. */
interface SourceRows extends ListedLevel {
  readonly source: Source;
  readonly snapshot: Snapshot | null;
  readonly rows: PickedRows;
}

/**
 * Explains a row. The page applies to the rows it is made of; the proof covers all of them. `landing`: the landing zone. Only files of
 * partitions that the row comes from are read, and of these what the answer needs. Throws `BadQuestion` and `NoSuchRow`.
 */
export async function explainRow(
  lake: Lake,
  landing: string,
  { table: name, key, version, limit, offset }: RowQuestion,
): Promise<Explanation> {
  const snapshot = await snapshotAt(lake, name, version);
  const contract = contractOf(name);
  const found = await findRow(lake, name, snapshot, key);
  const row = rowOf(firstOf(found));
  const consumption = await consumptionOf(lake, contract, snapshot, found.files[found.fileOf[0]!]!);
  const self = await listRows(lake, name, snapshot, found, {
    columns: Object.keys(found.columns),
    order: [],
    page: { limit, offset: 0 },
    notes: [
      ...consumption.notes,
      ...(found.length > 1 ? [`${found.length} rows have this key: the first one is explained`] : []),
    ],
  });
  const below = new Below(lake, contract, partitionOf(found.files[found.fileOf[0]!]!), row, consumption);
  const origin = origins[name];
  const sources: SourceRows[] = [];
  for (const source of origin?.sources ?? []) sources.push(await below.read(source, { limit, offset }));
  const rowsOf = (table: string): SourceRows => sources.find(({ source }) => source.table === table)!;
  const proof =
    origin === undefined
      ? []
      : proofOf(origin.measures, {
          row,
          rows: (table) => rowsOf(table).rows,
          upstream: (table) => rowsOf(table).snapshot,
          consumed: consumption.consumed,
        });
  const events = [self, ...sources].map(({ listed }) => listed.columns.event_id);
  const { held, otherLines } = await heldEvents(
    lake,
    origin?.missing?.(row, (table) => rowsOf(table).rows.columns) ?? null,
    events.flatMap((ids) => (ids === undefined ? [] : valuesOf(ids).map(String))),
  );
  const bronze = await bronzeOf(lake, contract, self, sources);
  const lines: Level[] = [];
  for (const { listed } of bronze)
    if (listed.length > 0) lines.push(await landingLevel(lake, landing, listed, otherLines));
  const ownBronze = bronze.filter((level) => level !== self && !sources.some((s) => s.level === level.level));
  const levels = [self, ...sources, ...ownBronze].map(({ level }) => level);
  return {
    table: name,
    version: snapshot.version,
    levels: [...levels, ...lines],
    proof,
    held,
    holds: proof.length === 0 ? null : proof.every(({ equal }) => equal),
    verdict: verdictOf(sources, proof, held),
  };
}

/** Reads what a row is made of. */
class Below {
  readonly #lake: Lake;
  readonly #contract: TableContract;
  readonly #partition: string;
  readonly #row: Row;
  readonly #consumption: Consumption;

  constructor(lake: Lake, contract: TableContract, partition: string, row: Row, consumption: Consumption) {
    this.#lake = lake;
    this.#contract = contract;
    this.#partition = partition;
    this.#row = row;
    this.#consumption = consumption;
  }

  /** The rows of a source, all of them, and a page of them listed. */
  async read(source: Source, page: Page): Promise<SourceRows> {
    const { table } = source;
    const files = (snapshot: Snapshot) => this.#filesOf(table, snapshot);
    const surroundings: Surroundings = { consumed: this.#consumption.consumed, beside: await this.#beside(source) };
    const version = await this.#versionOf(table);
    const { value, snapshot, notes } = await readAt(
      this.#lake,
      table,
      version,
      (at) =>
        pickRows(this.#lake, table, at, {
          files: files(at),
          tested: source.tested,
          listed: source.listed,
          picks: (columns) => source.picks(columns, this.#row, surroundings),
        }),
      null,
    );
    const picked = value ?? (await this.#noRows(source));
    const rows = derived(narrowed(picked, source, this.#row), source, this.#row, surroundings);
    const since = snapshot === null ? [] : await changesSince(this.#lake, table, snapshot, files);
    const listed = await listRows(this.#lake, table, snapshot, rows, {
      columns: [...source.listed, ...Object.keys(rows.columns).filter((name) => !Object.hasOwn(picked.columns, name))],
      order: source.order,
      page,
      notes: [...notes, ...since],
    });
    return { ...listed, source, snapshot, rows };
  }

  #filesOf(table: string, snapshot: Snapshot) {
    const { map } = this.#contract.upstream.find((upstream) => upstream.table === table)!;
    return upstreamFiles(snapshot, map, isWhole(this.#contract) ? null : [this.#partition]);
  }

  async #versionOf(table: string): Promise<number | null> {
    const version = this.#consumption.consumed(table);
    const isDimension = this.#contract.layer === 'silver' && this.#row.columns.valid_from !== undefined;
    return isDimension ? snapshotVersion(this.#lake, table, version, this.#row.columns, 0) : version;
  }

  async #beside({ beside }: Source): Promise<Readonly<Record<string, Table>>> {
    if (beside === undefined) return {};
    const { table, columns } = beside;
    const contract = contractOf(table);
    const read = (metadata: Snapshot['metadata'], files: Snapshot['files']) =>
      readFiles(this.#lake.store, pathOf(table), metadata, files, columns);
    const none = await read(metadataOf(contract), []);
    const { value } = await readAt(
      this.#lake,
      table,
      this.#consumption.consumed(table),
      (at) => read(metadataWith(contract, at.metadata), at.files),
      none,
    );
    return { [table]: value };
  }

  /** What a table that does not exist gives. */
  #noRows({ table, tested, listed }: Source): Promise<PickedRows> {
    const snapshot = {
      version: -1,
      timestampMs: 0,
      metadata: metadataOf(contractOf(table)),
      files: [],
      txns: new Map(),
    };
    return pickRows(this.#lake, table, snapshot, { files: [], tested, listed, picks: () => null });
  }
}

/** Bronze rows that have lines in the landing zone: the row itself, its source, or those below the Silver rows listed. */
async function bronzeOf(
  lake: Lake,
  { layer }: TableContract,
  self: ListedLevel,
  sources: readonly SourceRows[],
): Promise<ListedLevel[]> {
  if (layer === 'bronze' || layer === 'quarantine') return [self];
  if (layer === 'silver') return [...sources];
  const levels: ListedLevel[] = [];
  for (const { source, snapshot, listed } of sources) {
    if (contractOf(source.table).layer !== 'silver' || snapshot === null) continue;
    levels.push(...(await bronzeLevels(lake, source.table, snapshot, listed)));
  }
  return levels;
}

function narrowed(rows: PickedRows, { narrowed: narrow }: Source, row: Row): PickedRows {
  if (narrow === undefined || rows.length === 0) return rows;
  const mask = narrow(rows.columns, row);
  const taken = Int32Array.from({ length: rows.length }, (_, i) => i).filter((i) => mask?.[i] === 1);
  return {
    ...rows,
    columns: Object.fromEntries(
      Object.entries(rows.columns).map(([name, column]) => [name, takeColumn(column, taken)]),
    ),
    length: taken.length,
    fileOf: taken.map((i) => rows.fileOf[i]!),
  };
}

function derived(rows: PickedRows, source: Source, row: Row, surroundings: Surroundings): PickedRows {
  const more = source.derived?.(rows.columns, row, surroundings) ?? {};
  return { ...rows, columns: { ...rows.columns, ...more } };
}

function firstOf({ columns }: PickedRows): PickedRows['columns'] {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, takeColumn(column, new Int32Array(1))]),
  );
}

function verdictOf(sources: readonly SourceRows[], proof: readonly ProofLine[], held: Held | null): string {
  const from = sources
    .filter(({ rows }) => rows.length > 0)
    .map(({ source, rows }) => `${rows.length} ${rows.length === 1 ? 'row' : 'rows'} of ${source.table}`)
    .join(' and ');
  const wrong = proof.filter(({ equal }) => !equal);
  const missing =
    held === null || held.rows === 0
      ? ''
      : `; it lacks ${held.rows} quarantined ${held.rows === 1 ? 'event' : 'events'} of these organisations and days, which hold ${held.moneyUsd} US dollars`;
  if (proof.length === 0) return 'there is nothing to add up: the row is as it was read';
  if (wrong.length === 0) return `the rows add up to the figure: ${from}${missing}`;
  const lines = wrong.map(
    ({ column, stated, summed, difference }) =>
      `${column} states ${stated}, they give ${summed}${difference === null ? '' : `, a difference of ${difference}`}`,
  );
  return `the figure is not what its rows give (${from === '' ? 'there are none' : from}): ${lines.join('; ')}${missing}`;
}
