/** Deliveries: retried by the clock, claimed once, and never sent again once they were answered, whoever dies when. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Crossing } from '../../activities/alerts/alert.ts';
import { AlertLog } from '../../activities/alerts/alert-log.ts';
import { claimMs } from '../../activities/alerts/delivery.ts';
import { Notifier } from '../../activities/alerts/notifier.ts';
import { Lake } from '../../engine/delta/lake.ts';
import { openStore } from '../../engine/storage/open.ts';
import { type FaultKind, type FaultyStore, faultyStore } from '../faults/faulty-store.ts';
import { rowsIn } from '../line/tables.ts';
import { type TestReceiver, testReceiver } from './receiver.ts';

const startMs = Date.UTC(2026, 10, 26, 8);

function crossing(n: number): Crossing {
  return {
    orgId: `org_${n}`,
    date: '2026-11-26',
    percent: 80,
    budgetUsd: 250_000_000n,
    totalUsd: 203_100_000n,
    bronzeVersion: 1,
  };
}

let lakes = 0;

describe('a notifier', () => {
  let receiver: TestReceiver;
  let objects: Map<string, Uint8Array>;
  let nowMs: number;

  beforeEach(async () => {
    receiver = await testReceiver();
    objects = new Map();
    nowMs = startMs;
  });
  afterEach(() => receiver.close());

  /** A process that has just started, and the store through which it sees the lake. */
  function freshProcess() {
    const root = join(tmpdir(), `cpa-notifier-${lakes++}`);
    const store: FaultyStore = faultyStore(root, objects);
    const clock = (): number => nowMs;
    const context = { lake: new Lake(openStore(root), clock), clock };
    return { store, context, log: new AlertLog(context), notifier: new Notifier(context, receiver) };
  }

  async function raise(...numbers: readonly number[]): Promise<void> {
    assert.equal(await freshProcess().log.raise(numbers.map(crossing), 'run'), numbers.length);
  }

  async function deliveries(): Promise<string[]> {
    const rows = await rowsIn(
      freshProcess().context.lake,
      'ops.alert_deliveries',
      'alert_id',
      'attempt',
      'at',
      'state',
    );
    return rows.map((r) =>
      [r.alert_id, r.attempt, r.state, ...(r.http_status === null ? [] : [r.http_status])].join(' '),
    );
  }

  const sentIds = (): string[] => receiver.received.map(({ headers }) => String(headers['idempotency-key']));

  it('does nothing without alerts, and delivers each once', async () => {
    const { notifier, context } = freshProcess();
    assert.equal(await notifier.deliver('run'), Number.POSITIVE_INFINITY);
    assert.equal(await context.lake.table('ops.alert_deliveries').latest(), null);
    await raise(1);
    assert.equal(await notifier.deliver('run'), 0);
    assert.deepEqual([notifier.undelivered, notifier.problem], [0, null]);
    await raise(2);
    for (const other of [notifier, freshProcess().notifier]) {
      while ((await other.deliver('run')) === 0);
      assert.equal(await other.deliver('run'), Number.POSITIVE_INFINITY);
    }
    assert.deepEqual(sentIds(), ['org_1/2026-11-26/80', 'org_2/2026-11-26/80']);
    assert.deepEqual(
      await deliveries(),
      [1, 2].flatMap((n) => [`org_${n}/2026-11-26/80 1 claimed`, `org_${n}/2026-11-26/80 1 delivered 204`]),
    );
  });

  it('tries again after pauses that double up to a minute, and not before', async () => {
    await raise(1);
    const { notifier } = freshProcess();
    receiver.reply(...Array.from({ length: 8 }, () => ({ status: 500 })));
    const pauses = [];
    for (let attempt = 1; attempt <= 8; attempt++) {
      const pauseMs = await notifier.deliver('run');
      assert.equal(receiver.received.length, attempt);
      assert.equal(notifier.problem, `CPA_NOTIFY_URL answered with 500 (attempt ${attempt})`);
      nowMs += pauseMs - 1;
      assert.equal(await notifier.deliver('run'), 1);
      assert.equal(receiver.received.length, attempt);
      nowMs += 1;
      pauses.push(pauseMs / 1000);
    }
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    assert.equal(await notifier.deliver('run'), 0);
    assert.deepEqual([notifier.undelivered, notifier.problem], [0, null]);
    assert.equal(new Set(receiver.received.map(({ body }) => body)).size, 1);
    assert.deepEqual((await deliveries()).slice(-3), [
      'org_1/2026-11-26/80 8 failed 500',
      'org_1/2026-11-26/80 9 claimed',
      'org_1/2026-11-26/80 9 delivered 204',
    ]);
  });

  it('leaves a receiver alone as long as it asks, an hour at most', async () => {
    await raise(1);
    const { notifier } = freshProcess();
    receiver.reply(
      { status: 429, headers: { 'Retry-After': '7' } },
      { status: 503, headers: { 'Retry-After': '1' } },
      { status: 503, headers: { 'Retry-After': '99999999999' } },
    );
    for (const pauseMs of [7000, 2000, 3_600_000]) {
      assert.equal(await notifier.deliver('run'), pauseMs);
      nowMs += pauseMs;
    }
    await notifier.deliver('run');
    assert.equal(receiver.received.length, 4);
  });

  it('does not send again what was refused, and says so', async () => {
    await raise(1);
    const { notifier } = freshProcess();
    receiver.reply({ status: 401 });
    assert.equal(await notifier.deliver('run'), 0);
    assert.equal(notifier.problem, 'CPA_NOTIFY_URL refused 80 % of 2026-11-26 with 401: it is not sent again');
    nowMs += claimMs;
    for (const other of [notifier, freshProcess().notifier]) {
      assert.equal(await other.deliver('run'), Number.POSITIVE_INFINITY);
    }
    assert.equal(receiver.received.length, 1);
    assert.deepEqual((await deliveries()).slice(-1), ['org_1/2026-11-26/80 1 refused 401']);
  });

  it('sends eight at a time, one while the receiver takes none, and those that were tried least first', async () => {
    await raise(...Array.from({ length: 12 }, (_, n) => n));
    const { notifier } = freshProcess();
    receiver.reply(...Array.from({ length: 9 }, () => ({ status: 500 })));
    const requests = [];
    for (let pass = 0; pass < 5; pass++) {
      nowMs += await notifier.deliver('run');
      requests.push(receiver.received.length);
    }
    assert.deepEqual(requests, [8, 9, 10, 18, 21]);
    assert.equal(new Set(sentIds().slice(0, 12)).size, 12);
    assert.equal(notifier.undelivered, 0);
  });

  it('sends each alert once when there are several of them', async () => {
    await raise(...Array.from({ length: 30 }, (_, n) => n));
    const drain = async ({ notifier }: { readonly notifier: Notifier }): Promise<void> => {
      while ((await notifier.deliver('run')) !== Number.POSITIVE_INFINITY) await new Promise(setImmediate);
    };
    await Promise.all([freshProcess(), freshProcess(), freshProcess()].map(drain));
    assert.equal(receiver.received.length, 30);
    assert.equal(new Set(sentIds()).size, 30);
    assert.equal((await deliveries()).length, 60);
  });

  /** Writes of a delivery. */
  const writes = ['the rows of the claim', 'the claim', 'the rows of the outcome', 'the outcome'];

  /** Requests in all when the process ends at each of them; what the receiver then gets twice has one idempotency key. */
  for (const [write, requests] of [1, 1, 2, 1].entries()) {
    it(`delivers after a worker that died at ${writes[write]}`, async () => {
      await raise(1);
      const first = freshProcess();
      first.store.arm({ kind: 'crash', write });
      await assert.rejects(first.notifier.deliver('run'));
      const sentBefore = receiver.received.length;
      assert.equal(sentBefore, write < 2 ? 0 : 1);
      const second = freshProcess();
      const isClaimed = write === 1 || write === 2;
      if (isClaimed) {
        nowMs += claimMs - 1;
        assert.equal(await second.notifier.deliver('run'), 1);
        assert.deepEqual([receiver.received.length, second.notifier.undelivered], [sentBefore, 1]);
        nowMs += 1;
      }
      while ((await second.notifier.deliver('run')) === 0);
      assert.equal(receiver.received.length, requests);
      assert.equal(new Set(sentIds()).size, 1);
      assert.equal((await deliveries()).at(-1), `org_1/2026-11-26/80 ${isClaimed ? 2 : 1} delivered 204`);
      nowMs += claimMs;
      assert.equal(await freshProcess().notifier.deliver('run'), Number.POSITIVE_INFINITY);
      assert.equal(receiver.received.length, requests);
    });
  }

  for (const kind of ['full', 'unanswered'] satisfies FaultKind[]) {
    for (const write of writes.keys()) {
      it(`sends once when a write fails and the worker lives on: ${kind}, ${writes[write]}`, async () => {
        await raise(1);
        const { store, notifier } = freshProcess();
        store.arm({ kind, write });
        await notifier.deliver('run').catch(() => undefined);
        while ((await notifier.deliver('run')) === 0);
        assert.equal(receiver.received.length, 1);
        nowMs += claimMs;
        assert.equal(await freshProcess().notifier.deliver('run'), Number.POSITIVE_INFINITY);
        const rows = await deliveries();
        assert.deepEqual([rows.length, rows.at(-1)], [2, 'org_1/2026-11-26/80 1 delivered 204']);
      });
    }
  }

  it('does not send what it claimed when it stood still too long since', async () => {
    await raise(1);
    const first = freshProcess();
    let second = 0;
    first.store.beforeWrite = async (path) => {
      if (!path.includes('/_delta_log/') || second !== 0) return;
      second = 1;
      nowMs += claimMs;
    };
    assert.equal(await first.notifier.deliver('run'), 0);
    assert.equal(receiver.received.length, 0);
    await first.notifier.deliver('run');
    assert.equal(receiver.received.length, 1);
  });

  it('does not go on when the answer to a worker that was taken over comes late', async () => {
    await raise(1);
    const [slow, other] = [freshProcess(), freshProcess()];
    receiver.reply({ status: 500 });
    receiver.beforeReply = async () => {
      receiver.beforeReply = async () => undefined;
      receiver.reply({ status: 204 });
      nowMs += claimMs;
      assert.equal(await other.notifier.deliver('run'), 1000);
    };
    await slow.notifier.deliver('run');
    nowMs += claimMs;
    assert.equal(await other.notifier.deliver('run'), Number.POSITIVE_INFINITY);
    assert.equal(receiver.received.length, 2);
    assert.deepEqual(
      (await deliveries()).map((row) => row.replace('org_1/2026-11-26/80 ', '')),
      ['1 claimed', '1 delivered 204', '2 claimed', '2 failed 500'],
    );
  });
});
