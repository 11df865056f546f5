/**
 * The whole line, its runs cancelled and terminated and its worker killed at random moments: a few with `node test/run.mjs line/kills`, many with
 * `npm run test:faults`.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { generateLanding } from '../../cli/generate/landing.ts';
import { marts } from '../../schemas/gold.ts';
import { interrupt, interruptionsOf } from '../faults/interruptions.ts';
import { killedRun } from '../faults/kills.ts';
import { commitsIn, disagreements, outcomeOf } from '../faults/outcome.ts';
import { randomOf } from '../faults/seed.ts';
import { undisturbedLake } from '../faults/steps.ts';
import { startWorkerProcess } from '../faults/worker-process.ts';
import { testLine } from './line.ts';

interface Way {
  /** Runs that are cancelled or terminated, spread over this share of the commits, before the last run. */
  readonly interruptions: number;
  readonly share: number;
  /** Kills of the worker of the last run. */
  readonly kills: number;
}

const ways: readonly Way[] =
  process.env.CPA_FAULTS === 'full'
    ? [
        { interruptions: 20, share: 1, kills: 0 },
        { interruptions: 0, share: 0, kills: 30 },
      ]
    : [{ interruptions: 2, share: 0.6, kills: 1 }];
const batchBytes = 60_000;
/** What serving commits: two for a publication of each mart. */
const servingCommits = 2 * marts.length;

describe('a line whose runs are ended, and whose worker is killed', () => {
  const root = mkdtempSync(join(tmpdir(), 'cpa-kills-'));
  const landing = join(root, 'landing');
  const random = randomOf('kills');

  before(() => generateLanding({ events: 800, days: 8, seed: 5, orgs: 6, files: 8, out: landing }));
  after(() => rmSync(root, { recursive: true, force: true }));

  for (const { interruptions, share, kills } of ways) {
    it(`${interruptions} and ${kills} times leaves what an undisturbed one leaves, in the lake and in Cassandra`, async () => {
      const calm = await undisturbedLake(join(root, `calm-${kills}`), landing, batchBytes);
      const commits = commitsIn(calm.lakeRoot) + servingCommits;
      const line = await testLine({ landing, worker: false });
      const place = { line, landing, env: { CPA_BATCH_BYTES: String(batchBytes) } };
      try {
        for (const moment of interruptionsOf(interruptions, commits * share, random)) {
          const found = await interrupt(place, moment);
          if (found === null) continue;
          const { how, stage, status, closedMs, endedMs } = found;
          console.log(
            `${how} in ${stage}: closed after ${Math.round(closedMs)} ms, ended ${Math.round(endedMs)} ms later`,
          );
          assert.equal(status, how === 'cancel' ? 'CANCELLED' : 'TERMINATED');
          assert.ok(closedMs < 5000 && endedMs < 5000, 'it takes more than five seconds to end');
        }
        const startedMs = Date.now();
        const run = await killedRun(place, { commits, kills, random, jitterMs: 200 }, console.log);
        console.log(`killed ${kills} times: ${Date.now() - startedMs} ms in all`);
        assert.equal(run.audit?.passed, true);
        assert.deepEqual(await outcomeOf(line), await outcomeOf(calm));
        const checker = await startWorkerProcess(place);
        try {
          assert.deepEqual(await disagreements(line), []);
        } finally {
          await checker.stop();
        }
      } finally {
        await line.stop();
      }
    });
  }
});
