/**
 * The event stream to Bronze in micro-batches.
 *
 * Batch n is planned in a commit on `ops.landing_files`; its rows are committed with `txn (stream, n)`, then its quarantine;
 * only then is n + 1 planned. Whoever finds a batch unfinished, finishes it: where the stream stands is in the lake alone.
 */
import { CommitConflict } from '../engine/delta/types.ts';
import { bronzeUsageEvents } from '../schemas/bronze.ts';
import { mapTasks } from './compute/compute.ts';
import { type Lateness, sumLateness } from './compute/lateness.ts';
import type { MeasuredFile, MeasuredRange, UnreadableFile } from './compute/measure-files.ts';
import type { ActivityContext, Run, TableResult } from './context.ts';
import type { DedupeIndex } from './dedupe-index.ts';
import { bytesOf, shareBytes } from './ingest-shares.ts';
import { changedFiles, scanLanding } from './landing-scan.ts';
import {
  commitPlan,
  type LandingState,
  type PlannedBatch,
  type PlannedRange,
  readLandingState,
} from './landing-state.ts';
import { commitsOfRun, resultOfRun } from './run-result.ts';
import { finishBatch, latenessIn } from './stream-batch.ts';

export interface DrainResult extends TableResult {
  readonly batches: number;
  /** The late rows, by how late they are. */
  readonly lateness: Lateness;
  /** Bytes of last lines that wait for their rest. */
  readonly waitingBytes: number;
  /** Files that could not be read, or were gone when their turn came; the first 20. */
  readonly unreadable: readonly UnreadableFile[];
  readonly unreadableFiles: number;
  /** Files found to be others than those read before; the first 20. */
  readonly replaced: readonly string[];
  readonly replacedFiles: number;
}

/** Files in one micro-batch at most: what is planned of them is kept small, whatever their size. */
const batchFiles = 2000;
/** Files that a result names: results stay small. */
const namedFiles = 20;

/** Reads all complete lines that have landed, in micro-batches bounded in bytes, and ends. */
export async function drainEvents(context: ActivityContext, run: Run, index: DedupeIndex): Promise<DrainResult> {
  const startedMs = context.clock();
  const unreadable: UnreadableFile[] = [];
  for (;;) {
    let state = await readLandingState(context.lake);
    if (state.last !== null) unreadable.push(...(await finishBatch(context, run, index, state.last, () => undefined)));
    const found = await measure(context, run, state);
    const queue: PlannedRange[] = found.measured.flatMap((f) => f.ranges.map((r) => plannedRange(f, r)));
    const report = reporter(context, run, bytesOf(queue), startedMs);
    if (queue.length > 0) report(0, 0);
    let othersPlanned = false;
    while (queue.length > 0) {
      run.signal.throwIfAborted();
      const batch = (state.last?.batch ?? -1) + 1;
      const plan = { batch, watermarkUs: await watermark(context), ranges: takeBatch(queue, context.batchBytes) };
      othersPlanned = !(await planned(context, state, plan));
      if (othersPlanned) break;
      unreadable.push(...(await finishBatch(context, run, index, plan, report)));
      state = { ...state, snapshot: await context.lake.table('ops.landing_files').latest(), last: plan };
    }
    // Another stream planned first: go on from where it stands.
    if (othersPlanned) continue;
    unreadable.push(...found.unreadable);
    const replaced = found.measured.filter((f) => f.replaced).map((f) => f.file);
    const commits = await commitsOfRun(context, run, bronzeUsageEvents.name);
    return {
      ...(await resultOfRun(context, run, bronzeUsageEvents.name, startedMs)),
      batches: commits.length,
      lateness: sumLateness(commits.map(latenessIn)),
      waitingBytes: found.measured.reduce((n, f) => n + f.waitingBytes, 0),
      unreadable: unreadable.slice(0, namedFiles),
      unreadableFiles: unreadable.length,
      replaced: replaced.slice(0, namedFiles),
      replacedFiles: replaced.length,
    };
  }
}

/** Commits a plan; false, with its ranges left to be measured again, when another stream was first. */
async function planned(context: ActivityContext, state: LandingState, plan: PlannedBatch): Promise<boolean> {
  try {
    return await commitPlan(context.lake, state, plan, context.clock());
  } catch (error) {
    if (error instanceof CommitConflict) return false;
    throw error;
  }
}

/** Says how much is through of the bytes found, told of each share. */
function reporter(context: ActivityContext, run: Run, total: number, startedMs: number) {
  let done = 0;
  let rows = 0;
  return (bytes: number, read: number): void => {
    done += bytes;
    rows += read;
    run.report({
      layer: 'bronze',
      table: bronzeUsageEvents.name,
      // A batch that lost a race is read again.
      done: Math.min(done, total),
      total,
      unit: 'bytes',
      rows,
      rowsPerSecond: Math.round((rows * 1000) / Math.max(1, context.clock() - startedMs)),
    });
  };
}

function plannedRange(measured: MeasuredFile, range: MeasuredRange): PlannedRange {
  const { file, generation, modifiedUs, fileSize, size } = measured;
  return { ...range, file, generation, modifiedUs, fileSize: range.toByte === size ? fileSize : null };
}

/** Files from the front of the queue that fit into one batch; at least one. */
function takeBatch(queue: PlannedRange[], maxBytes: number): PlannedRange[] {
  let bytes = 0;
  let count = 0;
  for (const range of queue) {
    bytes += range.toByte - range.fromByte;
    if (count === batchFiles || (count > 0 && bytes > maxBytes)) break;
    count++;
  }
  return queue.splice(0, count);
}

async function measure(
  context: ActivityContext,
  run: Run,
  state: LandingState,
): Promise<{ measured: MeasuredFile[]; unreadable: UnreadableFile[] }> {
  const { landing, compute } = context;
  const maxBytes = Math.min(context.batchBytes, shareBytes);
  const files = changedFiles(await scanLanding(landing), state);
  const size = Math.max(1, Math.ceil(files.length / (compute.threads * 4)));
  const groups = Array.from({ length: Math.ceil(files.length / size) }, (_, i) =>
    files.slice(i * size, (i + 1) * size),
  );
  const results = await mapTasks(compute, groups, (group) =>
    compute.run('measureFiles', { landing, files: group, maxBytes }, { signal: run.signal }),
  );
  return { measured: results.flatMap((r) => r.files), unreadable: results.flatMap((r) => r.unreadable) };
}

/** The latest event in Bronze minus the delay, microseconds; null before the first event. */
async function watermark(context: ActivityContext): Promise<number | null> {
  const snapshot = await context.lake.table(bronzeUsageEvents.name).latest();
  let latest = Number.NEGATIVE_INFINITY;
  for (const file of snapshot?.files ?? []) {
    const max = file.stats.maxValues?.timestamp;
    if (typeof max === 'string') latest = Math.max(latest, Date.parse(max) * 1000);
  }
  return Number.isFinite(latest) ? latest - context.watermarkDelayMs * 1000 : null;
}
