/** Compaction of the tables that the stream writes in small files, on compute threads and beside whoever writes. */
import { type Compaction, compact } from '../engine/delta/compact.ts';
import { bronzeUsageEvents } from '../schemas/bronze.ts';
import { orgDailyUsageByServiceSpeed } from '../schemas/gold.ts';
import { alertDeliveries, alerts, landingFiles, ledger, publications } from '../schemas/ops.ts';
import { quarantineOf } from '../schemas/quarantine.ts';
import type { ActivityContext, Run } from './context.ts';

/** A table that gets many small files, and how it is compacted: see `CompactOptions`. */
export interface SmallFileTable {
  readonly name: string;
  readonly minFiles: number;
  readonly targetBytes: number;
}

/** What compaction did to a table; all zero when there was nothing to do, or no such table. */
export interface TableCompaction extends Compaction {
  readonly table: string;
}

const mebibyte = 1 << 20;

/** The tables that get a small file or more with every micro-batch. */
export const streamTables: readonly SmallFileTable[] = [
  { name: bronzeUsageEvents.name, minFiles: 32, targetBytes: 64 * mebibyte },
  ...[
    orgDailyUsageByServiceSpeed,
    quarantineOf('usage_events'),
    landingFiles,
    publications,
    ledger,
    alerts,
    alertDeliveries,
  ].map(({ name }) => ({ name, minFiles: 32, targetBytes: 8 * mebibyte })),
];

/**
 * Compacts the tables one after another, of each at most `maxGroups` groups of files, in one commit a table. Whoever changes the
 * same files meanwhile wins: what was rewritten in vain is counted in `skipped`, and a later call tries again.
 */
export async function compactTables(
  context: ActivityContext,
  run: Run,
  tables: readonly SmallFileTable[],
  maxGroups: number,
): Promise<TableCompaction[]> {
  const { lake, lakeRoot, compute, clock } = context;
  const done: TableCompaction[] = [];
  for (const { name, minFiles, targetBytes } of tables) {
    run.signal.throwIfAborted();
    const nowMs = clock();
    const compaction = await compact(lake.table(name), {
      minFiles,
      targetBytes,
      maxGroups,
      nowMs,
      rewrite: ({ metadata }, files) =>
        compute.run('rewriteFiles', { lake: lakeRoot, metadata, files, nowMs }, { signal: run.signal }),
    });
    done.push({ table: name, ...compaction });
  }
  return done;
}
