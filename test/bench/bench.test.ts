/** What the bench computes from what it measures. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { covered } from '../../bench/activity-time.ts';
import { budgets, holds } from '../../bench/budgets.ts';
import { budgeted, markdown, measured, median, missed, type Part } from '../../bench/report.ts';

describe('covered', () => {
  it('counts time once, however many activities overlap', () => {
    assert.equal(covered([]), 0);
    assert.equal(
      covered([
        [10, 20],
        [0, 5],
        [15, 30],
        [16, 18],
        [40, 41],
      ]),
      26,
    );
  });
});

describe('the report', () => {
  const about = 'Something.';
  const part = (value: number): Part => ({
    title: 'A part',
    about,
    figures: [budgeted(budgets.againstDuckdb, value), measured('rate', 'rows/s', 1234.5)],
    load: [1, 2],
  });

  it('says of every budget whether it is held, and names those missed', () => {
    assert.match(markdown([part(0.9)], 'npm run bench', new Date(0)), /\| 0\.90 × \| at least 0\.8 × \| yes \|/);
    assert.match(markdown([part(0.7)], 'npm run bench', new Date(0)), /\| 0\.70 × \| at least 0\.8 × \| \*\*no\*\* \|/);
    assert.deepEqual(missed([part(0.9)]), []);
    assert.equal(missed([part(0.7)])[0]?.name, budgets.againstDuckdb.figure);
  });

  it('does not fail for a time, which depends on the machine', () => {
    const slow: Part = { ...part(0.9), figures: [budgeted(budgets.landingToGold, 100)] };
    assert.deepEqual(missed([slow]), []);
    assert.equal(holds(budgets.landingToGold, 100), false);
  });

  it('takes the middle value', () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.throws(() => median([]), /no values/);
  });
});
