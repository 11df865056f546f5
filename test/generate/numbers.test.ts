import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixedText, text4, text6 } from '../../cli/generate/numbers.ts';
import { permutation } from '../../cli/generate/permutation.ts';
import { seededRandom } from '../../cli/generate/random.ts';

test('numbers are written as Python writes floats', () => {
  assert.deepEqual([0, -0, 10_000, 9561, -145, 1_240_000, 12_000_500].map(text4), [
    '0.0',
    '-0.0',
    '1.0',
    '0.9561',
    '-0.0145',
    '124.0',
    '1200.05',
  ]);
  assert.deepEqual([0, 1, 10, 89, 90, 100, 2970, 24_800, 1_000_000].map(text6), [
    '0',
    '1e-06',
    '1e-05',
    '8.9e-05',
    '9e-05',
    '0.0001',
    '0.00297',
    '0.0248',
    '1.0',
  ]);
  assert.deepEqual([fixedText(-5n, 6), fixedText(12_340_000n, 6)], ['-0.000005', '12.340000']);
});

test('a permutation visits every number once', () => {
  for (const n of [1, 2, 3, 17, 1000, 4097]) {
    const place = permutation(n, seededRandom(3, 'order'));
    assert.equal(new Set(Array.from({ length: n }, (_, i) => place(i))).size, n);
    for (let i = 0; i < n; i++) assert.ok(place(i) >= 0 && place(i) < n);
  }
});

test('the normal source has mean 0 and deviation 1', () => {
  const random = seededRandom(11, 'gauss');
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < 200_000; i++) {
    const z = random.gauss();
    sum += z;
    squares += z * z;
  }
  assert.ok(Math.abs(sum / 200_000) < 0.01);
  assert.ok(Math.abs(squares / 200_000 - 1) < 0.01);
});
