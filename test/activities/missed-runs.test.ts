import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missedOf } from '../../activities/notices/missed-runs.ts';

const info = (createdAt: string, missed: number) => ({
  createdAt: new Date(createdAt),
  numActionsMissedCatchupWindow: missed,
});

test('what a schedule has missed is told of once, also when one of its name was there before', () => {
  assert.equal(missedOf('cpa-daily', null), null);
  assert.equal(missedOf('cpa-daily', info('2026-11-01T00:00:00Z', 0)), null);
  const first = missedOf('cpa-daily', info('2026-11-01T00:00:00Z', 1))!;
  assert.equal(first.id, 'missed/cpa-daily/2026-11-01T00:00:00.000Z/1');
  assert.match(first.message, /^cpa-daily has missed 1 runs/);
  assert.notEqual(missedOf('cpa-daily', info('2026-11-20T00:00:00Z', 1))!.id, first.id);
});
