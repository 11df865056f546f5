/** Lakes in temporary folders, and marts in them. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { compact } from '../../engine/delta/compact.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { Lake } from '../../engine/delta/lake.ts';
import { localStore } from '../../engine/storage/local.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { consumedId, metadataOf, pathOf, type TableContract } from '../../schemas/contract.ts';
import { orgDailyUsageByServiceSpeed as speed } from '../../schemas/gold.ts';
import { type Row, rowsOf } from './rows.ts';

/** A lake in a temporary folder; `reopen` gives a second view of it, as another process would have. */
export function temporaryLake(t: TestContext): { lake: Lake; reopen: () => Lake } {
  const folder = mkdtempSync(join(tmpdir(), 'cpa-lake-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const reopen = () => new Lake(localStore(folder), Date.now);
  return { lake: reopen(), reopen };
}

/**
 * Commits `rows` as the new content of the days named (and of those the rows are of), made from a version of Bronze when `bronze`
 * names one.
 */
export async function overwrite(
  lake: Lake,
  contract: TableContract,
  rows: readonly Row[],
  days: readonly string[] = [],
  bronze: number | null = null,
): Promise<number> {
  const table = lake.table(contract.name);
  const base = await table.latest();
  const partition = String(contract.partition);
  const replaced = new Set([...days, ...rows.map((row) => String(row[partition]))]);
  const metadata = base?.metadata ?? metadataOf(contract);
  const adds = await writeDataFiles(lake.store, pathOf(contract.name), metadata, rowsOf(contract, rows), {
    fileName: randomUUID,
    nowMs: Date.now(),
  });
  const result = await table.commit({
    base,
    reads: { kind: 'nothing' },
    adds,
    removes: (base?.files ?? []).filter((file) => replaced.has(String(file.partitionValues[partition]))),
    txns: Object.fromEntries(
      bronze === null
        ? []
        : [...replaced].map((day) => [consumedId(contract.name, day, bronzeUsageEvents.name), bronze]),
    ),
    ...(base === null ? { metadata } : {}),
    dataChange: true,
    operation: 'OVERWRITE',
    info: {},
  });
  return result.snapshot.version;
}

/** Commits increments: rows of the speed mart, each with its `bronze_version`. One file a day. */
export async function increment(lake: Lake, rows: readonly Row[]): Promise<number> {
  const table = lake.table(speed.name);
  const base = await table.latest();
  const metadata = metadataOf(speed);
  const adds = await writeDataFiles(lake.store, pathOf(speed.name), metadata, rowsOf(speed, rows), {
    nowMs: Date.now(),
  });
  const versions = rows.map((row) => Number(row.bronze_version));
  const result = await table.commit({
    base,
    reads: { kind: 'nothing' },
    adds,
    removes: [],
    txns: { bronze: Math.max(...versions) },
    identity: 'bronze',
    ...(base === null ? { metadata } : {}),
    dataChange: true,
    operation: 'STREAMING UPDATE',
    info: {},
  });
  return result.snapshot.version;
}

/** Rearranges the increments into one file a day. */
export async function compactIncrements(lake: Lake): Promise<void> {
  await compact(lake.table(speed.name), { minFiles: 2, targetBytes: 1 << 20, nowMs: Date.now() });
}
