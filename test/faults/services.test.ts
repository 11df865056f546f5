/** Cassandra and Temporal killed and started again in the middle of a run. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateLanding } from '../../cli/generate/landing.ts';
import { startCassandra } from '../../stack/cassandra.ts';
import { startTemporal } from '../../stack/temporal.ts';
import { connectTemporal } from '../../worker/temporal.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import { type TestLine, testLine } from '../line/line.ts';
import { useCassandra } from '../line/own-cassandra.ts';
import { undisturbedRun } from './kills.ts';
import { commitsIn, disagreements, type Outcome, outcomeOf } from './outcome.ts';
import { startWorkerProcess } from './worker-process.ts';

const env = { CPA_BATCH_BYTES: '60000' };

describe('a service that is killed during a run and comes back', () => {
  const root = mkdtempSync(join(tmpdir(), 'cpa-services-'));
  const landing = join(root, 'landing');
  let calm: Outcome;
  let commits: number;

  before(async () => {
    await generateLanding({ events: 1500, days: 12, seed: 5, orgs: 8, files: 12, out: landing });
    const line = await testLine({ landing, worker: false });
    try {
      await undisturbedRun({ line, landing, env });
      calm = await outcomeOf(line);
      commits = commitsIn(line.lakeRoot);
    } finally {
      await line.stop();
    }
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it('Cassandra, while it is published to', async () => {
    const home = join(root, 'cassandra-home');
    let cassandra = await startCassandra({ home, brief: true, log: () => undefined });
    const shared = process.env.CPA_TEST_CASSANDRA;
    const { contactPoint } = cassandra;
    useCassandra(cassandra);
    try {
      await withLine(async (line) => {
        const place = { line, landing, env };
        const worker = await startWorkerProcess(place);
        try {
          const run = line.run<DailyRunResult>('dailyRun');
          await untilOpened(line);
          process.kill(cassandra.pid, 'SIGKILL');
          await cassandra.exited;
          const said = await failureOf(line);
          assert.match(said, new RegExp(`Cassandra at ${contactPoint}.*keyspace ${line.cassandra.keyspace}`));
          cassandra = await startCassandra({ home, brief: true, log: () => undefined });
          assert.equal(cassandra.contactPoint, contactPoint, 'the node came back elsewhere');
          const backMs = Date.now();
          assert.equal((await run).audit?.passed, true);
          console.log(`ended ${Date.now() - backMs} ms after Cassandra was back; meanwhile: ${said}`);
          assert.deepEqual(await outcomeOf(line), calm);
          assert.deepEqual(await disagreements(line), []);
        } finally {
          await worker.stop();
        }
      });
    } finally {
      process.env.CPA_TEST_CASSANDRA = shared;
      await cassandra.stop();
    }
  });

  it('Temporal, in every layer', async () => {
    const home = join(root, 'temporal-home');
    let temporal = await startTemporal({ home, log: () => undefined });
    const shared = process.env.CPA_TEST_TEMPORAL;
    const { address } = temporal;
    process.env.CPA_TEST_TEMPORAL = address;
    try {
      await withLine(async (line) => {
        const worker = await startWorkerProcess({ line, landing, env });
        try {
          const { client, connection } = await connectTemporal({ address });
          const run = { taskQueue: line.taskQueue, workflowId: 'daily', args: [{}] };
          const handle = await client.workflow.start('dailyRun', run);
          for (const part of [0.1, 0.4, 0.7, 0.95]) {
            while (commitsIn(line.lakeRoot) < commits * part) await sleep(5);
            process.kill(temporal.pid, 'SIGKILL');
            await temporal.exited;
            await sleep(1000);
            const before = commitsIn(line.lakeRoot);
            temporal = await startTemporal({ home, log: () => undefined });
            assert.equal(temporal.address, address, 'the server came back elsewhere');
            console.log(`Temporal killed after ${before} of ${commits} commits`);
          }
          const { audit } = (await handle.result()) as DailyRunResult;
          assert.equal(audit?.passed, true);
          assert.deepEqual(await outcomeOf(line), calm);
          assert.deepEqual(await disagreements(line), []);
          await connection.close();
        } finally {
          await worker.stop();
        }
      });
    } finally {
      process.env.CPA_TEST_TEMPORAL = shared;
      await temporal.stop();
    }
  });

  async function withLine(body: (line: TestLine) => Promise<void>): Promise<void> {
    const line = await testLine({ landing, worker: false });
    try {
      await body(line);
    } finally {
      await line.stop();
    }
  }

  /** Waits until the first publication is opened. */
  async function untilOpened(line: TestLine): Promise<void> {
    while ((await line.lake().table('ops.publications').latest()) === null) await sleep(5);
  }

  /** What Temporal shows of the first publishing activity that waits for its next attempt. */
  async function failureOf(line: TestLine): Promise<string> {
    const { client, connection } = await connectTemporal({ address: process.env.CPA_TEST_TEMPORAL! });
    try {
      for (;;) {
        await sleep(200);
        const query = `TaskQueue = "${line.taskQueue}" AND WorkflowType = "serving" AND ExecutionStatus = "Running"`;
        for await (const { workflowId } of client.workflow.list({ query })) {
          const { raw } = await client.workflow.getHandle(workflowId).describe();
          const failed = raw.pendingActivities?.find((activity) => activity.lastFailure?.message);
          if (failed !== undefined) return String(failed.lastFailure?.message);
        }
      }
    } finally {
      await connection.close();
    }
  }
});
