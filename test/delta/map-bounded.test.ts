import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { mapBounded } from '../../engine/delta/map-bounded.ts';

test('results are in order, and no more calls than allowed run at a time', async () => {
  let running = 0;
  let most = 0;
  const results = await mapBounded([5, 1, 4, 2, 3], 2, async (turns, index) => {
    most = Math.max(most, ++running);
    for (let i = 0; i < turns; i++) await setImmediate();
    running--;
    return `${index}:${turns}`;
  });
  assert.deepEqual(results, ['0:5', '1:1', '2:4', '3:2', '4:3']);
  assert.equal(most, 2);
  assert.deepEqual(await mapBounded([], 2, async () => 1), []);
});

test('after a failure nothing new starts, and what runs has ended when it is thrown', async () => {
  const started: number[] = [];
  const ended: number[] = [];
  const work = async (turns: number): Promise<void> => {
    started.push(turns);
    for (let i = 0; i < turns; i++) await setImmediate();
    if (turns === 1) throw new Error('first');
    ended.push(turns);
  };
  await assert.rejects(mapBounded([1, 5, 2, 3], 2, work), /first/);
  assert.deepEqual(started, [1, 5]);
  assert.deepEqual(ended, [5]);
});

test('timers have their turn though the work never waits', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const busy = async (): Promise<void> => {
    const endMs = performance.now() + 10;
    while (performance.now() < endMs);
  };
  await mapBounded(Array.from({ length: 40 }), 4, busy);
  clearInterval(timer);
  // A turn after 50 ms and a last call of each of four: at the latest after ten calls of 10 ms or more.
  assert.ok(turns >= 4, `${turns} turns`);
});
