/** What an operator sees of the failures that `docs/runbook.md` describes, where no other test makes them happen. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { Activities } from '../../activities/activities.ts';
import { runningActivities } from '../../cli/watch.ts';
import { runbookHeadings } from '../../workflows/catalogue.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import { type TestLine, testLine } from './line.ts';
import { eventLine, smallLanding } from './small-landing.ts';
import { until } from './until.ts';

const root = join(import.meta.dirname, '../../..');

it('has an entry for every heading that pages name, with tests that exist', () => {
  const text = readFileSync(join(root, 'docs/runbook.md'), 'utf8');
  const entries = text.split('\n## ').slice(1);
  const headings = entries.map((entry) => entry.split('\n')[0]);
  assert.deepEqual(
    runbookHeadings.filter((heading) => !headings.includes(heading)),
    [],
  );
  for (const entry of entries) {
    const tests = [...entry.matchAll(/`(test\/[^`]+\.ts)`/g)].map(([, path]) => path!);
    assert.ok(tests.length > 0, `no test in: ${entry.split('\n')[0]}`);
    for (const path of tests) assert.ok(existsSync(join(root, path)), `${path} of: ${entry.split('\n')[0]}`);
  }
});

describe('what can heal is shown while it is tried again, and ends by itself', () => {
  const landing = smallLanding();
  let line: TestLine;
  /** Activity → what it fails with, until it is taken away. */
  const faults = new Map<keyof Activities, Error>();

  before(async () => {
    landing.events('a.jsonl', [eventLine('e1'), eventLine('e2')]);
    line = await testLine({ landing: landing.folder, activities: (real) => failing(real, faults) });
  });
  after(async () => {
    await line.stop();
    landing.remove();
  });

  const seen = (handle: WorkflowHandle): Promise<string> =>
    until('a failure is shown', async () => {
      const running = await runningActivities(line.client, handle.workflowId);
      return running.find(({ attempt, lastFailure }) => attempt > 1 && lastFailure !== null)?.lastFailure ?? null;
    });

  const healing: readonly (readonly [string, keyof Activities, Error])[] = [
    [
      'a full disk',
      'loadMaster',
      new Error("ENOSPC: no space left on device, write 'lake/bronze/users/part-0.parquet'"),
    ],
    ['a bug', 'buildDirty', new TypeError("Cannot read properties of undefined (reading 'length')")],
    [
      'Cassandra that is away',
      'publish',
      new Error('Cassandra at 10.0.0.5:9042, keyspace cpa: no host takes the request'),
    ],
  ];
  for (const [kind, activity, fault] of healing) {
    it(kind, async () => {
      faults.set(activity, fault);
      const handle = await line.start('dailyRun');
      assert.match(await seen(handle), new RegExp(fault.message.slice(0, 30).replaceAll(/[()]/g, '.')));
      faults.delete(activity);
      assert.equal(((await handle.result()) as DailyRunResult).audit?.passed, true);
    });
  }
});

/** The activities, but those with a fault fail. */
function failing(real: Activities, faults: ReadonlyMap<string, Error>): Partial<Activities> {
  return Object.fromEntries(
    Object.entries(real).map(([name, run]: [string, (...args: never[]) => unknown]) => [
      name,
      async (...args: never[]) => {
        const fault = faults.get(name);
        if (fault !== undefined) throw fault;
        return run(...args);
      },
    ]),
  );
}
