/** Two workers and two runs of the line, under different ids, on one lake at the same time. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { generateLanding } from '../../cli/generate/landing.ts';
import { catalog } from '../../schemas/catalog.ts';
import { pathOf } from '../../schemas/contract.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import { type TestLine, testLine } from '../line/line.ts';
import { undisturbedRun } from './kills.ts';
import { disagreements, outcomeOf } from './outcome.ts';
import { startWorkerProcess } from './worker-process.ts';

const root = mkdtempSync(join(tmpdir(), 'cpa-two-runs-'));
const landing = join(root, 'landing');
const env = { CPA_BATCH_BYTES: '60000' };

before(() => generateLanding({ events: 1500, days: 12, seed: 5, orgs: 8, files: 12, out: landing }));
after(() => rmSync(root, { recursive: true, force: true }));

it('does not fail, leaves what one run leaves, and does little twice', async () => {
  const one = await testLine({ landing, worker: false });
  const two = await testLine({ landing, worker: false });
  try {
    await undisturbedRun({ line: one, landing, env });
    const place = { line: two, landing, env };
    const workers = await Promise.all([startWorkerProcess(place), startWorkerProcess(place)]);
    try {
      const dates = ['2025-07-01', '2025-07-02'];
      const runs = await Promise.all(dates.map((date) => two.run<DailyRunResult>('dailyRun', { date })));
      for (const { audit } of runs) assert.equal(audit?.passed, true);
      assert.deepEqual(await outcomeOf(two), await outcomeOf(one));
      assert.deepEqual(await disagreements(two), []);
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()));
    }
    const { files, orphans } = await dataFiles(two);
    console.log(`${files} data files, ${orphans} of them written in vain`);
    assert.ok(orphans <= files / 2, `${orphans} of ${files} data files belong to no commit`);
  } finally {
    await one.stop();
    await two.stop();
  }
});

/** Data files of a lake, and those that no commit ever added: work done twice. */
async function dataFiles(line: TestLine): Promise<{ files: number; orphans: number }> {
  let [files, orphans] = [0, 0];
  for (const { name } of catalog) {
    if ((await line.lake().table(name).latest()) === null) continue;
    const commits = await line.lake().table(name).commitsSince(-1);
    const added = new Set(commits.flatMap((c) => c.adds.map((a) => a.path.split('/').at(-1))));
    for (const path of readdirSync(join(line.lakeRoot, pathOf(name)), { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.parquet') || path.includes('_delta_log')) continue;
      files++;
      if (!added.has(path.split('/').at(-1))) orphans++;
    }
  }
  return { files, orphans };
}
