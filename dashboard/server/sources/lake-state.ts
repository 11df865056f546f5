/** What the lake's own records say: how far each layer is, tables and their versions, the ledger, what is in quarantine. */
import { extraVersions } from '../../../activities/build-dirty.ts';
import { workOf } from '../../../activities/commit-info.ts';
import { planTable } from '../../../activities/dirty.ts';
import { type HeldRows, heldRows } from '../../../activities/redrive/held.ts';
import { everyRow } from '../../../activities/redrive/selection.ts';
import type { Column } from '../../../engine/columnar/column.ts';
import { columnsOf } from '../../../engine/columnar/table.ts';
import type { Lake } from '../../../engine/delta/lake.ts';
import { mapBounded } from '../../../engine/delta/map-bounded.ts';
import { readFiles } from '../../../engine/delta/read.ts';
import { rowsIn, sizeOf } from '../../../engine/delta/size.ts';
import type { AddFile, Snapshot } from '../../../engine/delta/types.ts';
import { bronzeUsageEvents, masters } from '../../../schemas/bronze.ts';
import { catalog, contractOf } from '../../../schemas/catalog.ts';
import { metadataWith, pathOf } from '../../../schemas/contract.ts';
import { marts, orgDailyUsageByService, orgDailyUsageByServiceSpeed } from '../../../schemas/gold.ts';
import { landingFiles, ledger } from '../../../schemas/ops.ts';
import { quarantineOf } from '../../../schemas/quarantine.ts';
import { silverUsageEvents } from '../../../schemas/silver.ts';
import type { PublicationState } from '../../../serving/publication-state.ts';
import type { LayersAnswer, Row } from '../../api.ts';
import { rowsOfColumns } from '../rows.ts';

const readingAtATime = 8;

/** Every table that exists, upstream before downstream. */
export async function tablesOf(lake: Lake): Promise<Row[]> {
  const found = await mapBounded(catalog, readingAtATime, async ({ name, layer, doc }) => {
    const snapshot = await lake.table(name).latest();
    return snapshot === null ? [] : [{ ...tableRow(name, snapshot), layer, doc }];
  });
  return found.flat();
}

function tableRow(table: string, snapshot: Snapshot): Row {
  const { version, timestampMs } = snapshot;
  return { table, ...sizeOf(snapshot), version, committed_at: new Date(timestampMs).toISOString() };
}

/** Versions of a table, newest first; null when there is no such table. */
export async function versionsOf(lake: Lake, table: string, limit: number): Promise<Row[] | null> {
  if (!catalog.some(({ name }) => name === table) || (await lake.table(table).latest()) === null) return null;
  const commits = await lake.table(table).history(limit);
  return commits.map((commit) => {
    const work = workOf(commit);
    return {
      version: commit.version,
      committed_at: new Date(commit.timestampMs).toISOString(),
      operation: commit.operation,
      files_added: commit.adds.length,
      files_removed: commit.removes.length,
      rows_written: work?.counts.written ?? null,
      reason: work?.reason ?? (typeof commit.info.reason === 'string' ? commit.info.reason : null),
      workflow_id: work?.workflowId ?? null,
      run_id: work?.runId ?? null,
    };
  });
}

/** How far each layer is, landing zone first. */
export async function layersOf(lake: Lake, publications: PublicationState): Promise<LayersAnswer['layers']> {
  const [landing, bronze, silver, gold, speed] = await Promise.all(
    [landingFiles, bronzeUsageEvents, silverUsageEvents, orgDailyUsageByService, orgDailyUsageByServiceSpeed].map(
      ({ name }) => lake.table(name).latest(),
    ),
  );
  const planned = landing?.txns.get('stream') ?? -1;
  const read = bronze?.txns.get('stream') ?? -1;
  const [silverDays, goldDays] = await Promise.all(
    [silverUsageEvents, orgDailyUsageByService].map(async (contract) => {
      const extra = await extraVersions({ lake }, contract.name);
      return (await planTable(lake, contract, extra)).partitions.length;
    }),
  );
  const behind = await mapBounded(marts, readingAtATime, async ({ name }) => {
    const version = (await lake.table(name).latest())?.version ?? -1;
    return version > (publications.get(name)?.version ?? -1);
  });
  const numbers = [...publications.values()].map(({ number }) => number);
  const at = (snapshot: Snapshot | null | undefined): string | null =>
    snapshot == null ? null : new Date(snapshot.timestampMs).toISOString();
  return [
    {
      layer: 'Bronze',
      doc: 'Usage events as they came; waiting: planned micro-batches that are not read',
      at: at(bronze),
      behind: Math.max(0, planned - read),
      unit: 'micro-batches',
    },
    { layer: 'Silver', doc: 'Judged and enriched', at: at(silver), behind: silverDays!, unit: 'days' },
    { layer: 'Gold', doc: 'Marts of the batch layer', at: at(gold), behind: goldDays!, unit: 'days' },
    { layer: 'Speed', doc: 'Increments of the stream', at: at(speed), behind: 0, unit: 'versions' },
    {
      layer: 'Serving',
      doc: 'Marts in Cassandra; waiting: marts whose newest version is not published',
      at: numbers.length === 0 ? null : new Date(Math.max(...numbers) / 1000).toISOString(),
      behind: behind.filter(Boolean).length,
      unit: 'marts',
    },
  ];
}

