/** Schedules, maintenance and notices against a real server: what operators see and what stays as they left it. */
import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { signature } from '../../activities/notification.ts';
import { RunFailed } from '../../cli/run.ts';
import { applySchedules } from '../../cli/schedules/apply.ts';
import { optionsOf, scheduleDefinitions, scheduleNames } from '../../cli/schedules/definitions.ts';
import { scheduleListing } from '../../cli/schedules/listing.ts';
import { backfill, pause, trigger } from '../../cli/schedules/requests.ts';
import { loadConfig } from '../../worker/config.ts';
import type { MaintenanceResult } from '../../workflows/maintenance.ts';
import { dayIn, dayPlus } from '../../workflows/time-zone.ts';
import { secret, type TestReceiver, testReceiver } from '../alerts/receiver.ts';
import { logicalHashes, type TestLine, testLine } from './line.ts';
import { eventLine, type SmallLanding, smallLanding } from './small-landing.ts';
import { rowsIn } from './tables.ts';

describe('schedules', () => {
  let landing: SmallLanding;
  let receiver: TestReceiver;
  let line: TestLine;
  const made: string[] = [];

  before(async () => {
    landing = smallLanding();
    receiver = await testReceiver();
    line = await testLine({
      landing: landing.folder,
      env: { CPA_NOTIFY_URL: receiver.url, CPA_NOTIFY_SECRET: secret, CPA_BATCH_BYTES: '1024' },
    });
    made.push(...scheduleNames.map((name) => `cpa-${name}-${line.taskQueue}`));
  });
  after(async () => {
    for (const id of made) await line.client.schedule.getHandle(id).delete();
    await line.stop();
    await receiver.close();
    landing.remove();
  });

  const definitions = (env: NodeJS.ProcessEnv) => scheduleDefinitions(loadConfig(env).schedules);
  const apply = async (env: NodeJS.ProcessEnv) =>
    (await applySchedules(line.client, definitions(env), line.taskQueue)).map(({ outcome }) => outcome);
  const listed = async () => {
    const { columns, rows } = await scheduleListing(line.client, line.taskQueue);
    return rows.map((row) => Object.fromEntries(columns.map(({ name }, c) => [name, row[c]])));
  };

  it('are created once, by whichever process is first, and left alone after that', async () => {
    assert.deepEqual(await listed().then((rows) => rows.map(({ cron }) => cron)), [null, null, null]);
    const both = await Promise.all([apply({}), apply({})]);
    for (const i of scheduleNames.keys())
      assert.deepEqual(both.map((outcomes) => outcomes[i]).sort(), ['created', 'unchanged']);
    assert.deepEqual(await apply({}), ['unchanged', 'unchanged', 'unchanged']);
  });

  it('are changed where the code says something else, and stay paused where somebody paused them', async () => {
    const daily = line.client.schedule.getHandle(made[0]!);
    await pause(daily, 'the landing zone moves');
    const env = { CPA_DAILY_CRON: '15 6 1-7 * mon', CPA_TIME_ZONE: 'Europe/Madrid' };
    assert.deepEqual(await apply(env), ['changed', 'changed', 'changed']);
    assert.deepEqual(await apply(env), ['unchanged', 'unchanged', 'unchanged']);
    const [first, second] = await listed();
    assert.deepEqual(
      [first!.cron, first!.time_zone, first!.paused, first!.next],
      ['15 6 1-7 * mon', 'Europe/Madrid', 'the landing zone moves', null],
    );
    assert.deepEqual([second!.cron, second!.paused], ['0 3 * * *', null]);
    assert.match(String(second!.next), /^\d{4}-\d\d-\d\dT0[12]:00:\d\dZ, /);
    // Somebody edits one by hand: the code says otherwise.
    await line.client.schedule.getHandle(made[2]!).update((was) => ({
      ...optionsOf(definitions(env)[2]!, line.taskQueue),
      spec: { intervals: [{ every: '1 day' }] },
      action: { ...was.action, workflowType: 'audit' },
      state: was.state,
    }));
    assert.deepEqual(await apply(env), ['unchanged', 'unchanged', 'changed']);
  });

  it('make up for past days, each under its own date, also where clocks change; a run begun by hand is of yesterday', async () => {
    const timeZone = 'Europe/Madrid';
    const short = { ...definitions({ CPA_TIME_ZONE: timeZone })[0]!, workflowType: 'gold', input: { tables: [] } };
    const { scheduleId, spec, action, ...rest } = optionsOf(short, line.taskQueue);
    const id = `${scheduleId}-short`;
    const handle = await line.client.schedule.create({
      ...rest,
      scheduleId: id,
      spec: { ...spec, calendars: [...spec.calendars] },
      action: { ...action, args: [...action.args], workflowId: id },
    });
    made.push(id);
    await backfill(handle, '2026-03-28', '2026-03-30', Date.now());
    await trigger(handle);
    const runs = async () => {
      const found: Record<string, unknown> = {};
      for await (const run of line.client.workflow.list({ query: `TemporalScheduledById = "${id}"` })) {
        if (run.status.name === 'COMPLETED') found[run.workflowId] = run.searchAttributes.CpaLogicalDate?.[0];
      }
      return found;
    };
    const yesterday = () => dayPlus(dayIn(Date.now(), timeZone), -1);
    const expected = yesterday();
    for (let n = 0; n < 300 && Object.keys(await runs()).length < 4; n++) await sleep(100);
    const found = Object.entries(await runs()).sort();
    assert.deepEqual(found.slice(0, 3), [
      [`${id}-2026-03-28T23:30:00Z`, '2026-03-28'],
      [`${id}-2026-03-29T22:30:00Z`, '2026-03-29'],
      [`${id}-2026-03-30T22:30:00Z`, '2026-03-30'],
    ]);
    assert.ok([expected, yesterday()].includes(String(found[3]?.[1])));
  });

  it('maintenance compacts, removes, and leaves every table as it was', async () => {
    // Each is more than a micro-batch holds.
    const long = { note: 'x'.repeat(1024) };
    for (const n of Array.from({ length: 6 }).keys()) {
      landing.events(`${n}.jsonl`, [eventLine(`e${n}`, long), '{"event_id": '], `2025-08-0${n + 1}T00:00:00Z`);
    }
    await line.run('bronzeStream');
    const hashes = await logicalHashes(line.lakeRoot);
    const planned = await line.run<MaintenanceResult>('maintenance', { dryRun: true });
    assert.deepEqual([planned.compacted, planned.removed], [0, 0]);
    const done = await line.run<MaintenanceResult>('maintenance');
    const compacted = Object.fromEntries(done.tables.map((t) => [t.table, [t.compacted, t.written, t.removed]]));
    assert.deepEqual(compacted['bronze.usage_events'], [6, 1, 0]);
    assert.deepEqual(compacted['quarantine.usage_events'], [6, 1, 0]);
    assert.deepEqual(await logicalHashes(line.lakeRoot), hashes);
    assert.deepEqual(await line.run('maintenance', { tables: ['bronze.usage_events'] }), {
      tables: [],
      compacted: 0,
      removed: 0,
      bytes: 0,
    });
    assert.equal(receiver.received.length, 0);
  });

  it('a run that fails is told of once, signed, again until the receiver takes it', async () => {
    receiver.reply({ status: 500 }, { status: 503, headers: { 'Retry-After': '0' } });
    const failed = await line.start('maintenance', { tables: ['bronze.pets'], date: '2025-08-14' });
    await assert.rejects(failed.result());
    assert.equal(receiver.received.length, 3);
    const [{ headers, body }] = receiver.received as [TestReceiver['received'][number]];
    for (const again of receiver.received) {
      assert.equal(again.body, body);
      const key = createSecretKey(Buffer.from(secret));
      assert.equal(again.headers['x-cpa-signature'], signature(key, String(again.headers['x-cpa-timestamp']), body));
    }
    const notice = JSON.parse(body) as Record<string, string>;
    assert.equal(headers['idempotency-key'], notice.notice_id);
    assert.match(notice.notice_id!, new RegExp(`^failed/${failed.workflowId}/[0-9a-f-]{36}$`));
    assert.match(notice.message!, /^maintenance: no table bronze\.pets; tables: bronze\.customers_orgs, /);
    assert.deepEqual([notice.kind, notice.workflow_type, notice.logical_date], ['failed', 'maintenance', '2025-08-14']);

    receiver.reply({ status: 410 });
    await assert.rejects(line.run('maintenance', { vacuum: 'yes' }), RunFailed);
    assert.equal(receiver.received.length, 4);
    const rows = await rowsIn(line.lake(), 'ops.notices', 'at');
    assert.deepEqual(
      rows.map(({ state, kind, http_status }) => [state, kind, http_status]),
      [
        ['entered', 'failed', null],
        ['delivered', 'failed', 204],
        ['entered', 'failed', null],
        ['refused', 'failed', 410],
      ],
    );
  });
});
