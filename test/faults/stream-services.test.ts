/** Cassandra and Temporal taken away from under a continuous stream, and given back. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { startCassandra } from '../../stack/cassandra.ts';
import { startTemporal } from '../../stack/temporal.ts';
import type { StreamStatus } from '../../workflows/continuous-stream.ts';
import { type TestLine, testLine } from '../line/line.ts';
import { useCassandra } from '../line/own-cassandra.ts';
import {
  bronzeVersion,
  checkEnd,
  liveLanding,
  type Producing,
  producing,
  readToTheEnd,
  startStream,
  untilBronzeGrows,
} from './live.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

/** How long a service is away, milliseconds. */
const awayMs = 60_000;
const env = { CPA_BATCH_BYTES: '500000' };

describe('a stream whose services fail', () => {
  let root: string;
  let landing: string;
  let shared: NodeJS.ProcessEnv;
  let line: TestLine | null = null;
  const workers: WorkerProcess[] = [];

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'cpa-stream-services-'));
    landing = await liveLanding(root);
    shared = { ...process.env };
  });
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.stop();
    await line?.stop();
    line = null;
    Object.assign(process.env, shared);
    rmSync(root, { recursive: true, force: true });
  });

  for (const [how, signals] of [
    ['is killed', { away: 'SIGKILL', back: null }],
    ['does not answer', { away: 'SIGSTOP', back: 'SIGCONT' }],
  ] as const) {
    it(`goes on into the lake while Cassandra ${how}, and serves it all afterwards`, async () => {
      const home = join(root, 'cassandra-home');
      let cassandra = await startCassandra({ home, brief: true, log: () => undefined });
      const { contactPoint } = cassandra;
      useCassandra(cassandra);
      try {
        const { line, stream, source } = await underWay();
        process.kill(cassandra.pid, signals.away);
        const awaySinceMs = Date.now();
        let grown = 0;
        let longestMs = 0;
        let said = '';
        while (Date.now() - awaySinceMs < awayMs) {
          longestMs = Math.max(longestMs, await untilBronzeGrows(line, await bronzeVersion(line), 30));
          grown++;
          const { lastRound } = await stream.query<StreamStatus>('status');
          if (lastRound !== null) said = lastRound.serving.problem ?? said;
        }
        assert.match(said, /Cassandra at .*, keyspace |a publication under way has not ended/);
        if (signals.back !== null) process.kill(cassandra.pid, signals.back);
        else cassandra = await startCassandra({ home, brief: true, log: () => undefined });
        assert.equal(cassandra.contactPoint, contactPoint, 'the node came back elsewhere');
        const backMs = Date.now();
        const { events } = await source.end();
        const { drainMs, serveMs } = await readToTheEnd(line, source, [stream]);
        console.log(
          `Cassandra ${how} for ${awayMs} ms: meanwhile Bronze grew ${grown} times, never apart more than ${longestMs} ms, and ` +
            `the stream said: ${said}; all of ${events} events served ${Date.now() - backMs} ms after it was back ` +
            `(drained in ${drainMs} ms, then ${serveMs} ms)`,
        );
        await checkEnd(line, landing, [stream]);
      } finally {
        if (signals.back !== null) process.kill(cassandra.pid, signals.back);
        await stopAll();
        await cassandra.stop();
      }
    });
  }

  it('goes on by itself when Temporal is killed and comes back', async () => {
    await withTemporal(async (restart) => {
      const { line, stream, source } = await underWay();
      // A round goes on without Temporal to its end, which is half a minute after its beginning at the latest.
      for (const pauseMs of [1000, 1000, 1000, 45_000]) {
        await sleep(5000);
        const version = await bronzeVersion(line);
        const awayMs = await restart(pauseMs);
        const back = await bronzeVersion(line);
        const ms = await untilBronzeGrows(line, back);
        console.log(
          `Temporal away for ${awayMs} ms: meanwhile Bronze went from version ${version} to ${back}, and on ${ms} ms later`,
        );
      }
      await source.end();
      await readToTheEnd(line, source, [stream]);
      await checkEnd(line, landing, [stream]);
    });
  });

  it('goes on from where it stood when Temporal has lost everything', async () => {
    await withTemporal(async (restart) => {
      const { line, source } = await underWay();
      await sleep(5000);
      await restart(1000, true);
      // The worker from before lives on; a new one registers what Temporal has to know.
      workers.push(await startWorkerProcess({ line, landing, env }));
      const version = await bronzeVersion(line);
      const stream = await startStream(line);
      const ms = await untilBronzeGrows(line, version);
      await sleep(10_000);
      const { events } = await source.end();
      await readToTheEnd(line, source, [stream]);
      console.log(
        `Temporal lost everything; Bronze grew ${ms} ms after the stream was started again; ${events} events`,
      );
      await checkEnd(line, landing, [stream]);
    });
  });

  /** A line on which a stream runs and events come. */
  async function underWay(): Promise<{ line: TestLine; stream: WorkflowHandle; source: Producing }> {
    line = await testLine({ landing, worker: false });
    workers.push(await startWorkerProcess({ line, landing, env }));
    await line.run('dailyRun');
    const stream = await startStream(line);
    const source = producing(landing);
    await untilBronzeGrows(line, await bronzeVersion(line));
    return { line, stream, source };
  }

  /**
   * A Temporal of its own. `restart` kills it and starts it again after a pause, with its database or without; gives the milliseconds
   * it was away.
   */
  async function withTemporal(
    body: (restart: (pauseMs: number, isWiped?: boolean) => Promise<number>) => Promise<void>,
  ): Promise<void> {
    const home = join(root, 'temporal-home');
    let temporal = await startTemporal({ home, log: () => undefined });
    const { address } = temporal;
    process.env.CPA_TEST_TEMPORAL = address;
    try {
      await body(async (pauseMs, isWiped = false) => {
        const startedMs = Date.now();
        process.kill(temporal.pid, 'SIGKILL');
        await temporal.exited;
        if (isWiped) for (const file of readdirSync(home)) if (file.startsWith('temporal.db')) rmSync(join(home, file));
        await sleep(pauseMs);
        temporal = await startTemporal({ home, log: () => undefined });
        assert.equal(temporal.address, address, 'the server came back elsewhere');
        return Date.now() - startedMs;
      });
    } finally {
      await stopAll();
      await temporal.stop();
    }
  }

  async function stopAll(): Promise<void> {
    for (const worker of workers.splice(0)) await worker.stop();
    await line?.stop();
    line = null;
  }
});
