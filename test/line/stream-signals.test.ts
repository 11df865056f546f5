/** What the continuous stream does when it is told to: pause, resume, trigger, drain, stop; and with a daily run beside it. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { DrainResult } from '../../activities/bronze-events.ts';
import { RunFailed } from '../../cli/run.ts';
import type { StreamStatus } from '../../workflows/continuous-stream.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import type { StreamResult } from '../../workflows/stream-result.ts';
import { type TestLine, testLine } from './line.ts';
import { eventLine, type SmallLanding, smallLanding } from './small-landing.ts';
import { rowsIn } from './tables.ts';
import { until } from './until.ts';

describe('the continuous stream', () => {
  let landing: SmallLanding;
  let line: TestLine;
  let stream: WorkflowHandle;
  let files = 0;

  before(async () => {
    landing = smallLanding();
    line = await testLine({ landing: landing.folder });
  });
  after(async () => {
    await line.stop();
    landing.remove();
  });
  afterEach(async () => {
    // Whatever a test leaves behind must not be found by the next one's daily run.
    const { status } = await stream.describe();
    if (status.name === 'RUNNING') await stream.terminate();
  });

  it('reads what lands; drain returns when all that had landed is in Bronze, with the counts', async () => {
    await start();
    const ids = await land(3);
    await until('the events are in Bronze', () => hasRows(ids));
    const more = await land(4);
    await drain();
    assert.equal(await hasRows(more), true);
    const { written } = await drain();
    assert.equal(written, 0);
    const { totals } = await stop();
    assert.deepEqual([totals?.read, totals?.written, totals?.late], [7, 7, 0]);
  });

  it('reads nothing while it is paused, refuses to be drained, and goes on after resume', async () => {
    await start();
    await stream.signal('pause');
    await until('it is paused', async () => (await status()).state === 'paused');
    await roundEnded();
    const ids = await land(2);
    await assert.rejects(drain(), refusal('StreamPaused'));
    await sleep(500);
    assert.equal(await hasRows(ids), false);
    await stream.signal('resume');
    await until('the events are in Bronze', () => hasRows(ids));
    await stop();
  });

  it('ends when it is stopped while paused', async () => {
    await start({ paused: true });
    assert.equal((await status()).state, 'paused');
    await stop();
  });

  it('drains first when it is stopped before it came to that', async () => {
    await start();
    await until('a round is under way', async () => (await pendingActivities()).length > 0);
    const ids = await land(2);
    const drained = stream.startUpdate<DrainResult, []>('drain', { waitForStage: 'ACCEPTED' });
    await drained;
    const stopped = stop();
    await (await drained).result();
    await stopped;
    assert.equal(await hasRows(ids), true);
    const version = async (table: string) => (await line.lake().table(table).latest())!;
    const increments = await version('gold.org_daily_usage_by_service_speed');
    const bronze = await version('bronze.usage_events');
    assert.ok(increments.txns.get('bronze')! >= bronze.version, 'what was drained has no increments');
  });

  it('is drained by a daily run, which builds on what it has read', async () => {
    await start();
    await until('a round is under way', async () => (await pendingActivities()).length > 0);
    const ids = await land(2);
    const { audit, tables } = await line.run<DailyRunResult>('dailyRun');
    assert.equal(audit?.passed, true);
    assert.equal(await hasRows(ids), true);
    const bronze = (await rowsIn(line.lake(), 'bronze.usage_events')).length;
    const gold = await rowsIn(line.lake(), 'gold.org_daily_usage_by_service');
    assert.equal(
      gold.reduce((n, row) => n + Number(row.event_count), 0),
      bronze,
    );
    assert.ok(tables.some((t) => t.table === 'gold.org_daily_usage_by_service'));
    await stop();
  });

  for (const end of ['stop', 'cancel', 'terminate'] as const) {
    it(`may end by ${end} while it is asked to drain: what has landed is read`, async () => {
      await start();
      await until('a round is under way', async () => (await pendingActivities()).length > 0);
      const ids = await land(2);
      const asked = line.run<StreamResult>('bronzeStream');
      await until('it is asked', async () => (await status()).state === 'draining');
      if (end === 'stop') await stream.signal('stop');
      else await stream[end]();
      await asked;
      assert.equal(await hasRows(ids), true);
    });
  }

  it('is reported by a daily run that finds it paused, and does the rest', async () => {
    await start();
    const ids = await land(2);
    await until('the events are in Bronze', () => hasRows(ids));
    await stream.signal('pause');
    await roundEnded();
    const unread = await land(2);
    const failed = await line.run<DailyRunResult>('dailyRun').then(
      () => assert.fail('the daily run says nothing of a paused stream'),
      (error: unknown) => error,
    );
    assert.ok(failed instanceof RunFailed);
    assert.match(failed.message, /bronze-stream: .*: the stream is paused: signal `resume` first/);
    const { audit, publications } = failed.result as DailyRunResult;
    assert.ok(audit !== null && publications.length > 0);
    assert.equal(await hasRows(unread), false);
    const gold = await rowsIn(line.lake(), 'gold.org_daily_usage_by_service');
    const bronze = (await rowsIn(line.lake(), 'bronze.usage_events')).length;
    assert.equal(
      gold.reduce((n, row) => n + Number(row.event_count), 0),
      bronze,
    );
    await stop();
  });

  it('takes another trigger at once', async () => {
    await line.run('bronzeStream');
    await start({ triggerMs: 3_600_000 });
    const first = await land(1);
    await until('the first micro-batch is in Bronze', () => hasRows(first));
    const second = await land(1);
    await sleep(1000);
    assert.equal(await hasRows(second), false);
    for (const wrong of [-1, 1.5, 'soon', 3_600_001, null]) await stream.signal('trigger', wrong);
    assert.equal((await status()).triggerMs, 3_600_000);
    await stream.signal('trigger', 0);
    await until('the second one is in Bronze', () => hasRows(second), 30);
    assert.equal((await status()).triggerMs, 0);
    await stop();
  });

  it('survives whatever it is told while a round waits to be tried again', async () => {
    const folder = landing.path('usage_events_stream');
    await start();
    await until('a round is under way', async () => (await pendingActivities()).length > 0);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'no folder');
    await until('the round has failed', async () => {
      const [activity] = await pendingActivities();
      return (activity?.attempt ?? 0) > 2;
    });
    await stream.signal('pause');
    await until('it is paused', async () => (await pendingActivities()).length === 0);
    assert.equal((await status()).state, 'paused');
    rmSync(folder);
    mkdirSync(folder);
    const ids = await land(2);
    await stream.signal('resume');
    await until('the events are in Bronze', () => hasRows(ids));
    await stop();
  });

  it('goes on from the state that the run before hands over', async () => {
    const totals = {
      rounds: 1,
      batches: 2,
      files: 3,
      bytes: 4,
      read: 5,
      written: 6,
      quarantined: 7,
      duplicate: 8,
      late: 9,
    };
    await start({ triggerMs: 20, paused: true, totals });
    const { state, triggerMs, paused, totals: carried } = await status();
    assert.deepEqual(
      { state, triggerMs, paused, totals: carried },
      { state: 'paused', triggerMs: 20, paused: true, totals },
    );
    await stream.signal('resume');
    const ids = await land(2);
    await until('the events are in Bronze', () => hasRows(ids));
    const result = await stop();
    assert.deepEqual([result.totals?.read, result.totals?.late], [7, 9]);
  });

  it('is handed over by a worker that shuts down, at once and with all that it counted', async () => {
    await start();
    const ids = await land(2);
    await until('the events are in Bronze', () => hasRows(ids));
    const restarted = line.restart();
    const more = await land(2);
    const stopMs = await restarted;
    // Less than the grace after which activities are told otherwise.
    assert.ok(stopMs < 9000, `${stopMs} ms`);
    await until('later events are in Bronze', () => hasRows(more));
    assert.equal((await stop()).totals?.read, 4);
  });

  it('is refused no wrong input, and says what is wrong', async () => {
    const wrong: [input: unknown, message: RegExp][] = [
      [
        { mode: 'continuous', trigger: 5 },
        /^no field trigger, given 5; the fields are mode, triggerMs, paused, totals, date; an example is /,
      ],
      [{ mode: 'forever' }, /^mode: "forever" is not valid; an example is "availableNow" or "continuous"$/],
      [{ mode: 'continuous', triggerMs: -1 }, /^triggerMs: -1 is not valid/],
      [{ mode: 'continuous', paused: 'no' }, /^paused: "no" is not valid/],
      [{ mode: 'continuous', totals: { rounds: 1 } }, /^totals: \{"rounds":1\} is not valid/],
    ];
    for (const [input, message] of wrong) {
      stream = await line.start('bronzeStream', input);
      const failed = await stream.result().then(
        () => assert.fail(`took ${JSON.stringify(input)}`),
        (error: WorkflowFailedError) => error.cause?.message ?? '',
      );
      assert.match(failed, message);
    }
  });

  it('ends when it is cancelled: in a round, and while paused', async () => {
    for (const paused of [false, true]) {
      await start({ paused });
      if (!paused) await until('a round is under way', async () => (await pendingActivities()).length > 0);
      await stream.cancel();
      await assert.rejects(
        stream.result(),
        (error) => error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure,
      );
      assert.equal((await stream.describe()).status.name, 'CANCELLED');
    }
  });

  async function start(input: Readonly<Record<string, unknown>> = {}): Promise<void> {
    stream = await line.start('bronzeStream', { mode: 'continuous', ...input });
    await until('it is listed', () => isListed(stream));
  }

  async function isListed({ workflowId }: WorkflowHandle): Promise<boolean> {
    const query = `WorkflowId = "${workflowId}" AND CpaMode = "continuous"`;
    return (await line.client.workflow.count(query)).count > 0;
  }

  function drain(): Promise<DrainResult> {
    return stream.executeUpdate<DrainResult, []>('drain');
  }

  function status(): Promise<StreamStatus> {
    return stream.query<StreamStatus>('status');
  }

  async function stop(): Promise<StreamResult> {
    await stream.signal('stop');
    return (await stream.result()) as StreamResult;
  }

  async function pendingActivities() {
    return (await stream.describe()).raw.pendingActivities ?? [];
  }

  async function roundEnded(): Promise<void> {
    await until('the round has ended', async () => (await pendingActivities()).length === 0);
  }

  /** A file of so many events lands; returns their ids. */
  async function land(events: number): Promise<string[]> {
    const file = files++;
    const ids = Array.from({ length: events }, (_, i) => `event ${file}.${i}`);
    landing.events(
      `${String(file).padStart(4, '0')}.jsonl`,
      ids.map((id) => eventLine(id)),
      new Date().toISOString(),
    );
    return ids;
  }

  async function hasRows(ids: readonly string[]): Promise<boolean> {
    const lake = line.lake();
    if ((await lake.table('bronze.usage_events').latest()) === null) return false;
    const found = new Set((await rowsIn(lake, 'bronze.usage_events')).map((row) => row.event_id));
    return ids.every((id) => found.has(id));
  }
});

function refusal(type: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof WorkflowUpdateFailedError &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === type;
}