/** Rows in the figures, in quarantine, and late, of the usage events; from the log alone but for the late ones. */
export async function eventCounts(lake: Lake): Promise<{ read: number; quarantined: number }> {
  const [silver, quarantine] = await Promise.all(
    [silverUsageEvents.name, quarantineOf('usage_events').name].map((name) => lake.table(name).latest()),
  );
  const [accepted, quarantined] = [silver, quarantine].map((snapshot) =>
    snapshot == null ? 0 : (rowsIn(snapshot) ?? 0),
  );
  return { read: accepted! + quarantined!, quarantined: quarantined! };
}

/** What is in quarantine by source and rule: read again when a table has a new version. */
export function quarantineOfLake(lake: Lake): () => Promise<readonly (HeldRows & { readonly source: string })[]> {
  const kept = new Map<string, { readonly version: number; readonly held: readonly HeldRows[] }>();
  return async () => {
    const sources = ['usage_events', ...masters.map(({ name }) => name)];
    const all = await mapBounded(sources, 2, async (source) => {
      const version = (await lake.table(quarantineOf(source).name).latest())?.version ?? -1;
      let known = kept.get(source);
      if (known?.version !== version) {
        known = { version, held: await heldRows(lake, source, everyRow) };
        kept.set(source, known);
      }
      return known.held.map((rows) => ({ ...rows, source }));
    });
    return all.flat();
  };
}

/** Rows of one rule, those first that were detected last. `raw` is the first 400 characters of the line. */
export async function quarantinedRows(
  lake: Lake,
  source: string,
  rule: string,
  limit: number,
): Promise<{ readonly rows: Row[]; readonly total: number }> {
  const contract = quarantineOf(source);
  const found: Row[] = [];
  let total = 0;
  for await (const columns of filesOf(lake, contract.name, 'detected_date')) {
    const rows = rowsOfColumns(columns).filter(({ rule_id }) => rule_id === rule);
    total += rows.length;
    for (const row of rows) {
      if (found.length === limit) break;
      found.push({ ...row, raw: typeof row.raw === 'string' ? row.raw.slice(0, 400) : null });
    }
  }
  return { rows: found, total };
}

/** The newest entries of the ledger, of one table or of all. */
export async function ledgerRows(lake: Lake, table: string | null, limit: number): Promise<Row[]> {
  const rows: Row[] = [];
  let day: string | null = null;
  for await (const columns of filesOf(lake, ledger.name, 'run_date')) {
    const found = rowsOfColumns(columns).filter((row) => table === null || row.table_name === table);
    const first = String(rowsOfColumns({ run_date: columns.run_date! })[0]?.run_date);
    // Files of one day are not in order among themselves.
    if (rows.length >= limit && first !== day) break;
    day = first;
    rows.push(...found);
  }
  return rows.sort((a, b) => (String(a.started_at) < String(b.started_at) ? 1 : -1)).slice(0, limit);
}

/** Late events by the day they were read. */
export async function lateRows(lake: Lake): Promise<Row[]> {
  const days = new Map<string, { read: number; written: number; late: number }>();
  for await (const columns of filesOf(lake, ledger.name, 'run_date')) {
    for (const row of rowsOfColumns(columns)) {
      if (row.table_name !== bronzeUsageEvents.name) continue;
      const day = days.get(String(row.run_date)) ?? { read: 0, written: 0, late: 0 };
      days.set(String(row.run_date), day);
      day.read += Number(row.rows_read);
      day.written += Number(row.rows_written);
      day.late += Number(row.rows_late);
    }
  }
  return Array.from(days, ([run_date, counts]) => ({ run_date, ...counts }));
}

/** The files of a table one after another, those of the newest partition first. */
async function* filesOf(
  lake: Lake,
  table: string,
  partition: string,
): AsyncGenerator<Readonly<Record<string, Column>>> {
  const snapshot = await lake.table(table).latest();
  if (snapshot === null) return;
  const metadata = metadataWith(contractOf(table), snapshot.metadata);
  const dayOf = (file: AddFile): string => file.partitionValues[partition] ?? '';
  const files = [...snapshot.files].sort((a, b) => (dayOf(a) < dayOf(b) ? 1 : -1));
  for (const file of files) yield columnsOf(await readFiles(lake.store, pathOf(table), metadata, [file]));
}
