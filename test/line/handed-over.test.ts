/** A worker that an operator ends while it works. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { generateLanding } from '../../cli/generate/landing.ts';
import type { StreamResult } from '../../workflows/stream-result.ts';
import { commitsIn } from '../faults/outcome.ts';
import { startWorkerProcess } from '../faults/worker-process.ts';
import { testLine } from './line.ts';
import { until } from './until.ts';

describe('a worker that is told to end in the middle of an activity', () => {
  const root = mkdtempSync(join(tmpdir(), 'cpa-handed-over-'));
  const landing = join(root, 'landing');
  /** So many micro-batches that draining them takes longer than an ending worker waits. */
  const files = 450;

  before(() => generateLanding({ events: 2 * files, days: 8, seed: 6, orgs: 6, files, out: landing }));
  after(() => rmSync(root, { recursive: true, force: true }));

  it('hands it over at once and ends well; the other worker goes on from there', async () => {
    const line = await testLine({ landing, worker: false });
    const ending = await startWorkerProcess({ line, landing, env: { CPA_BATCH_BYTES: '1024' } });
    const drain = await line.start('bronzeStream');
    await until('half a hundred commits', () => commitsIn(line.lakeRoot) > 50);
    const other = await startWorkerProcess({ line, landing });
    try {
      const toldMs = performance.now();
      assert.equal(await ending.stop(), 0);
      const endedMs = performance.now() - toldMs;
      assert.ok(endedMs < 8000, `it took ${endedMs} ms to end`);
      const { tables } = (await drain.result()) as StreamResult;
      const { events } = (await drain.fetchHistory()) ?? {};
      const started = events?.find((e) => e.activityTaskStartedEventAttributes)?.activityTaskStartedEventAttributes;
      assert.deepEqual([started?.attempt, started?.lastFailure?.applicationFailureInfo?.type], [2, 'WorkerShutdown']);
      assert.equal(tables[0]?.read, 2 * files);
    } finally {
      await other.stop();
      await line.stop();
    }
  });
});
