/** Budgets watched by a real stream: alerts reach a receiver once each, signed, across restarts of the worker. */
import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { signature } from '../../activities/notification.ts';
import type { StreamStatus } from '../../workflows/continuous-stream.ts';
import { secret, type TestReceiver, testReceiver } from '../alerts/receiver.ts';
import { cpa } from '../cli/program.ts';
import { type TestLine, testLine } from './line.ts';
import { eventLine, type SmallLanding, smallLanding } from './small-landing.ts';
import { rowsIn } from './tables.ts';

describe('budgets beside the stream', () => {
  let landing: SmallLanding;
  let receiver: TestReceiver;
  let line: TestLine;
  let stream: WorkflowHandle;
  let files = 0;

  before(async () => {
    landing = smallLanding();
    receiver = await testReceiver();
    const file = landing.path('budgets.json');
    writeFileSync(file, '{"organisations": {"org_a": "250"}}');
    line = await testLine({
      landing: landing.folder,
      env: { CPA_BUDGETS: file, CPA_NOTIFY_URL: receiver.url, CPA_NOTIFY_SECRET: secret },
    });
    // Makes the keyspace: the end of a round waits for that, and this test for ends of rounds.
    await line.session();
    stream = await line.start('bronzeStream', { mode: 'continuous' });
  });
  after(async () => {
    await line.stop();
    await receiver.close();
    landing.remove();
  });

  const costs = (usd: number): void =>
    landing.events(`${files}.jsonl`, [eventLine(`e${files++}`, { cost_usd_increment: usd })], new Date().toISOString());

  async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const deadlineMs = Date.now() + 120_000;
    while (!(await isSo())) {
      assert.ok(Date.now() < deadlineMs, what);
      await sleep(50);
    }
  }

  const outcomes = async (): Promise<string[]> =>
    (await rowsIn(line.lake(), 'ops.alert_deliveries', 'at'))
      .filter((row) => row.state !== 'claimed')
      .map((row) => `${row.alert_id} ${row.state}`);

  const status = () => stream.query<StreamStatus>('status');

  /** Ends the round under way, and says what it did. */
  async function endRound() {
    const { totals } = await status();
    await stream.signal('trigger', 0);
    await until('a round ends', async () => (await status()).totals.rounds > totals.rounds);
    return (await status()).lastRound!;
  }

  it('are told of at 80 % and at 100 %, once each, with a signature', async () => {
    costs(150);
    costs(53.1);
    await until('80 % is delivered', async () => (await outcomes()).length === 1);
    costs(46.9);
    await until('100 % is delivered', async () => (await outcomes()).length === 2);
    assert.deepEqual(await outcomes(), ['org_a/2025-07-03/80 delivered', 'org_a/2025-07-03/100 delivered']);
    const sent = receiver.received.map(({ headers, body }) => {
      const { alert_id, budget_usd, total_usd } = JSON.parse(body) as Record<string, string>;
      const expected = signature(createSecretKey(Buffer.from(secret)), String(headers['x-cpa-timestamp']), body);
      assert.equal(headers['x-cpa-signature'], expected);
      assert.equal(headers['idempotency-key'], alert_id);
      return [alert_id, budget_usd, total_usd];
    });
    assert.deepEqual(sent, [
      ['org_a/2025-07-03/80', '250.000000', '203.100000'],
      ['org_a/2025-07-03/100', '250.000000', '250.000000'],
    ]);
    const rows = await rowsIn(line.lake(), 'ops.alerts', 'threshold_percent');
    assert.deepEqual(
      rows.map((row) => [row.alert_id, row.threshold_percent, row.budget_usd, row.total_usd]),
      [
        ['org_a/2025-07-03/80', 80, '250', '203.1'],
        ['org_a/2025-07-03/100', 100, '250', '250'],
      ],
    );
  });

  it('show in the page of the stream, and in the command line', async () => {
    const { alerts } = await endRound();
    assert.deepEqual(alerts.lines, [
      'org_a reached 80 % of 250 USD on 2025-07-03 (203.1 USD)',
      'org_a reached 100 % of 250 USD on 2025-07-03 (250 USD)',
    ]);
    assert.deepEqual([alerts.undelivered, alerts.problem], [0, null]);
    const { currentDetails } = await stream.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    assert.ok(currentDetails.includes(`**Last alerts:**\n\n- ${alerts.lines.join('\n- ')}`), currentDetails);
    const columns = ['--columns', 'org_id,threshold_percent,total_usd', '--format', 'csv'];
    const { stdout } = cpa(line.folder, ['show', 'ops.alerts', ...columns], { CPA_LAKE: line.lakeRoot });
    assert.equal(stdout, 'org_id,threshold_percent,total_usd\r\norg_a,80,203.100000\r\norg_a,100,250.000000\r\n');
  });

  it('are not told of again by another worker, which delivers what the first could not', async () => {
    receiver.reply(...Array.from({ length: 3 }, () => ({ status: 503 })));
    landing.events('next.jsonl', [eventLine('next', { timestamp: '2025-07-04T10:00:00Z', cost_usd_increment: 220 })]);
    await until('80 % of the next day is tried', () => receiver.received.length > 2);
    await line.restart();
    await until('80 % of the next day is delivered', async () =>
      (await outcomes()).includes('org_a/2025-07-04/80 delivered'),
    );
    costs(1000);
    await until(
      'the next event is in',
      async () => (await endRound()).lag.files === 0 && (await rowsIn(line.lake(), 'bronze.usage_events')).length === 5,
    );
    const tried = receiver.received.map(({ headers }) => headers['idempotency-key']);
    assert.deepEqual([...new Set(tried)], ['org_a/2025-07-03/80', 'org_a/2025-07-03/100', 'org_a/2025-07-04/80']);
    const delivered = (await outcomes()).filter((outcome) => outcome.endsWith(' delivered'));
    assert.deepEqual(
      delivered,
      tried.filter((id, i) => tried.indexOf(id) === i).map((id) => `${id} delivered`),
    );
    assert.equal(receiver.received.length, delivered.length + 3);
    assert.equal((await rowsIn(line.lake(), 'ops.alerts')).length, 3);
    await stream.signal('stop');
    await stream.result();
  });
});
