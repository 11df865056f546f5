/** The ledger: derived from the data commits themselves, so it is complete whoever made them and however they ended. */
import {
  dateColumn,
  dictionaryColumn,
  int32Column,
  int64Column,
  timestampColumn,
  utf8Column,
} from '../engine/columnar/column-of.ts';
import { tableOf } from '../engine/columnar/table.ts';
import { writeDataFiles } from '../engine/delta/data-file.ts';
import { CommitConflict } from '../engine/delta/types.ts';
import { metadataOf, metadataWith, pathOf } from '../schemas/contract.ts';
import { ledger } from '../schemas/ops.ts';
import { type WorkInfo, workOf } from './commit-info.ts';
import type { ActivityContext } from './context.ts';

interface Entry {
  readonly table: string;
  readonly version: number;
  readonly work: WorkInfo;
}

const dayUs = 86_400_000_000;

/** Enters every commit of the tables that the ledger does not know yet. Safe to run twice or beside itself. */
export async function syncLedger(context: ActivityContext, tables: readonly string[]): Promise<number> {
  const target = context.lake.table(ledger.name);
  for (;;) {
    const base = await target.latest();
    const txns: Record<string, number> = {};
    const entries: Entry[] = [];
    for (const table of tables) {
      const known = base?.txns.get(`ledger/${table}`) ?? -1;
      const source = context.lake.table(table);
      const latest = await source.latest();
      if (latest === null || latest.version <= known) continue;
      for await (const commit of source.eachCommitSince(known)) {
        const work = workOf(commit);
        if (work === null) continue;
        entries.push({ table, version: commit.version, work });
        txns[`ledger/${table}`] = commit.version;
      }
    }
    if (entries.length === 0) return 0;
    const metadata = metadataWith(ledger, base?.metadata ?? null);
    const adds = await writeDataFiles(context.lake.store, pathOf(ledger.name), metadata, rowsOf(entries), {
      nowMs: context.clock(),
    });
    try {
      await target.commit({
        base,
        reads: { kind: 'nothing' },
        adds,
        removes: [],
        txns,
        metadata,
        dataChange: true,
        operation: 'WRITE',
        info: {},
      });
      return entries.length;
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error;
    }
  }
}

function rowsOf(entries: readonly Entry[]) {
  const counts = (pick: (work: WorkInfo) => number) => int64Column(entries.map((e) => pick(e.work)));
  return tableOf(
    {
      work_id: utf8Column(entries.map((e) => `${e.table}@${e.version}`)),
      table_name: dictionaryColumn(entries.map((e) => e.table)),
      workflow_id: utf8Column(entries.map((e) => e.work.workflowId)),
      run_id: utf8Column(entries.map((e) => e.work.runId)),
      rows_read: counts((w) => w.counts.read),
      rows_written: counts((w) => w.counts.written),
      rows_unchanged: counts((w) => w.counts.unchanged),
      rows_quarantined: counts((w) => w.counts.quarantined),
      rows_duplicate: counts((w) => w.counts.duplicate),
      rows_late: counts((w) => w.counts.late),
      partitions: int32Column(entries.map((e) => e.work.partitions)),
      bytes_written: counts((w) => w.bytes),
      version: int64Column(entries.map((e) => e.version)),
      upstream_versions: utf8Column(entries.map((e) => JSON.stringify(e.work.upstream))),
      reason: utf8Column(entries.map((e) => e.work.reason ?? null)),
      started_at: timestampColumn(entries.map((e) => e.work.startedUs)),
      duration_ms: counts((w) => w.durationMs),
      run_date: dateColumn(entries.map((e) => Math.floor(e.work.startedUs / dayUs))),
    },
    metadataOf(ledger).columns,
  );
}
