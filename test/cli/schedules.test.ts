import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { instantsOf, startOfDay } from '../../cli/schedules/days.ts';
import { optionsOf, scheduleDefinitions, scheduleId } from '../../cli/schedules/definitions.ts';
import { loadConfig } from '../../worker/config.ts';
import { dayIn, dayPlus } from '../../workflows/time-zone.ts';
import { cpa } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'cpa-schedules-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('the schedules are the daily run, maintenance and an audit of everything', () => {
  const definitions = scheduleDefinitions(loadConfig({ CPA_TIME_ZONE: 'Europe/Madrid' }).schedules);
  assert.deepEqual(
    definitions.map((d) => [d.name, d.cron.text, d.timeZone, d.workflowType, d.input, d.overlap, d.catchupWindowMs]),
    [
      ['daily', '30 0 * * *', 'Europe/Madrid', 'dailyRun', {}, 'BUFFER_ALL', 604_800_000],
      ['maintenance', '0 3 * * *', 'Europe/Madrid', 'maintenance', {}, 'SKIP', 86_400_000],
      ['audit', '0 5 * * sun', 'Europe/Madrid', 'audit', { scope: 'everything' }, 'SKIP', 86_400_000],
    ],
  );
  const { action, spec } = optionsOf(definitions[2]!, 'cpa');
  assert.deepEqual([action.workflowId, action.memo], ['audit', { timeZone: 'Europe/Madrid' }]);
  assert.deepEqual(
    spec.calendars.map(({ dayOfWeek }) => dayOfWeek),
    [[{ start: 'SUNDAY', end: 'SUNDAY', step: 1 }]],
  );
  assert.deepEqual([scheduleId('daily', 'cpa'), scheduleId('daily', 'other')], ['cpa-daily', 'cpa-daily-other']);
});

test('a day of the month and a day of the week are two calendars: either is enough, as in cron', () => {
  const [daily] = scheduleDefinitions(loadConfig({ CPA_DAILY_CRON: '0 5 1 * sun' }).schedules);
  assert.deepEqual(
    optionsOf(daily!, 'cpa').spec.calendars.map(({ dayOfMonth, dayOfWeek }) => [dayOfMonth, dayOfWeek]),
    [
      [[{ start: 1, end: 1, step: 1 }], [{ start: 'SUNDAY', end: 'SATURDAY', step: 1 }]],
      [[{ start: 1, end: 31, step: 1 }], [{ start: 'SUNDAY', end: 'SUNDAY', step: 1 }]],
    ],
  );
});

test('days begin at their midnight in their time zone, also where clocks change', () => {
  for (const [day, zone, start] of [
    ['2026-03-29', 'UTC', '2026-03-29T00:00:00.000Z'],
    ['2026-03-29', 'Europe/Madrid', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', 'Europe/Madrid', '2026-03-29T22:00:00.000Z'],
    ['2026-10-26', 'America/Los_Angeles', '2026-10-26T07:00:00.000Z'],
    ['2026-01-01', 'Pacific/Kiritimati', '2025-12-31T10:00:00.000Z'],
    // Clocks go from 23:59 to 01:00.
    ['2024-09-08', 'America/Santiago', '2024-09-08T04:00:00.000Z'],
  ] as const) {
    assert.equal(new Date(startOfDay(day, zone)).toISOString(), start, `${day} ${zone}`);
    assert.equal(dayIn(startOfDay(day, zone), zone), day);
    assert.equal(dayIn(startOfDay(day, zone) - 1000, zone), dayPlus(day, -1));
  }
  assert.deepEqual(instantsOf('2026-03-28', '2026-03-29', 'Europe/Madrid'), {
    start: new Date('2026-03-28T22:59:59Z'),
    end: new Date('2026-03-30T21:59:59Z'),
  });
});

test('what is wrong with the command line is said, exit code 2', () => {
  for (const [args, message] of [
    [['schedules', 'pause', 'nightly'], /^cpa: .*Allowed choices are daily, maintenance, audit\.\n$/],
    [
      ['schedules', 'backfill', 'daily', '--from', '2025-02-30', '--to', '2025-03-01'],
      /^cpa: .*Expected a day such as 2025-08-14\.\n$/,
    ],
  ] as const) {
    const { status, stdout, stderr } = cpa(folder, args);
    assert.match(stderr, message);
    assert.deepEqual([status, stdout], [2, ''], args.join(' '));
  }
});
