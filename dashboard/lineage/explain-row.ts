/** From a row of any table down to the lines of the landing zone, with the proof that it is what they give. */
import { partitionOf } from '../../activities/partition.ts';
import { valuesOf } from '../../engine/columnar/column-of.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { orgDailyUsageByServiceSpeed } from '../../schemas/gold.ts';
import { bronzeLevels, landingLevel } from './below-silver.ts';
import { consumptionOf } from './consumed.ts';
import type { Explanation, Level } from './explanation.ts';
import { findRow, type Key } from './find-row.ts';
import { heldEvents } from './held.ts';
import { incrementEvents, incrementMeasures } from './increment-events.ts';
import { type ListedLevel, listRows, type Page } from './level.ts';
import { origins } from './origins.ts';
import type { PickedRows } from './picked-rows.ts';
import { proofOf } from './proof.ts';
import { type Row, rowOf } from './row.ts';
import { snapshotAt } from './snapshot-at.ts';
import { readSource, type SourceRows } from './source-rows.ts';
import { verdictOf } from './verdict.ts';

export interface RowQuestion extends Page {
  readonly table: string;
  readonly key: Key;
  /** Default: the newest version. */
  readonly version?: number;
}

/**
 * Explains a row. The page applies to the rows it is made of; the proof covers all of them. `landing`: the landing zone. Only files of
 * partitions that the row comes from are read, and of these what the answer needs. Throws `BadQuestion` and `NoSuchRow`.
 */
export async function explainRow(
  lake: Lake,
  landing: string,
  { table, key, version, limit, offset }: RowQuestion,
): Promise<Explanation> {
  const snapshot = await snapshotAt(lake, table, version);
  const contract = contractOf(table);
  const found = await findRow(lake, table, snapshot, key);
  const file = found.files[found.fileOf[0]!]!;
  const row = firstOf(found);
  const consumption = await consumptionOf(lake, contract, snapshot, file);
  const repeated = found.length > 1 ? [`${found.length} rows have this key: the first one is explained`] : [];
  const self = await listRows(lake, table, snapshot, found, {
    columns: Object.keys(found.columns),
    order: [],
    page: { limit, offset: 0 },
    notes: [...consumption.notes, ...repeated],
  });

  const isIncrement = contract === orgDailyUsageByServiceSpeed;
  const origin = isIncrement ? { sources: [], measures: incrementMeasures } : origins[table];
  const explained = { contract, row, partition: partitionOf(file), consumption };
  const page = { limit, offset };
  const sources: SourceRows[] = isIncrement ? [await incrementEvents(lake, row, page)] : [];
  for (const source of origin?.sources ?? []) sources.push(await readSource(lake, explained, source, page));
  const of = (name: string): SourceRows => sources.find(({ source }) => source.table === name)!;
  const inputs = {
    row,
    rows: (name: string) => of(name).rows,
    upstream: (name: string) => of(name).snapshot,
    consumed: consumption.consumed,
  };
  const proof = proofOf(origin?.measures ?? {}, inputs);

  const bronze: ListedLevel[] = [];
  for (const { source, snapshot: at, listed } of sources) {
    if (at === null || contractOf(source.table).layer !== 'silver') continue;
    bronze.push(...(await bronzeLevels(lake, source.table, at, listed)));
  }
  const all = [self, ...sources, ...bronze];
  const missing = origin?.missing?.(row, (name) => of(name).rows.columns) ?? null;
  const { held, otherLines } = await heldEvents(lake, missing, eventsIn(all));
  const lines: Level[] = [];
  for (const { listed } of all) {
    const isLanded = listed.length > 0 && listed.columns.source_offset !== undefined;
    if (isLanded) lines.push(await landingLevel(lake, landing, listed, otherLines));
  }
  return {
    table,
    version: snapshot.version,
    levels: [...all.map(({ level }) => level), ...lines],
    proof,
    held,
    holds: proof.length === 0 ? null : proof.every(({ equal }) => equal),
    verdict: verdictOf(sources, proof, held),
  };
}

/** Ids of the events listed. */
function eventsIn(levels: readonly ListedLevel[]): ReadonlySet<unknown> {
  const columns = levels.map(({ listed }) => listed.columns.event_id).filter((column) => column !== undefined);
  return new Set(columns.flatMap(valuesOf));
}

function firstOf({ columns }: PickedRows): Row {
  const first = Object.entries(columns).map(([name, column]) => [name, takeColumn(column, new Int32Array(1))]);
  return rowOf(Object.fromEntries(first));
}
