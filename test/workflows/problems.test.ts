import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure, ChildWorkflowFailure } from '@temporalio/common';
import { attempt, failOn, type Problem, problemsOf } from '../../workflows/problems.ts';

const finding: Problem = { what: 'gold.a', type: 'AuditFailed', message: 'sums differ' };
const missing: Problem = { what: 'bronze.b', type: 'MasterMissing', message: 'no file' };

/** What a parent makes of a child that failed with these. */
async function problemOfChild(problems: readonly Problem[]): Promise<Problem | undefined> {
  const found: Problem[] = [];
  await attempt('child', found, async () => {
    try {
      failOn(problems, null);
    } catch (cause) {
      throw new ChildWorkflowFailure(undefined, {}, 'child', 'NON_RETRYABLE_FAILURE', cause as Error);
    }
  });
  return found[0];
}

test('a failed run carries its problems', () => {
  try {
    failOn([finding, missing], 'so far');
    assert.fail('it did not fail');
  } catch (error) {
    assert.ok(error instanceof ApplicationFailure);
    assert.deepEqual([error.details?.[0], problemsOf(error)], ['so far', [finding, missing]]);
  }
  assert.deepEqual(problemsOf(new Error('a bug')), []);
});

test('a child is a problem of the type of its problems where they have one', async () => {
  assert.deepEqual(await problemOfChild([finding, finding]), {
    what: 'child',
    type: 'AuditFailed',
    message: 'gold.a: sums differ\ngold.a: sums differ',
  });
  assert.equal((await problemOfChild([finding, missing]))?.type, 'LineIncomplete');
  assert.equal(await problemOfChild([]), undefined);
});
