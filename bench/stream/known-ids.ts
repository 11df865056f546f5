/** The index of known ids: how long a micro-batch waits for it, and a worker that has lost it. */
import { randomFillSync, randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drainEvents } from '../../activities/bronze-events.ts';
import type { Identities } from '../../activities/compute/identities.ts';
import type { ActivityContext, Run } from '../../activities/context.ts';
import { DedupeIndex } from '../../activities/dedupe-index.ts';
import { VERDICT } from '../../engine/columnar/dedupe.ts';
import { Lake } from '../../engine/delta/lake.ts';
import type { Snapshot } from '../../engine/delta/types.ts';
import { openStore } from '../../engine/storage/open.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { computePool } from '../../worker/compute/pool.ts';
import { loadConfig } from '../../worker/config.ts';
import { budgets } from '../budgets.ts';
import type { Log } from '../program.ts';
import { budgeted, type Figure, measured, median } from '../report.ts';
import { lakeLanding } from './lake-landing.ts';

export interface KnownIdsOptions {
  readonly log: Log;
  /** Events of the lake. */
  readonly events: number;
}

const batchIds = 500;
const checks = 51;
const eventsInFile = 5000;

/** Looks ids up in the index of a lake, and makes it anew. Throws when it takes a known id for a new one or a new for a known. */
export async function benchKnownIds({ log, events }: KnownIdsOptions): Promise<{ about: string; figures: Figure[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'cpa-bench-index-'));
  try {
    log(`generating ${events.toLocaleString('en')} events…`);
    const landing = join(folder, 'landing');
    const { truth } = await lakeLanding(landing, { events, days: 60, files: Math.ceil(events / eventsInFile) });
    log('bringing them to Bronze…');
    const known = truth.events.written;
    const kept = await withContext(folder, landing, async (context) => {
      const index = new DedupeIndex(context, randomInt(2 ** 31));
      await drainEvents(context, idleRun, index);
      return median(await checkTimes(context, index, known));
    });
    log('a worker that has lost the index…');
    const lost = await withContext(folder, landing, async (context) => {
      const startedMs = performance.now();
      const used = process.cpuUsage();
      const snapshot = await bronzeOf(context);
      const index = new DedupeIndex(context, randomInt(2 ** 31));
      const ids = await index.take(snapshot, idleRun.signal);
      const ms = performance.now() - startedMs;
      const { user, system } = process.cpuUsage(used);
      const { bytes } = ids;
      index.give(ids, snapshot.version);
      await checkTimes(context, index, known);
      return { ms, bytes, cpuMs: (user + system) / 1000 };
    });
    return {
      about:
        `${known.toLocaleString('en')} ids of a lake of ${events.toLocaleString('en')} generated events. A micro-batch has ${batchIds} ids, half of them known; the median of ${checks}. ` +
        'Made anew: the log and the ids read and put into the index by two threads that have just started.',
      figures: [
        budgeted(budgets.indexCheck, kept),
        budgeted(budgets.indexRebuild, lost.ms / 1000),
        measured('… processor time', 's', lost.cpuMs / 1000),
        measured('ids known', '', known),
        measured('memory of the index', 'MiB', lost.bytes / 2 ** 20),
        measured('… bytes an id', '', lost.bytes / known),
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A run outside Temporal that nobody ends. */
const idleRun: Run = {
  workflowId: 'bench',
  runId: 'bench',
  scheduledMs: 0,
  attempt: 1,
  signal: new AbortController().signal,
  report: () => undefined,
  gauge: () => undefined,
  count: () => undefined,
};

/** What a worker that has just started has. */
async function withContext<T>(
  folder: string,
  landing: string,
  work: (context: ActivityContext) => Promise<T>,
): Promise<T> {
  const { batchBytes, watermarkDelayHours } = loadConfig({});
  const lakeRoot = join(folder, 'lake');
  const compute = computePool(2);
  try {
    return await work({
      lake: new Lake(openStore(lakeRoot), Date.now),
      lakeRoot,
      landing,
      compute,
      serving: () => Promise.reject(new Error('nothing is served here')),
      clock: Date.now,
      batchBytes,
      watermarkDelayMs: watermarkDelayHours * 3_600_000,
      alerts: null,
      receiver: null,
    });
  } finally {
    await compute.close();
  }
}

async function bronzeOf({ lake }: ActivityContext): Promise<Snapshot> {
  const snapshot = await lake.table(bronzeUsageEvents.name).latest();
  if (snapshot === null) throw new Error('the lake has no events');
  return snapshot;
}

/** Milliseconds of each check of a micro-batch. Throws when the index does not hold `known` ids, or not those of the lake. */
async function checkTimes(context: ActivityContext, index: DedupeIndex, known: number): Promise<number[]> {
  const snapshot = await bronzeOf(context);
  const { lakeRoot: lake, compute } = context;
  const files = snapshot.files.slice(0, 1);
  const held = await compute.run('readIds', { lake, metadata: snapshot.metadata, files, seed: index.seed });
  const times: number[] = [];
  for (let n = 0; n < checks; n++) {
    const batch = halfKnown(held, n);
    const startedMs = performance.now();
    const ids = await index.take(snapshot, idleRun.signal);
    const before = ids.size;
    const verdicts = ids.admit(batch.ids, batch.contents);
    index.give(ids, snapshot.version);
    times.push(performance.now() - startedMs);
    checkVerdicts(verdicts, before - n * (batchIds / 2), known);
  }
  return times;
}

/** Ids of a micro-batch: the first half of the lake, the other half of nowhere. */
function halfKnown({ ids, contents }: Identities, n: number): Identities {
  const half = batchIds / 2;
  const words = (of: Int32Array): Int32Array => {
    const batch = randomFillSync(new Int32Array(batchIds));
    for (let i = 0; i < half; i++) batch[i] = of[(n * half + i) % of.length]!;
    return batch;
  };
  const both = ({ lo, hi }: Identities['ids']): Identities['ids'] => ({ lo: words(lo), hi: words(hi) });
  return { ids: both(ids), contents: both(contents) };
}

/** Throws when an index of `size` ids, `known` of them in the lake, did not tell the halves of a micro-batch apart. */
export function checkVerdicts(verdicts: Uint8Array, size: number, known: number): void {
  if (size !== known) throw new Error(`the index holds ${size} ids, the lake ${known}`);
  const wrong = verdicts.findIndex((v, i) => v !== (i < verdicts.length / 2 ? VERDICT.repeat : VERDICT.fresh));
  if (wrong >= 0) throw new Error(`the index gives id ${wrong} of ${verdicts.length} the verdict ${verdicts[wrong]}`);
}
