/**
 * The event stream to Bronze in micro-batches.
 *
 * Batch n is planned in a commit on `ops.landing_files`; its rows are committed with `txn (stream, n)`, then its quarantine;
 * only then is n + 1 planned. Whoever finds a batch unfinished, finishes it: where the stream stands is in the lake alone.
 */

import type { IdIndex } from '../engine/columnar/dedupe.ts';
import { tableOf } from '../engine/columnar/table.ts';
import { CommitConflict, type Snapshot, type TableMetadata } from '../engine/delta/types.ts';
import { bronzeUsageEvents } from '../schemas/bronze.ts';
import { metadataOf } from '../schemas/contract.ts';
import { keepRows } from '../transforms/bronze/keep-rows.ts';
import type { Reject } from '../transforms/reject.ts';
import { type Counts, checkBalance, workInfo, workOf } from './commit-info.ts';
import { mapTasks } from './compute/compute.ts';
import type { DecodedEvents } from './compute/decode-events.ts';
import type { MeasuredFile, UnreadableFile } from './compute/measure-files.ts';
import { buffersOf } from './compute/transfer.ts';
import type { ActivityContext, Run, TableResult } from './context.ts';
import type { DedupeIndex } from './dedupe-index.ts';
import {
  changedFiles,
  commitPlan,
  type LandingState,
  type PlannedBatch,
  type PlannedRange,
  readLandingState,
} from './landing-state.ts';
import { appendQuarantine, type Rejected } from './quarantine.ts';
import { emptyResult } from './run-result.ts';

export interface DrainResult extends TableResult {
  readonly batches: number;
  /** Bytes of last lines that wait for their rest. */
  readonly waitingBytes: number;
  readonly unreadable: readonly UnreadableFile[];
  readonly replaced: readonly string[];
}

/** An event older than the latest one minus this is late. */
const watermarkDelayUs = 86_400_000_000;
/** Columns that schema version 2 brought: the table gets them when the first event states them. */
const evolving = ['carbon_kg', 'genai_tokens'];

/** Reads all complete lines that have landed, in micro-batches bounded in bytes, and ends. */
export async function drainEvents(context: ActivityContext, run: Run, index: DedupeIndex): Promise<DrainResult> {
  const { landing } = context;
  const startedMs = context.clock();
  const total = { ...emptyResult(bronzeUsageEvents.name) };
  const tally = (counts: Counts): void => {
    for (const key of ['read', 'written', 'quarantined', 'duplicate', 'late'] as const)
      Object.assign(total, { [key]: total[key] + counts[key] });
  };
  let state = await readLandingState(context.lake);
  let batches = 0;
  if (state.last !== null) {
    const done = await finishBatch(context, run, index, state.last, landing, startedMs);
    if (done !== null) {
      tally(done);
      batches++;
    }
  }
  const files = await measure(context, run, landing, state);
  const queue: PlannedRange[] = files.measured.flatMap((f) =>
    f.ranges.map((r) => ({ ...r, file: f.file, generation: f.generation, modifiedUs: f.modifiedUs })),
  );
  const totalBytes = queue.reduce((n, r) => n + r.toByte - r.fromByte, 0);
  let doneBytes = 0;
  const report = (): void =>
    run.report({
      layer: 'bronze',
      table: bronzeUsageEvents.name,
      done: doneBytes,
      total: totalBytes,
      unit: 'bytes',
      rows: total.read,
      rowsPerSecond: Math.round((total.read * 1000) / Math.max(1, context.clock() - startedMs)),
    });
  if (queue.length > 0) report();
  while (queue.length > 0) {
    run.signal.throwIfAborted();
    const ranges = takeBatch(queue, context.batchBytes);
    const plan: PlannedBatch = {
      batch: (state.last?.batch ?? -1) + 1,
      watermarkUs: await watermark(context),
      ranges,
    };
    try {
      if (!(await commitPlan(context.lake, state, plan, context.clock())))
        return await drainEvents(context, run, index);
    } catch (error) {
      // Another stream planned first: go on from where it stands.
      if (error instanceof CommitConflict) return await drainEvents(context, run, index);
      throw error;
    }
    const counts = await finishBatch(context, run, index, plan, landing, context.clock());
    if (counts !== null) tally(counts);
    batches++;
    doneBytes += ranges.reduce((n, r) => n + r.toByte - r.fromByte, 0);
    report();
    const snapshot = await context.lake.table('ops.landing_files').latest();
    state = { ...state, snapshot, last: plan };
  }
  const latest = await context.lake.table(bronzeUsageEvents.name).latest();
  return {
    ...total,
    version: latest?.version ?? -1,
    ms: context.clock() - startedMs,
    batches,
    waitingBytes: files.measured.reduce((n, f) => n + f.waitingBytes, 0),
    unreadable: files.unreadable,
    replaced: files.measured.filter((f) => f.replaced).map((f) => f.file),
  };
}

