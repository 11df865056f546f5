/** One planned micro-batch: its commits, made once by whoever comes first. */
import type { DeltaTable } from '../engine/delta/table.ts';
import { type Commit, CommitConflict, type Snapshot, type TableMetadata } from '../engine/delta/types.ts';
import { bronzeUsageEvents } from '../schemas/bronze.ts';
import { metadataOf } from '../schemas/contract.ts';
import { checkBalance, workInfo, workOf } from './commit-info.ts';
import { mapTasks } from './compute/compute.ts';
import type { DecodedEvents } from './compute/decode-events.ts';
import type { UnreadableFile } from './compute/measure-files.ts';
import { buffersOf } from './compute/transfer.ts';
import type { ActivityContext, Run } from './context.ts';
import type { DedupeIndex } from './dedupe-index.ts';
import { type JudgedEvents, judgeEvents } from './judge-events.ts';
import type { PlannedBatch, PlannedRange } from './landing-state.ts';
import { partitionOf } from './partition.ts';
import { appendQuarantine, quarantineFilesOf, writeQuarantine } from './quarantine.ts';

/** Columns that schema version 2 brought: the table gets them when the first event states them. */
const evolving = ['carbon_kg', 'genai_tokens'];

/**
 * Makes the commits of a planned batch that are not there yet: its rows with `txn (stream, n)`, also when it has none, then its
 * quarantine, whose files the first commit names. Returns the planned ranges that were gone or replaced when this run read them:
 * the batch has none of their rows, and what stands there now comes as a new generation.
 */
export async function finishBatch(
  context: ActivityContext,
  run: Run,
  index: DedupeIndex,
  plan: PlannedBatch,
): Promise<readonly UnreadableFile[]> {
  const table = context.lake.table(bronzeUsageEvents.name);
  for (;;) {
    const startedMs = context.clock();
    const base = await table.latest();
    if ((base?.txns.get('stream') ?? -1) >= plan.batch) return finishQuarantine(context, run, table, plan.batch);
    const known = await index.take(base, run.signal);
    const decoded = await decode(context, run, index.seed, plan, startedMs);
    const judged = judgeEvents(decoded, known);
    const { metadata, changed } = metadataWith(base, judged);
    const written = await mapTasks(context.compute, judged.parts, (part) =>
      context.compute.run(
        'writeEvents',
        { lake: context.lakeRoot, metadata, columns: part.columns, keep: part.keep, nowMs: context.clock() },
        { transfer: buffersOf(Object.values(part.columns)), signal: run.signal },
      ),
    );
    const adds = written.flatMap((w) => w.adds);
    const counts = { ...judged.counts, written: written.reduce((n, w) => n + w.rows, 0) };
    checkBalance(bronzeUsageEvents.name, counts);
    const quarantine = await writeQuarantine(context, run, 'usage_events', await withRaws(context, run, judged));
    try {
      const result = await table.commit({
        base,
        reads: { kind: 'table' },
        adds,
        removes: [],
        txns: { stream: plan.batch },
        identity: 'stream',
        ...(changed ? { metadata } : {}),
        dataChange: true,
        operation: 'STREAMING UPDATE',
        info: {
          quarantine,
          lost: decoded.flatMap((d) => d.lost),
          ...workInfo(run, counts, {
            partitions: new Set(adds.map(partitionOf)).size,
            bytes: adds.reduce((n, a) => n + a.size, 0),
            upstream: { 'ops.landing_files': plan.batch },
            startedMs,
            nowMs: context.clock(),
          }),
        },
      });
      if (result.outcome === 'committed') index.give(known, result.version);
    } catch (error) {
      // Another writer came first: what it wrote may hold ids of this batch.
      if (!(error instanceof CommitConflict)) throw error;
    }
  }
}

async function finishQuarantine(
  context: ActivityContext,
  run: Run,
  table: DeltaTable,
  batch: number,
): Promise<readonly UnreadableFile[]> {
  const commit = await commitOfBatch(table, batch);
  await appendQuarantine(context, 'usage_events', quarantineFilesOf(commit), { appId: 'stream', version: batch });
  return workOf(commit)?.runId === run.runId ? (commit.info.lost as UnreadableFile[]) : [];
}

async function commitOfBatch(table: DeltaTable, batch: number): Promise<Commit> {
  for (let limit = 8; ; limit *= 4) {
    const commits = await table.history(limit);
    const commit = commits.find((c) => c.txns.get('stream') === batch);
    if (commit !== undefined) return commit;
    if (commits.at(-1)?.version === 0) throw new Error(`no commit of micro-batch ${batch} on ${table.path}`);
  }
}

function decode(
  context: ActivityContext,
  run: Run,
  seed: number,
  plan: PlannedBatch,
  startedMs: number,
): Promise<DecodedEvents[]> {
  const { landing, compute } = context;
  return mapTasks(compute, shares(plan.ranges, compute.threads), (ranges) =>
    compute.run(
      'decodeEvents',
      {
        landing,
        ranges: ranges.map(({ modifiedUs, ...range }) => ({ ...range, landedUs: modifiedUs })),
        ingestUs: startedMs * 1000,
        watermarkUs: plan.watermarkUs,
        seed,
      },
      { signal: run.signal },
    ),
  );
}

/** Contiguous shares of about equal bytes, in order; small batches are not shared. */
function shares(ranges: readonly PlannedRange[], threads: number): PlannedRange[][] {
  const total = ranges.reduce((n, r) => n + r.toByte - r.fromByte, 0);
  const size = Math.max(1 << 20, Math.ceil(total / threads));
  const result: PlannedRange[][] = [];
  let held = size;
  for (const range of ranges) {
    if (held >= size) {
      result.push([]);
      held = 0;
    }
    result.at(-1)!.push(range);
    held += range.toByte - range.fromByte;
  }
  return result;
}

/** All rejects with their raw lines; those of conflicts are read again. */
async function withRaws(context: ActivityContext, run: Run, { rejected, conflicts }: JudgedEvents) {
  if (conflicts.length === 0) return rejected;
  const { landing, compute } = context;
  const raws = await compute.run('readRaws', { landing, rejects: conflicts }, { signal: run.signal });
  return [...rejected, ...conflicts.map((reject, i) => ({ reject, raw: raws[i] ?? null }))];
}

/** The table's metadata, with the columns that this batch is the first to state. */
function metadataWith(base: Snapshot | null, judged: JudgedEvents): { metadata: TableMetadata; changed: boolean } {
  const full = metadataOf(bronzeUsageEvents);
  const present = new Set(base?.metadata.columns.map((c) => c.name) ?? []);
  const stated = (name: string): boolean =>
    judged.parts.some(({ columns }) => {
      const column = columns[name];
      return (
        column !== undefined && column.length > 0 && (column.validity === null || column.validity.some((b) => b !== 0))
      );
    });
  const columns = full.columns.filter((c) => !evolving.includes(c.name) || present.has(c.name) || stated(c.name));
  const changed = base === null || columns.length > base.metadata.columns.length;
  return { metadata: { ...(base?.metadata ?? full), columns }, changed };
}
