/**
 * The event stream to Bronze in micro-batches.
 *
 * Batch n is planned in a commit on `ops.landing_files`; its rows are committed with `txn (stream, n)`, then its quarantine;
 * only then is n + 1 planned. Whoever finds a batch unfinished, finishes it: where the stream stands is in the lake alone.
 */
import { bronzeUsageEvents } from '../schemas/bronze.ts';
import { type Lateness, sumLateness } from './compute/lateness.ts';
import type { UnreadableFile } from './compute/measure-files.ts';
import type { ActivityContext, Run, TableResult } from './context.ts';
import type { DedupeIndex } from './dedupe-index.ts';
import { changedFiles, scanLanding } from './landing-scan.ts';
import { commitPlan, readLandingState } from './landing-state.ts';
import { measureLanding } from './measure-landing.ts';
import { commitsOfRun, resultOf } from './run-result.ts';
import { LandingQueue } from './stream/queue.ts';
import { finishBatch, latenessIn } from './stream-batch.ts';
import { watermark } from './watermark.ts';

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
export const batchFiles = 2000;
/** Files that a result names: results stay small. */
const namedFiles = 20;

/**
 * Reads all complete lines that have landed, in micro-batches bounded in bytes, and ends. The result counts the work of the
 * workflow run; `isPart`: the run has done other work before, which is left out.
 */
export async function drainEvents(
  context: ActivityContext,
  run: Run,
  index: DedupeIndex,
  isPart = false,
): Promise<DrainResult> {
  const startedMs = context.clock();
  const unreadable: UnreadableFile[] = [];
  for (;;) {
    let state = await readLandingState(context.lake);
    if (state.last !== null) {
      unreadable.push(...(await finishBatch(context, run, index, state.last, () => undefined)).lost);
    }
    const found = await measureLanding(context, run, changedFiles(await scanLanding(context.landing), state));
    const queue = new LandingQueue();
    for (const file of found.measured) queue.put(file);
    const report = reporter(context, run, queue.bytes, startedMs);
    if (!queue.isEmpty) report(0, 0);
    let othersPlanned = false;
    while (!queue.isEmpty) {
      run.signal.throwIfAborted();
      const ranges = queue.take(context.batchBytes, batchFiles);
      const plan = { batch: (state.last?.batch ?? -1) + 1, watermarkUs: await watermark(context), ranges };
      othersPlanned = !(await commitPlan(context.lake, state, plan, context.clock()));
      if (othersPlanned) break;
      unreadable.push(...(await finishBatch(context, run, index, plan, report)).lost);
      state = await readLandingState(context.lake, state);
    }
    // Another stream planned first: go on from where it stands.
    if (othersPlanned) continue;
    unreadable.push(...found.unreadable);
    const replaced = found.measured.filter((f) => f.replaced).map((f) => f.file);
    const commits = await commitsOfRun(context, run, bronzeUsageEvents.name, isPart);
    return {
      ...(await resultOf(context, bronzeUsageEvents.name, commits, startedMs)),
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
