/** The whole line with its worker killed at random moments: a few here, many with `npm run test:faults`. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { generateLanding } from '../../cli/generate/landing.ts';
import { killedRun, undisturbedRun } from '../faults/kills.ts';
import { commitsIn, disagreements, outcomeOf } from '../faults/outcome.ts';
import { randomOf } from '../faults/seed.ts';
import { startWorkerProcess } from '../faults/worker-process.ts';
import { testLine } from './line.ts';

const kills = process.env.CPA_FAULTS === 'full' ? 30 : 2;
const env = { CPA_BATCH_BYTES: '60000' };

describe(`a worker that is killed ${kills} times in one run`, () => {
  const root = mkdtempSync(join(tmpdir(), 'cpa-kills-'));
  const landing = join(root, 'landing');
  const random = randomOf('kills');

  before(() => generateLanding({ events: 800, days: 8, seed: 5, orgs: 6, files: 8, out: landing }));
  after(() => rmSync(root, { recursive: true, force: true }));

  it('leaves what an undisturbed run leaves, in the lake and in Cassandra', async () => {
    const calm = await testLine({ landing, worker: false });
    const killed = await testLine({ landing, worker: false });
    try {
      const startedMs = Date.now();
      await undisturbedRun({ line: calm, landing, env });
      const commits = commitsIn(calm.lakeRoot);
      console.log(`undisturbed: ${Date.now() - startedMs} ms, ${commits} commits`);
      const run = await killedRun(
        { line: killed, landing, env },
        { commits, kills, random, jitterMs: 200 },
        console.log,
      );
      console.log(`killed ${kills} times: ${Date.now() - startedMs} ms in all`);
      assert.equal(run.audit?.passed, true);
      assert.deepEqual(await outcomeOf(killed), await outcomeOf(calm));
      const checker = await startWorkerProcess({ line: killed, landing, env });
      try {
        assert.deepEqual(await disagreements(killed), []);
      } finally {
        await checker.stop();
      }
    } finally {
      await calm.stop();
      await killed.stop();
    }
  });
});
