/** A lake of three small tables under names of the catalogue, with their own few columns. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workInfo } from '../../activities/commit-info.ts';
import type { Column, ColumnSpec, ColumnType } from '../../engine/columnar/column.ts';
import { type ColumnValue, columnOfValues } from '../../engine/columnar/column-of.ts';
import { tableOf } from '../../engine/columnar/table.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { Lake } from '../../engine/delta/lake.ts';
import type { TableMetadata } from '../../engine/delta/types.ts';
import { openStore } from '../../engine/storage/open.ts';
import { run } from '../faults/steps.ts';

/** A column that may be null. */
export const column = (name: string, type: ColumnType): ColumnSpec => ({ name, type, nullable: true });

const usage: TableMetadata = {
  name: 'gold.org_daily_usage_by_service',
  description: '',
  columns: [
    column('org_id', { kind: 'utf8' }),
    column('service_name', { kind: 'dictionary' }),
    column('daily_cost_usd', { kind: 'decimal', precision: 38, scale: 6 }),
    column('daily_carbon_kg', { kind: 'decimal', precision: 38, scale: 9 }),
    column('event_count', { kind: 'int64' }),
    column('is_final', { kind: 'bool' }),
    column('usage_date', { kind: 'date' }),
  ],
  partitionColumns: ['usage_date'],
  configuration: {},
};

const orgs: TableMetadata = {
  name: 'bronze.customers_orgs',
  description: '',
  columns: [
    column('org_id', { kind: 'utf8' }),
    column('org_name', { kind: 'utf8' }),
    column('score', { kind: 'float64' }),
    column('seats', { kind: 'int32' }),
    column('seen_at', { kind: 'timestamp' }),
  ],
  partitionColumns: [],
  configuration: {},
};

const quarantine: TableMetadata = {
  name: 'quarantine.usage_events',
  description: '',
  columns: [column('raw', { kind: 'binary' }), column('rule_id', { kind: 'dictionary' })],
  partitionColumns: [],
  configuration: {},
};

/** 2025-08-14 as days since 1970. */
export const day = 20_314;

const firstDay: ColumnValue[][] = [
  ['org_b', 'compute', 12_345_678_901_234_567_890n, 1_000_000_001n, 1200n, true, day],
  ['org_a', 'genai', -10_000n, null, 3n, true, day],
];
const secondDay: ColumnValue[][] = [
  ['org_a', null, 0n, 500n, 1n, false, day + 1],
  ['org_c', 'storage', 2_500_000n, 0n, 9n, false, day + 1],
];
const correctedDay: ColumnValue[][] = [['org_a', 'storage', 7_000_000n, 0n, 10n, true, day + 1]];

/** Writes the lake into a new folder `lake` of a new folder, and returns the outer one. */
export async function smallLake(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'cpa-cli-'));
  let nowMs = Date.UTC(2025, 7, 16, 3, 4, 5, 678);
  const lake = new Lake(openStore(join(folder, 'lake')), () => nowMs);

  await writeRows(lake, usage, [...firstDay, ...secondDay], work('daily-2025-08-15', 5, 4));
  nowMs += 60_000;
  await writeRows(lake, usage, correctedDay, work('daily-2025-08-16', 1, 1), day + 1);
  await writeRows(
    lake,
    orgs,
    [
      ['org_a', 'Ünïcode, "quoted"\nInc', 0.5, 7, BigInt(Date.UTC(2025, 7, 14)) * 1000n],
      ['org_b', '', -1e-7, null, BigInt(Date.UTC(2025, 7, 14, 10)) * 1000n + 5n],
      ['org_c', null, null, 1_234_567, null],
    ],
    {
      snapshot: {
        instantUs: 1_755_000_000_000_000,
        correctsFromUs: null,
        file: 'customers_orgs.csv',
        hash: 'h',
        generation: 1,
      },
    },
  );
  await writeRows(
    lake,
    quarantine,
    [
      [Buffer.from('{"a": 1\u001b[2J'), 'unparseable'],
      [Uint8Array.of(0xff, 0x00), 'unparseable'],
    ],
    {},
  );
  return folder;
}

function work(workflowId: string, read: number, written: number): Record<string, unknown> {
  const counts = { read, written, unchanged: 0, quarantined: read - written, duplicate: 0, late: 1 };
  return workInfo({ ...run, workflowId, runId: 'run-1' }, counts, {
    partitions: 1,
    bytes: 1,
    upstream: {},
    reason: 'a test',
    startedMs: 1000,
    nowMs: 2500,
  });
}

/** Commits rows as new files, with the columns that are new in `metadata`; `replaced` is the day whose files they replace. */
export async function writeRows(
  lake: Lake,
  metadata: TableMetadata,
  rows: readonly ColumnValue[][],
  info: Record<string, unknown>,
  replaced?: number,
): Promise<void> {
  const table = lake.table(metadata.name);
  const base = await table.latest();
  const columns = metadata.columns.map(({ name, type }, c): [string, Column] => [
    name,
    columnOfValues(
      type,
      rows.map((r) => r[c]!),
    ),
  ]);
  let files = 0;
  const adds = await writeDataFiles(
    lake.store,
    table.path,
    metadata,
    tableOf(Object.fromEntries(columns), metadata.columns),
    {
      nowMs: lake.clock(),
      fileName: () => `${(base?.version ?? -1) + 1}-${files++}`,
    },
  );
  const date = replaced === undefined ? null : new Date(replaced * 86_400_000).toISOString().slice(0, 10);
  await table.commit({
    base,
    reads: { kind: 'table' },
    adds,
    removes: date === null ? [] : base!.files.filter((f) => f.partitionValues.usage_date === date),
    txns: {},
    ...(base?.metadata.columns.length === metadata.columns.length ? {} : { metadata }),
    dataChange: true,
    operation: 'WRITE',
    info,
  });
}
