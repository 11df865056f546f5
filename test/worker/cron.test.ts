import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../worker/config.ts';
import { parseCron } from '../../worker/cron.ts';

const every = { minute: [0, 59], hour: [0, 23], dayOfMonth: [1, 31], month: [1, 12], dayOfWeek: [0, 6] } as const;

test('a cron expression is five fields of numbers, ranges, steps and names', () => {
  const all = Object.fromEntries(
    Object.entries(every).map(([field, [start, end]]) => [field, [{ start, end, step: 1 }]]),
  );
  assert.deepEqual(parseCron('* * * * *'), { text: '* * * * *', ...all, isEitherDay: false });
  for (const either of ['0 5 1 * sun', '0 5 1-7 * 1,2']) assert.ok(parseCron(either)!.isEitherDay, either);
  for (const both of ['0 5 1 * *', '0 5 * * sun', '0 5 */2 * sun']) assert.ok(!parseCron(both)!.isEitherDay, both);
  const { minute, hour, month, dayOfWeek } = parseCron('5/20 1-3,7 */2 jan-MAR sun,6')!;
  assert.deepEqual(minute, [{ start: 5, end: 59, step: 20 }]);
  assert.deepEqual(hour, [
    { start: 1, end: 3, step: 1 },
    { start: 7, end: 7, step: 1 },
  ]);
  assert.deepEqual(month, [{ start: 1, end: 3, step: 1 }]);
  assert.deepEqual(dayOfWeek, [
    { start: 0, end: 0, step: 1 },
    { start: 6, end: 6, step: 1 },
  ]);
  for (const wrong of [
    '',
    '* * * *',
    '* * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 7',
  ])
    assert.equal(parseCron(wrong), null, wrong);
  for (const wrong of ['3-1', '*/0', '*-5', 'jan', '-1', '1.5', '1,', '5-', '/5', '*/60'])
    assert.equal(parseCron(`${wrong} * * * *`), null, wrong);
});

test('schedules are configured by cron expressions and a time zone', () => {
  const { timeZone, dailyCron, maintenanceCron, auditCron } = loadConfig({}).schedules;
  const texts = [dailyCron, maintenanceCron, auditCron].map(({ text }) => text);
  assert.deepEqual([timeZone, ...texts], ['UTC', '30 0 * * *', '0 3 * * *', '0 5 * * sun']);
  const { schedules } = loadConfig({ CPA_TIME_ZONE: 'europe/madrid', CPA_DAILY_CRON: '0 6 * * *' });
  assert.deepEqual([schedules.timeZone, schedules.dailyCron.text], ['Europe/Madrid', '0 6 * * *']);
  for (const name of ['CPA_DAILY_CRON', 'CPA_MAINTENANCE_CRON', 'CPA_AUDIT_CRON'])
    assert.throws(() => loadConfig({ [name]: 'daily' }), {
      message: `${name}="daily" is not valid: expected five cron fields (minute, hour, day, month, day of the week from 0, Sunday), such as 30 0 * * *`,
    });
  for (const zone of ['Mars/Olympus', '+01:00'])
    assert.throws(() => loadConfig({ CPA_TIME_ZONE: zone }), {
      message: `CPA_TIME_ZONE="${zone}" is not valid: expected the IANA name of a time zone, such as UTC or Europe/Madrid`,
    });
});

test('the receiver of notices needs no budgets', () => {
  const { alerts, receiver } = loadConfig({ CPA_NOTIFY_URL: 'https://example.org/x', CPA_NOTIFY_SECRET: 's' });
  assert.deepEqual([alerts, receiver?.url], [null, 'https://example.org/x']);
  assert.equal(loadConfig({}).receiver, null);
});
