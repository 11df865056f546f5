/** What a part of the bench of the stream runs on: a landing zone, a lake, a keyspace and a worker process of its own. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { Lake } from '../../engine/delta/lake.ts';
import { openStore } from '../../engine/storage/open.ts';
import { openServing } from '../../serving/serving.ts';
import type { Session } from '../../serving/session.ts';
import type { Stack } from '../../stack/stack.ts';
import { connectTemporal } from '../../worker/temporal.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import type { Log } from '../program.ts';
import { startWorkerProcess, type WorkerProcess } from '../worker-process.ts';
import { type StreamHistory, streamHistory } from './rounds.ts';

/** A workflow that was started here. */
export type StreamHandle = WorkflowHandleWithFirstExecutionRunId;
export type RigStack = Pick<Stack, 'temporal' | 'cassandra' | 'services'>;

export interface Rig {
  /** Folder of the landing zone, to be filled before anything runs. */
  readonly landing: string;
  readonly worker: WorkerProcess;
  readonly log: Log;
  /** To the keyspace, which has its tables. */
  readonly session: Session;
  /** Process ids by name, of what there is something to say about. */
  readonly processes: Readonly<Record<string, number>>;
  readonly lakeRoot: string;
  /** A lake opened now: sees what the worker has committed. */
  lake(): Lake;
  /** Runs the whole line. Throws when its audit does not pass. */
  dailyRun(): Promise<DailyRunResult>;
  /** Starts the continuous stream. */
  startStream(): Promise<StreamHandle>;
  /** Lets the stream read what has landed and ends it. Logs why rounds had to be tried again. */
  endStream(stream: StreamHandle): Promise<StreamHistory>;
  /** Ends the stream if it still runs, stops the worker, and removes everything. */
  close(): Promise<void>;
}

/** Opens a rig for a part, which gets it with an empty landing zone and an empty lake, and closes it. */
export async function onRig<T>(stack: RigStack, log: Log, part: (rig: Rig) => Promise<T>): Promise<T> {
  const rig = await openRig(stack, log);
  try {
    return await part(rig);
  } finally {
    await rig.close();
  }
}

async function openRig(stack: RigStack, log: Log): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'cpa-bench-stream-'));
  const id = randomUUID().replaceAll('-', '').slice(0, 12);
  const [landing, lakeRoot, keyspace, taskQueue] = [
    join(folder, 'landing'),
    join(folder, 'lake'),
    `bench_${id}`,
    `bench-${id}`,
  ];
  const temporal = await connectTemporal({ address: stack.temporal.address });
  const session = await openServing({ ...stack.cassandra, keyspace });
  const worker = await startWorkerProcess({ stack, landing, lake: lakeRoot, keyspace, taskQueue, warm: null });
  const started: StreamHandle[] = [];
  const start = async (type: string, input: object): Promise<StreamHandle> => {
    const workflowId = `${taskQueue}-${type}-${started.length}`;
    const handle = await temporal.client.workflow.start(type, { taskQueue, workflowId, args: [input] });
    started.push(handle);
    return handle;
  };
  return {
    landing,
    worker,
    log,
    session,
    processes: {
      ...Object.fromEntries(stack.services.map(({ name, pid }) => [name, pid])),
      'the worker': worker.pid,
      'the bench': process.pid,
    },
    lakeRoot,
    lake: () => new Lake(openStore(lakeRoot), Date.now),
    dailyRun: async () => {
      const result: DailyRunResult = await (await start('dailyRun', {})).result();
      if (result.audit?.passed !== true) throw new Error(`the audit did not pass: ${JSON.stringify(result.audit)}`);
      return result;
    },
    endStream: async (stream) => {
      await stream.executeUpdate('drain');
      await stream.signal('stop');
      await stream.result();
      const history = await streamHistory(temporal.client, stream);
      for (const { failure } of history.rounds) if (failure !== null) log(`a round was tried again: ${failure}`);
      return history;
    },
    startStream: () => start('bronzeStream', { mode: 'continuous' }),
    close: async () => {
      // Those that have ended cannot be terminated.
      for (const handle of started) await handle.terminate('the bench is over').catch(() => undefined);
      await worker.stop();
      await session.executeOnce(`DROP KEYSPACE IF EXISTS ${keyspace}`);
      await session.close();
      await temporal.connection.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
