/** Compute as activities see it: named tasks that run on other threads, with typed inputs and results. */
import type { Ask } from './ask.ts';
import type { buildDimension } from './build-dimension.ts';
import type { buildPartitions } from './build-partitions.ts';
import type { countLanding } from './count-landing.ts';
import type { findEvents } from './find-events.ts';
import type { hashTable } from './hash-table.ts';
import type { ingestEvents } from './ingest-events.ts';
import type { loadMaster } from './load-master.ts';
import type { measureFiles } from './measure-files.ts';
import type { profile } from './profile.ts';
import type { readEventLines } from './read-event-lines.ts';
import type { readIds } from './read-ids.ts';
import type { readRaws } from './read-raws.ts';
import type { replaceEvents } from './replace-events.ts';
import type { retryLines } from './retry-lines.ts';
import type { rewriteFiles } from './rewrite-files.ts';
import type { speedIncrements } from './speed-increments.ts';

export interface Tasks {
  readonly buildDimension: typeof buildDimension;
  readonly buildPartitions: typeof buildPartitions;
  readonly countLanding: typeof countLanding;
  readonly findEvents: typeof findEvents;
  readonly hashTable: typeof hashTable;
  readonly ingestEvents: typeof ingestEvents;
  readonly loadMaster: typeof loadMaster;
  readonly measureFiles: typeof measureFiles;
  readonly profile: typeof profile;
  readonly readEventLines: typeof readEventLines;
  readonly readIds: typeof readIds;
  readonly readRaws: typeof readRaws;
  readonly replaceEvents: typeof replaceEvents;
  readonly retryLines: typeof retryLines;
  readonly rewriteFiles: typeof rewriteFiles;
  readonly speedIncrements: typeof speedIncrements;
}

export interface RunOptions<K extends keyof Tasks> {
  readonly signal?: AbortSignal;
  /** Answers what the task asks; a task that asks needs it. */
  readonly answer?: Parameters<Tasks[K]>[1] extends Ask<infer Q, infer A> ? (question: Q) => Promise<A> : never;
}

export interface Compute {
  /** How many tasks run side by side. */
  readonly threads: number;
  /** Runs a task on a free thread. Aborting ends the thread. */
  run<K extends keyof Tasks>(
    task: K,
    input: Parameters<Tasks[K]>[0],
    options?: RunOptions<K>,
  ): Promise<Awaited<ReturnType<Tasks[K]>>>;
}

/** Runs `task` over many inputs, as many at once as there are threads; results in the order of the inputs. */
export async function mapTasks<I, O>(
  compute: Pick<Compute, 'threads'>,
  inputs: readonly I[],
  task: (input: I) => Promise<O>,
): Promise<O[]> {
  const results = new Array<O>(inputs.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < inputs.length) {
      const i = next++;
      try {
        results[i] = await task(inputs[i]!);
      } catch (error) {
        // The other lanes end after what they are doing.
        next = inputs.length;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(compute.threads, inputs.length) }, lane));
  const failed = lanes.find((l) => l.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results;
}