/** Files from the front of the queue that fit into one batch; at least one. */
function takeBatch(queue: PlannedRange[], maxBytes: number): PlannedRange[] {
  let bytes = 0;
  let count = 0;
  for (const range of queue) {
    bytes += range.toByte - range.fromByte;
    if (count > 0 && bytes > maxBytes) break;
    count++;
  }
  return queue.splice(0, count);
}

async function measure(
  context: ActivityContext,
  run: Run,
  landing: string,
  state: LandingState,
): Promise<{ measured: MeasuredFile[]; unreadable: UnreadableFile[] }> {
  const files = await changedFiles(landing, state);
  const size = Math.max(1, Math.ceil(files.length / (context.compute.threads * 4)));
  const groups = Array.from({ length: Math.ceil(files.length / size) }, (_, i) =>
    files.slice(i * size, (i + 1) * size),
  );
  const results = await mapTasks(context.compute, groups, (group) =>
    context.compute.run(
      'measureFiles',
      { landing, files: group, maxBytes: context.batchBytes },
      { signal: run.signal },
    ),
  );
  return { measured: results.flatMap((r) => r.files), unreadable: results.flatMap((r) => r.unreadable) };
}

/** The latest event in Bronze minus the delay, microseconds; null before the first event. */
async function watermark(context: ActivityContext): Promise<number | null> {
  const snapshot = await context.lake.table(bronzeUsageEvents.name).latest();
  let latest = Number.NEGATIVE_INFINITY;
  for (const file of snapshot?.files ?? []) {
    const max = file.stats.maxValues?.['timestamp'];
    if (typeof max === 'string') latest = Math.max(latest, Date.parse(max) * 1000);
  }
  return Number.isFinite(latest) ? latest - watermarkDelayUs : null;
}

/**
 * Makes the commits of a planned batch that are not there yet. Returns its counts, or null when there was nothing to do.
 * A batch whose rows are committed but whose quarantine is not is judged again as it was then: against the table before it.
 */
async function finishBatch(
  context: ActivityContext,
  run: Run,
  index: DedupeIndex,
  plan: PlannedBatch,
  landing: string,
  startedMs: number,
): Promise<Counts | null> {
  const table = context.lake.table(bronzeUsageEvents.name);
  for (;;) {
    const base = await table.latest();
    const committed = (base?.txns.get('stream') ?? -1) >= plan.batch;
    if (committed) {
      if (await hasQuarantine(context, plan.batch)) return null;
      const before = await beforeBatch(context, plan.batch);
      const judged = judge(await decode(context, run, index.seed, plan, landing, startedMs), await index.take(before));
      await quarantine(context, run, landing, judged, plan.batch);
      return null;
    }
    const known = await index.take(base);
    try {
      const judged = judge(await decode(context, run, index.seed, plan, landing, startedMs), known);
      const evolvedMetadata = metadataWith(base, judged);
      const written = await mapTasks(context.compute, judged.parts, (part) =>
        context.compute.run(
          'writeEvents',
          {
            lake: context.lakeRoot,
            metadata: evolvedMetadata.metadata,
            columns: part.columns,
            keep: part.keep,
            nowMs: context.clock(),
          },
          { transfer: buffersOf(Object.values(part.columns)), signal: run.signal },
        ),
      );
      const adds = written.flatMap((w) => w.adds);
      const counts = { ...judged.counts, written: written.reduce((n, w) => n + w.rows, 0) };
      checkBalance(bronzeUsageEvents.name, counts);
      const result = await table.commit({
        base,
        reads: { kind: 'table' },
        adds,
        removes: [],
        txns: { stream: plan.batch },
        identity: 'stream',
        ...(evolvedMetadata.changed ? { metadata: evolvedMetadata.metadata } : {}),
        dataChange: true,
        operation: 'STREAMING UPDATE',
        info: workInfo(run, counts, {
          partitions: new Set(adds.map((a) => Object.values(a.partitionValues)[0])).size,
          bytes: adds.reduce((n, a) => n + a.size, 0),
          upstream: { 'ops.landing_files': plan.batch },
          startedMs,
          nowMs: context.clock(),
        }),
      });
      if (result.outcome === 'already') continue;
      index.give(known, result.version);
      await quarantine(context, run, landing, judged, plan.batch);
      return counts;
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error;
    }
  }
}

