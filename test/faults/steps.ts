/** The line without Temporal: its activities as functions, one after another, in this process and on this thread. */
import { randomInt } from 'node:crypto';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { valueSymbol } from 'piscina';
import { drainEvents } from '../../activities/bronze-events.ts';
import { loadMasterSnapshot } from '../../activities/bronze-masters.ts';
import { buildDirty } from '../../activities/build-dirty.ts';
import type { Compute } from '../../activities/compute/compute.ts';
import type { ActivityContext, Run } from '../../activities/context.ts';
import { DedupeIndex } from '../../activities/dedupe-index.ts';
import { syncLedger } from '../../activities/ledger.ts';
import type { StreamRound } from '../../activities/stream/round.ts';
import { EventStream } from '../../activities/stream/stream.ts';
import { Lake } from '../../engine/delta/lake.ts';
import { openStore } from '../../engine/storage/open.ts';
import { masters } from '../../schemas/bronze.ts';
import { catalog } from '../../schemas/catalog.ts';
import { marts } from '../../schemas/gold.ts';
import { conformedMasters, dimOrgs, dimResources, silverUsageEvents } from '../../schemas/silver.ts';
import { answering } from '../../worker/compute/conversation.ts';
import * as tasks from '../../worker/compute/thread.ts';

/** What a worker process keeps in memory: gone when the process ends. */
export interface Process {
  readonly context: ActivityContext;
  readonly index: DedupeIndex;
  readonly stream: EventStream;
  /** Waits for what goes on beside the activities. */
  idle(): Promise<void>;
}

/** One activity of the line. */
export interface Step {
  readonly name: string;
  readonly run: (process: Process) => Promise<unknown>;
}

const taskOf = { ...tasks };

/** Tasks run where they are called; inputs and results are copied as they are between threads. */
const inline: Compute = {
  threads: 2,
  run: async (task, input, options) => {
    const copy = structuredClone(input);
    const result: unknown =
      options?.answer === undefined
        ? await taskOf[task](copy as never)
        : await withAnswers(options.answer, (port): Promise<unknown> => taskOf[task]({ input: copy, port } as never));
    const isMoved = typeof result === 'object' && result !== null && valueSymbol in result;
    return structuredClone(isMoved ? result[valueSymbol] : result) as never;
  },
};

async function withAnswers<T>(
  answer: (question: never) => Promise<unknown>,
  work: (port: MessagePort) => Promise<T>,
): Promise<T> {
  const { port1, port2 } = new MessageChannel();
  try {
    answering(port1, answer);
    return await work(port2);
  } finally {
    port1.close();
  }
}

export const run: Run = {
  workflowId: 'test',
  runId: 'test',
  scheduledMs: 0,
  attempt: 1,
  signal: new AbortController().signal,
  report: () => undefined,
  gauge: () => undefined,
  count: () => undefined,
};

/** Commits between checkpoints: so few that short lines have some, and faults at them. */
const checkpointInterval = 10;

/** A process that has just started. */
export function freshProcess(lakeRoot: string, landing: string, batchBytes: number): Process {
  const lake = new Lake(openStore(lakeRoot), Date.now, checkpointInterval);
  const context: ActivityContext = {
    lake,
    lakeRoot,
    landing,
    compute: inline,
    serving: () => Promise.reject(new Error('no Cassandra in this test')),
    clock: Date.now,
    batchBytes,
    watermarkDelayMs: 86_400_000,
    alerts: null,
    receiver: null,
  };
  const index = new DedupeIndex(context, randomInt(2 ** 31));
  return {
    context,
    index,
    stream: new EventStream(context, index),
    idle: async () => {
      for (const { name } of catalog) await lake.table(name).idle();
    },
  };
}

const silver = [dimOrgs, dimResources, silverUsageEvents, ...conformedMasters].map((c) => c.name);
const gold = marts.map((c) => c.name);

/** Landing to Gold, every table after those it is made of; the ledger after each layer. */
export const lineSteps: readonly Step[] = [
  ...masters.map(({ name: source, contract }) => ({
    name: contract.name,
    run: ({ context }: Process) => loadMasterSnapshot(context, run, { source, effective: null, correctsFrom: null }),
  })),
  { name: 'bronze.usage_events', run: ({ context, index }) => drainEvents(context, run, index) },
  ledgerOf([...masters.map((m) => m.contract.name), 'bronze.usage_events']),
  ...silver.map(building),
  ledgerOf(silver),
  ...gold.map(building),
  ledgerOf(gold),
];

/** Makes a lake of the landing zone that nobody disturbs. */
export async function undisturbedLake(lakeRoot: string, landing: string, batchBytes: number) {
  const process = freshProcess(lakeRoot, landing, batchBytes);
  for (const step of lineSteps) await step.run(process);
  await process.idle();
  return { lakeRoot, lake: () => new Lake(openStore(lakeRoot), Date.now) };
}

/** A round of the continuous stream that ends when it has read all that has landed. */
export async function streamRound({ stream }: Process): Promise<StreamRound> {
  const idle = new AbortController();
  const report: Run['report'] = ({ round }) => {
    if (round?.lag.files === 0) idle.abort();
  };
  return stream.round({ ...run, report, signal: idle.signal }, { triggerMs: 0, roundMs: 60_000 });
}

function building(table: string): Step {
  return { name: table, run: ({ context }) => buildDirty(context, run, { table, dates: null }) };
}

function ledgerOf(tables: readonly string[]): Step {
  return { name: `ledger of ${tables[0]}…`, run: ({ context }) => syncLedger(context, tables) };
}
