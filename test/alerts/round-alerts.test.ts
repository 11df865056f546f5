/** Alerts beside rounds of the stream, in this process and without Cassandra. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AlertSettings } from '../../activities/alerts/settings.ts';
import type { StreamRound } from '../../activities/stream/round.ts';
import { EventStream } from '../../activities/stream/stream.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { orgDailyUsageByServiceSpeed as speed } from '../../schemas/gold.ts';
import { parseBudgets } from '../../worker/budgets.ts';
import { faultyStore } from '../faults/faulty-store.ts';
import { freshProcess, run } from '../faults/steps.ts';
import { eventLine, type SmallLanding, smallLanding } from '../line/small-landing.ts';
import { rowsIn } from '../line/tables.ts';
import { type TestReceiver, testReceiver } from './receiver.ts';

const budgets = parseBudgets('{"organisations": {"org_a": 10}}', 'test');
let lakes = 0;

describe('a round of the stream', () => {
  let landing: SmallLanding;
  let receiver: TestReceiver;

  beforeEach(async () => {
    landing = smallLanding();
    receiver = await testReceiver();
    landing.events('1.jsonl', [eventLine('e1', { cost_usd_increment: 12 })]);
  });
  afterEach(async () => {
    await receiver.close();
    landing.remove();
  });

  const received = (requests: number) => () => receiver.received.length === requests;
  const exists = (lake: Lake, table: string) => async () => (await lake.table(table).latest()) !== null;

  function aStream(alerts: AlertSettings | null) {
    const root = join(tmpdir(), `cpa-round-${lakes++}`);
    faultyStore(root, new Map());
    const { context, index } = freshProcess(root, landing.folder, 1 << 20);
    const stream = new EventStream({ ...context, alerts }, index);
    /** A round that is ended when `isOver`. */
    const round = async (isOver: () => boolean | Promise<boolean>): Promise<StreamRound> => {
      const ending = new AbortController();
      const ended = stream.round({ ...run, signal: ending.signal }, { triggerMs: 0, roundMs: 30_000 });
      while (!(await isOver())) await sleep(20);
      ending.abort();
      return ended;
    };
    return { lake: context.lake, round };
  }

  it('raises and delivers alerts while Cassandra is down', async () => {
    const { round } = aStream({ budgets, receiver });
    const { batches, serving, alerts } = await round(received(2));
    assert.equal(batches, 1);
    assert.equal(serving.problem, 'no Cassandra in this test');
    assert.deepEqual(alerts, {
      raised: 2,
      lines: [80, 100].map((percent) => `org_a reached ${percent} % of 10 USD on 2025-07-03 (12 USD)`),
      undelivered: 0,
      problem: null,
    });
    assert.equal(receiver.received.length, 2);
    const { alerts: next } = await round(() => true);
    assert.deepEqual(next, { ...alerts, raised: 0 });
  });

  it('raises alerts without a receiver, and none without budgets', async () => {
    const unheard = aStream({ budgets, receiver: null });
    const { alerts } = await unheard.round(exists(unheard.lake, 'ops.alerts'));
    assert.deepEqual([alerts.raised, alerts.lines.length, alerts.undelivered, alerts.problem], [2, 2, 0, null]);
    assert.equal(await unheard.lake.table('ops.alert_deliveries').latest(), null);
    const without = aStream(null);
    assert.deepEqual((await without.round(exists(without.lake, speed.name))).alerts, {
      raised: 0,
      lines: [],
      undelivered: 0,
      problem: null,
    });
    assert.equal(await without.lake.table('ops.alerts').latest(), null);
  });

  it('says what is undelivered and why, and leaves it to the next round', async () => {
    const { round } = aStream({ budgets, receiver });
    receiver.reply({ status: 503 }, { status: 503 });
    const first = await round(received(2));
    assert.deepEqual([first.alerts.raised, first.alerts.undelivered], [2, 2]);
    assert.equal(first.alerts.problem, 'CPA_NOTIFY_URL answered with 503 (attempt 1)');
    const { alerts } = await round(received(4));
    assert.deepEqual([alerts.raised, alerts.undelivered, alerts.problem], [0, 0, null]);
    assert.equal(receiver.received.length, 4);
  });

  it('is not held up by a receiver that does not answer, whose answer is recorded when it comes', async () => {
    const { lake, round } = aStream({ budgets, receiver });
    receiver.reply(null, null);
    const states = async () => (await rowsIn(lake, 'ops.alert_deliveries', 'alert_id', 'at')).map((r) => r.state);
    for (const raised of [2, 0]) {
      let overMs = 0;
      const { alerts } = await round(() => {
        overMs = Date.now();
        return receiver.received.length === 2;
      });
      assert.ok(Date.now() - overMs < 4000, `its end took ${Date.now() - overMs} ms`);
      assert.deepEqual([alerts.raised, alerts.undelivered], [raised, 2]);
      if (raised > 0) assert.deepEqual(await states(), ['claimed', 'claimed']);
    }
    while ((await states()).length < 4) await sleep(200);
    assert.deepEqual(await states(), ['claimed', 'failed', 'claimed', 'failed']);
    assert.equal(receiver.received.length, 2);
  });
});
