/** One notification: what is sent, how it is signed, and how the answers are understood. */
import assert from 'node:assert/strict';
import { createHmac, createSecretKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type Alert, alertLine } from '../../activities/alerts/alert.ts';
import { bodyOf, notify } from '../../activities/alerts/notification.ts';
import { type Answer, idempotencyKey, signature } from '../../activities/notification.ts';
import { type Reply, secret, type TestReceiver, testReceiver } from './receiver.ts';

const alert: Alert = {
  orgId: 'org_x',
  date: '2026-11-26',
  percent: 80,
  budgetUsd: 250_000_000n,
  totalUsd: 203_100_000n,
  bronzeVersion: 7,
  raisedUs: Date.UTC(2026, 10, 26, 8, 1, 2, 345) * 1000,
};
const nowMs = Date.UTC(2026, 10, 26, 8, 1, 3);

describe('a notification', () => {
  let receiver: TestReceiver;
  before(async () => {
    receiver = await testReceiver();
  });
  after(() => receiver.close());

  it('is signed as OpenSSL signs it', () => {
    // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac key
    assert.equal(
      signature(createSecretKey(Buffer.from('key')), '1700000000', '{"a":1}'),
      'sha256=a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03',
    );
  });

  it('has exact amounts, an idempotency key and a signature over time and body', async () => {
    assert.deepEqual(await notify(receiver, alert, nowMs), { kind: 'delivered', status: 204 });
    const [{ headers, body }] = receiver.received as [TestReceiver['received'][number]];
    assert.equal(body, bodyOf(alert));
    assert.deepEqual(JSON.parse(body), {
      alert_id: 'org_x/2026-11-26/80',
      org_id: 'org_x',
      usage_date: '2026-11-26',
      threshold_percent: 80,
      budget_usd: '250.000000',
      total_usd: '203.100000',
      raised_at: '2026-11-26T08:01:02.345Z',
    });
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['idempotency-key'], 'org_x/2026-11-26/80');
    assert.equal(headers['x-cpa-timestamp'], '1795680063');
    const expected = createHmac('sha256', secret).update(`1795680063.${body}`).digest('hex');
    assert.equal(headers['x-cpa-signature'], `sha256=${expected}`);
  });

  it('can be about any organisation', async () => {
    const odd = { ...alert, orgId: 'ørg\n"%' };
    assert.equal((await notify(receiver, odd, nowMs)).kind, 'delivered');
    assert.equal(receiver.received.at(-1)!.headers['idempotency-key'], '%C3%B8rg%0A%22%25/2026-11-26/80');
    assert.match(idempotencyKey('o'.repeat(5000)), /^[0-9a-f]{64}$/);
    assert.equal(alertLine(odd), 'ørg "% reached 80 % of 250 USD on 2026-11-26 (203.1 USD)');
    assert.ok(alertLine({ ...alert, orgId: '𝒳'.repeat(5000) }).startsWith(`${'𝒳'.repeat(60)}… reached 80 %`));
  });

  const failed = (status: number | null, reason: string, retryAfterMs: number | null = null): Answer => ({
    kind: 'failed',
    status,
    reason,
    retryAfterMs,
  });
  const in90Seconds = new Date(nowMs + 90_000).toUTCString();
  for (const [reply, answer] of [
    [{ status: 200 }, { kind: 'delivered', status: 200 }],
    [{ status: 400 }, { kind: 'refused', status: 400 }],
    [
      { status: 404, headers: { 'Retry-After': '1' } },
      { kind: 'refused', status: 404 },
    ],
    [
      { status: 302, headers: { Location: '/elsewhere' } },
      { kind: 'refused', status: 302 },
    ],
    [{ status: 500 }, failed(500, 'answered with 500')],
    [{ status: 503, headers: { 'Retry-After': '7' } }, failed(503, 'answered with 503', 7000)],
    [{ status: 429, headers: { 'Retry-After': in90Seconds } }, failed(429, 'answered with 429', 90_000)],
    [{ status: 429, headers: { 'Retry-After': 'later' } }, failed(429, 'answered with 429')],
    [null, failed(null, 'did not answer within 1000 ms')],
  ] as readonly (readonly [Reply, Answer])[]) {
    it(`is ${answer.kind} by ${JSON.stringify(reply)}`, async () => {
      receiver.reply(reply);
      const before = receiver.received.length;
      assert.deepEqual(await notify(receiver, alert, nowMs, 1000), answer);
      assert.equal(receiver.received.length, before + 1);
    });
  }

  it('fails without naming the address when nobody is there', async () => {
    const gone = await testReceiver();
    await gone.close();
    assert.deepEqual(await notify(gone, alert, nowMs), failed(null, 'cannot be reached (ECONNREFUSED)'));
  });
});
