/** Lakes in temporary folders, and marts in them. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { Lake } from '../../engine/delta/lake.ts';
import { localStore } from '../../engine/storage/local.ts';
import { metadataOf, pathOf, type TableContract } from '../../schemas/contract.ts';
import { type Row, rowsOf } from './rows.ts';

/** A lake in a temporary folder; `reopen` gives a second view of it, as another process would have. */
export function temporaryLake(t: TestContext): { lake: Lake; reopen: () => Lake } {
  const folder = mkdtempSync(join(tmpdir(), 'cpa-lake-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const reopen = () => new Lake(localStore(folder), Date.now);
  return { lake: reopen(), reopen };
}

/** Commits `rows` as the new content of the days named (and of those the rows are of). */
export async function overwrite(
  lake: Lake,
  contract: TableContract,
  rows: readonly Row[],
  days: readonly string[] = [],
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
    txns: {},
    ...(base === null ? { metadata } : {}),
    dataChange: true,
    operation: 'OVERWRITE',
    info: {},
  });
  return result.snapshot.version;
}