async function quarantine(
  context: ActivityContext,
  run: Run,
  landing: string,
  judged: Judged,
  batch: number,
): Promise<void> {
  const { conflicts } = judged;
  const raws =
    conflicts.length === 0
      ? []
      : await context.compute.run('readRaws', { landing, rejects: conflicts }, { signal: run.signal });
  const rejected = [...judged.rejected, ...conflicts.map((reject, i) => ({ reject, raw: raws[i] ?? null }))];
  await appendQuarantine(context, run, 'usage_events', rejected, { appId: 'stream', version: batch });
}

/** Whether the batch's rejects are in quarantine; true when it had none. */
async function hasQuarantine(context: ActivityContext, batch: number): Promise<boolean> {
  const quarantine = await context.lake.table('quarantine.usage_events').latest();
  if ((quarantine?.txns.get('stream') ?? -1) >= batch) return true;
  const commit = await commitOf(context, batch);
  return workOf(commit)?.counts.quarantined === 0;
}

async function commitOf(context: ActivityContext, batch: number) {
  const commits = await context.lake.table(bronzeUsageEvents.name).commitsSince(-1);
  const commit = commits.findLast((c) => c.txns.get('stream') === batch);
  if (commit === undefined) throw new Error(`no commit of micro-batch ${batch} on ${bronzeUsageEvents.name}`);
  return commit;
}

/** The table as it was when the batch was judged; null when it did not exist. */
async function beforeBatch(context: ActivityContext, batch: number): Promise<Snapshot | null> {
  const { version } = await commitOf(context, batch);
  return version === 0 ? null : context.lake.table(bronzeUsageEvents.name).at(version - 1);
}

function decode(
  context: ActivityContext,
  run: Run,
  seed: number,
  plan: PlannedBatch,
  landing: string,
  startedMs: number,
): Promise<DecodedEvents[]> {
  return mapTasks(context.compute, shares(plan.ranges, context.compute.threads), (ranges) =>
    context.compute.run(
      'decodeEvents',
      {
        landing,
        ranges: ranges.map((r) => ({
          file: r.file,
          generation: r.generation,
          fromByte: r.fromByte,
          toByte: r.toByte,
          fromLine: r.fromLine,
          landedUs: r.modifiedUs,
        })),
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

interface Judged {
  readonly parts: readonly { readonly columns: DecodedEvents['columns']; readonly keep: Uint8Array | null }[];
  /** What the decoder and the rules rejected, with raw lines; and repeats with other content. */
  readonly rejected: readonly Rejected[];
  readonly conflicts: readonly Reject[];
  readonly counts: Counts;
}

/** Looks every event up, in order, and inserts the new ones into the index. */
function judge(decoded: readonly DecodedEvents[], index: IdIndex): Judged {
  const conflicts: Reject[] = [];
  const rejected: Rejected[] = [];
  const counts = { read: 0, written: 0, unchanged: 0, quarantined: 0, duplicate: 0, late: 0 };
  const parts = decoded.map((part) => {
    const verdicts = index.probe(part.ids, part.contents).verdict;
    const keep = verdicts.map((v) => (v === 0 ? 1 : 0));
    index.insert(part.ids, part.contents, keep);
    rejected.push(...part.rejects.map((reject, i) => ({ reject, raw: part.raws[i] ?? null })));
    const repeats = keep.includes(0);
    if (repeats) {
      const kept = keepRows(tableOf(part.columns), verdicts);
      conflicts.push(...kept.rejects);
      counts.duplicate += kept.duplicates;
    }
    counts.read += part.read;
    counts.late += lateRows(part, keep);
    return { columns: part.columns, keep: repeats ? keep : null };
  });
  counts.quarantined = rejected.length + conflicts.length;
  return { parts, rejected, conflicts, counts };
}

function lateRows(part: DecodedEvents, keep: Uint8Array): number {
  const column = part.columns['is_late'];
  if (column?.kind !== 'bool') return 0;
  let late = 0;
  for (let i = 0; i < keep.length; i++) if (keep[i] === 1) late += (column.bits[i >> 3]! >> (i & 7)) & 1;
  return late;
}

/** The table's metadata, with the columns that this batch is the first to state. */
function metadataWith(base: Snapshot | null, judged: Judged): { metadata: TableMetadata; changed: boolean } {
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
