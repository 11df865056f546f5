/**
 * Cassandra is read without pause while the stream and daily runs publish: every row ever read is its key's total at the Bronze
 * version it names, and no later read of a key goes back, or finds it gone.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { orgDailyUsageByServiceSpeed, orgDailyUsageByService as usage } from '../../schemas/gold.ts';
import { readPublications } from '../../serving/publication-log.ts';
import { publish } from '../../serving/publish.ts';
import { openServing } from '../../serving/serving.ts';
import type { Session } from '../../serving/session.ts';
import { verify } from '../../serving/verify.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import { type TestLine, testLine } from './line.ts';
import { looking, scanning, seenIn, Watch } from './served-watch.ts';
import { type SmallLanding, smallLanding } from './small-landing.ts';
import { rowsIn } from './tables.ts';
import { UsageLines } from './usage-lines.ts';
import { totalAt, usageTotals } from './usage-totals.ts';

const table = 'org_daily_usage_by_service';
const [leastMs, leastRuns] = process.env.CPA_FAULTS === 'full' ? [30_000, 5] : [6000, 2];

describe('two layers that publish into the same rows', () => {
  let landing: SmallLanding;
  let line: TestLine;
  let stream: WorkflowHandle;
  let session: Session;
  let lines: UsageLines;

  before(async () => {
    landing = smallLanding();
    lines = new UsageLines(7);
    landing.events('0.jsonl', lines.file());
    line = await testLine({ landing: landing.folder });
    await line.run('dailyRun');
    session = await openServing(line.cassandra);
    stream = await line.start('bronzeStream', { mode: 'continuous' });
  });
  after(async () => {
    await session.close();
    await line.stop();
    landing.remove();
  });

  it('never show a row that is not the total of its key at the version it names', async () => {
    const watch = new Watch();
    let ended = false;
    const isOver = () => ended;
    const readers = [scanning(session, watch, isOver), ...[1, 2, 3].map((n) => looking(session, watch, n, isOver))];
    const producer = producing(landing, lines, isOver);
    const other = publishingToo(line, isOver);
    const runs: DailyRunResult[] = [];
    for (const startedMs = Date.now(); runs.length < leastRuns || Date.now() - startedMs < leastMs; ) {
      runs.push(await line.run<DailyRunResult>('dailyRun'));
    }
    ended = true;
    await producer;
    await stream.executeUpdate('drain');
    await stream.signal('stop');
    await stream.result();
    const overtaken = await other;
    const last = await line.run<DailyRunResult>('dailyRun');
    await Promise.all(readers);

    const totals = await usageTotals(line.lake());
    for (const { key, version, total, layer, publication } of watch.distinct.values()) {
      const expected = totalAt(totals, key, version);
      assert.deepEqual(total, expected, `${key} of layer ${layer}, version ${version}, publication ${publication}`);
    }
    assert.deepEqual(watch.faults, []);

    // In the end nothing is behind: every row is the batch layer's, and the increments are consumed.
    const served = (await session.execute(`SELECT * FROM ${table}`)).map(seenIn);
    assert.deepEqual(new Set(served.map((row) => row.key)), new Set(totals.keys()));
    for (const row of served) {
      assert.deepEqual([row.layer, row.total], ['batch', totals.get(row.key)!.at(-1)!.total], row.key);
    }
    const found = await verify({ lake: line.lake(), session, mart: usage, partitions: 'all', limit: 5 });
    assert.deepEqual([found.rows, found.samples], [totals.size, []]);
    assert.deepEqual(await rowsIn(line.lake(), orgDailyUsageByServiceSpeed.name), []);
    assert.equal(last.audit?.passed, true);

    // All of this was put to the test.
    const { reads, distinct, turns } = watch;
    const counts = { reads, distinct: distinct.size, turns: Object.fromEntries(turns), runs: runs.length, overtaken };
    console.log(JSON.stringify(counts));
    assert.ok(reads > 3000, 'reads');
    assert.ok(turns.get('batch→speed')! > 10, 'increments were added to rows of the batch layer');
    assert.ok(turns.get('speed→speed')! > 10, 'increments were added to increments');
    assert.ok(turns.get('speed→batch')! > 10, 'the batch layer took increments over');
    assert.ok(overtaken > 2, 'a publisher was overtaken');
    for (const run of runs) assert.equal(run.audit?.passed, true);
  });
});

/** Another process that publishes the mart, its writes so late that others overtake it. Returns how often they did. */
async function publishingToo(line: TestLine, isOver: () => boolean): Promise<number> {
  const session = await openServing(line.cassandra);
  const slow: Session = {
    ...session,
    batch: async (statements, timestamp) => {
      await sleep(Math.random() * 1500);
      await session.batch(statements, timestamp);
    },
  };
  const lake = line.lake();
  let overtaken = 0;
  while (!isOver()) {
    const { written, number } = await publish({ lake, session: slow, mart: usage, runId: 'another process' });
    const [last] = (await readPublications(lake, usage.name)).closed;
    if (written > 0 && last!.number > number!) overtaken++;
    await sleep(200);
  }
  await session.close();
  return overtaken;
}

async function producing(landing: SmallLanding, lines: UsageLines, isOver: () => boolean): Promise<void> {
  for (let n = 1; !isOver(); n++) {
    landing.events(`${n}.jsonl`, lines.file(), new Date().toISOString());
    await sleep(40);
  }
}
