/** The index of known ids, kept by a worker that had nothing to do for a long time. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { drainEvents } from '../../activities/bronze-events.ts';
import { DedupeIndex } from '../../activities/dedupe-index.ts';
import { compactedRetentionMs, maintainTable } from '../../activities/maintenance.ts';
import { advanceSpeed } from '../../activities/speed.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { computePool } from '../../worker/compute/pool.ts';
import { freshProcess, run } from '../faults/steps.ts';
import { eventLine, smallLanding } from '../line/small-landing.ts';

describe('the index of known ids', () => {
  const landing = smallLanding();
  const lake = mkdtempSync(join(tmpdir(), 'cpa-index-'));
  const compute = computePool(1);
  after(async () => {
    await compute.close();
    landing.remove();
    rmSync(lake, { recursive: true, force: true });
  });

  it('is built anew where files added since are compacted and removed, as compute threads find out', async () => {
    const { context, index } = freshProcess(lake, landing.folder, 1 << 20);
    const idle = { ...context, compute };
    const kept = new DedupeIndex(idle, index.seed);
    const events = (...ids: string[]): void =>
      landing.events(
        `${ids.join('-')}.jsonl`,
        ids.map((id) => eventLine(id)),
      );
    events('first');
    await drainEvents(idle, { ...run, runId: 'idle' }, kept);
    for (const id of ['a', 'b', 'c', 'd']) {
      events(id);
      await drainEvents(context, run, index);
    }
    // Until increments are made of it, what a commit brought is kept.
    await advanceSpeed(context, run);
    for (const clock of [Date.now, () => Date.now() + compactedRetentionMs + 1000]) {
      const request = { table: bronzeUsageEvents.name, vacuum: true, dryRun: false };
      await maintainTable({ ...context, clock }, run, request);
    }
    const { files } = (await context.lake.table(bronzeUsageEvents.name).latest())!;
    assert.equal(files.length, 1);
    events('first', 'b', 'new');
    const { read, written, duplicate } = await drainEvents(idle, { ...run, runId: 'again' }, kept);
    assert.deepEqual([read, written, duplicate], [3, 1, 2]);
  });
});
