import { join } from 'node:path';
import type { Table } from 'apache-arrow';
import type { ColumnType } from '../../engine/columnar/column.ts';
import { type ColumnValue, columnOfValues } from '../../engine/columnar/column-of.ts';
import { columnsOf, tableOf } from '../../engine/columnar/table.ts';
import { compact } from '../../engine/delta/compact.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { filesOf } from '../../engine/delta/partitions.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { DeltaTable } from '../../engine/delta/table.ts';
import type { TableMetadata } from '../../engine/delta/types.ts';
import type { ObjectStore } from '../../engine/storage/object-store.ts';
import { everyTypeRows, everyTypeTable, rowsOf } from './every-type.ts';
import { request } from './fixtures.ts';
import { valueText } from './value-text.ts';

/** A table for others to read, and what they must find. */
export interface OutsideTable {
  readonly name: string;
  readonly folder: string;
  readonly files: readonly string[];
  readonly version: number;
  readonly metadata: TableMetadata;
  /** In order of `row`. */
  readonly rows: readonly Readonly<Record<string, ColumnValue>>[];
}

const nowMs = 1_751_328_000_000;
const byText: ColumnType = { kind: 'dictionary' };
const byDate: ColumnType = { kind: 'date' };
const days = [20_270, null, 20_271, -1, 20_270, 20_271];

const builders = {
  by_text: textPartitions,
  by_date: datePartitions,
  plain: withoutPartitions,
  evolved,
  overwritten,
  checkpointed,
  compacted,
};

/** Names of the tables that `outsideTables` makes. */
export const outsideNames = Object.keys(builders);

/** Tables of every column type in every state a table can be in: partitioned, evolved, overwritten, compacted… */
export async function outsideTables(store: ObjectStore): Promise<OutsideTable[]> {
  const tables: OutsideTable[] = [];
  for (const [name, build] of Object.entries(builders)) tables.push(await build(store, name));
  return tables;
}

/** The rows as texts, see `valueText`. */
export function textsOf(table: OutsideTable): Record<string, string | null>[] {
  const types = new Map(table.metadata.columns.map((c) => [c.name, c.type]));
  return table.rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([column, value]) => [column, valueText(types.get(column)!, value)])),
  );
}

/** How many rows each value of a column finds; nulls are not looked for. */
export function foundByValue(texts: readonly Readonly<Record<string, string | null>>[], column: string) {
  const found: Record<string, number> = {};
  for (const row of texts) {
    const value = row[column] ?? null;
    if (value !== null) found[value] = (found[value] ?? 0) + 1;
  }
  return found;
}

async function textPartitions(store: ObjectStore, name: string): Promise<OutsideTable> {
  const table = await create(store, name, everyTypeTable(byText));
  const parts = ['a/b', null, 'é ü', '100%', 'x=y', '..', 'a+b&c', `long ${'ü'.repeat(300)}`];
  await append(table, everyTypeRows(byText, 0, parts));
  return described(table, name);
}

async function datePartitions(store: ObjectStore, name: string): Promise<OutsideTable> {
  const table = await create(store, name, everyTypeTable(byDate));
  await append(table, everyTypeRows(byDate, 0, days));
  await append(table, everyTypeRows(byDate, 6, days));
  return described(table, name);
}

async function withoutPartitions(store: ObjectStore, name: string): Promise<OutsideTable> {
  const table = await create(store, name, { ...everyTypeTable(byText), partitionColumns: [] });
  await append(table, everyTypeRows(byText, 0, ['a', null, '', 'a', 'b']));
  return described(table, name);
}

async function evolved(store: ObjectStore, name: string): Promise<OutsideTable> {
  const metadata = everyTypeTable(byDate);
  const table = await create(store, name, metadata);
  await append(table, everyTypeRows(byDate, 0, days));
  const added: TableMetadata['columns'] = [
    { name: 'carbon', type: { kind: 'decimal', precision: 18, scale: 9 }, nullable: true },
    { name: 'label', type: { kind: 'dictionary' }, nullable: true },
  ];
  const wider = { ...metadata, columns: [...metadata.columns, ...added] };
  const rows = tableOf(
    {
      ...columnsOf(everyTypeRows(byDate, 6, [20_270, 20_272])),
      carbon: columnOfValues(added[0]!.type, [1n, null]),
      label: columnOfValues(added[1]!.type, [null, 'new']),
    },
    wider.columns,
  );
  const adds = await writeDataFiles(store, table.path, wider, rows, { nowMs });
  await table.commit(request({ base: await table.latest(), metadata: wider, adds }));
  return described(table, name);
}

async function overwritten(store: ObjectStore, name: string): Promise<OutsideTable> {
  const table = await create(store, name, everyTypeTable(byDate));
  await append(table, everyTypeRows(byDate, 0, days));
  const base = (await table.latest())!;
  const adds = await writeDataFiles(store, table.path, base.metadata, everyTypeRows(byDate, 6, [20_270]), { nowMs });
  const removes = filesOf(base, (values) => values.part === '2025-07-01' || values.part === null);
  await table.commit(request({ base, adds, removes, operation: 'OVERWRITE' }));
  return described(table, name);
}

/** Only its checkpoint and what came after it are left. */
async function checkpointed(store: ObjectStore, name: string): Promise<OutsideTable> {
  const table = await create(store, name, everyTypeTable(byDate), 3);
  for (let n = 0; n < 10; n++) {
    await append(table, everyTypeRows(byDate, 6 * n, days));
    await table.idle();
  }
  const base = (await table.latest())!;
  await table.commit(request({ base, removes: base.files.slice(0, 2), operation: 'DELETE' }));
  await table.idle();
  const log = await store.list(`${name}/_delta_log`);
  const last = log.filter(({ path }) => path.endsWith('.checkpoint.parquet')).at(-1)!;
  for (const { path } of log) if (path.endsWith('.json') && path < last.path) await store.delete(path);
  return described(new DeltaTable(store, name), name);
}

async function compacted(store: ObjectStore, name: string): Promise<OutsideTable> {
  const table = await create(store, name, everyTypeTable(byDate));
  for (let n = 0; n < 4; n++) await append(table, everyTypeRows(byDate, 6 * n, days));
  await compact(table, { minFiles: 2, targetBytes: 1 << 20, nowMs });
  return described(table, name);
}

async function create(store: ObjectStore, name: string, metadata: TableMetadata, checkpointInterval = 10) {
  const table = new DeltaTable(store, name, {
    checkpointInterval,
    onCheckpointError: (error) => {
      throw error;
    },
  });
  await table.commit(request({ metadata, operation: 'CREATE TABLE' }));
  return table;
}

async function append(table: DeltaTable, rows: Table): Promise<void> {
  const base = (await table.latest())!;
  const adds = await writeDataFiles(table.store, table.path, base.metadata, rows, { nowMs });
  await table.commit(request({ base, adds }));
}

async function described(table: DeltaTable, name: string): Promise<OutsideTable> {
  const { version, metadata, files } = (await table.latest())!;
  const rows = rowsOf(await readFiles(table.store, table.path, metadata, files));
  return {
    name,
    folder: join(table.store.root, table.path),
    files: files.map((file) => join(table.store.root, table.path, file.path)),
    version,
    metadata,
    rows: rows.sort((a, b) => Number(a.row) - Number(b.row)),
  };
}
