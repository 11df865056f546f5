import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endedLines } from '../../cli/backfill/progress-text.ts';

test('of a request that failed the first failures are shown, and how many more there are', () => {
  const failed = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`day ${i}`, 'full disk\nmore of it']));
  const lines = endedLines({
    ids: ['a'],
    from: '2025-01-01',
    to: '2025-12-31',
    mode: 'all',
    state: 'incomplete',
    daysPlanned: 365,
    daysDone: 340,
    rows: 1_234_567,
    ms: 65_000,
    failed,
    failedCount: 25,
  });
  assert.equal(lines[0], '  incomplete 2025-01-01 – 2025-12-31, all (a): 340 of 365 days, 1,234,567 rows, 65.0 s');
  assert.equal(lines[1], '  ! day 0: full disk');
  assert.equal(lines.at(-1), '  ! 5 more');
  assert.equal(lines.length, 22);
});
