import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  mean,
  median,
  medianAbsoluteDeviation,
  quantile,
  standardDeviation,
} from '../../engine/columnar/statistics.ts';

const of = (...values: number[]) => Float64Array.from(values);

test('mean and deviation of a sample', () => {
  assert.equal(mean(of(1, 2, 6)), 3);
  // Sum of squares around 5 is 32, over 7.
  assert.equal(standardDeviation(of(2, 4, 4, 4, 5, 5, 7, 9)), Math.sqrt(32 / 7));
  assert.equal(standardDeviation(of(4)), 0);
  assert.ok(Number.isNaN(mean(of())) && Number.isNaN(standardDeviation(of())));
});

test('quantiles lie on the line between their neighbours', () => {
  const sorted = of(1, 2, 3, 4);
  // numpy.quantile([1, 2, 3, 4], [0, 0.25, 0.5, 0.9, 1])
  const expected = [1, 1.75, 2.5, 3.7, 4];
  [0, 0.25, 0.5, 0.9, 1].forEach((q, i) => {
    assert.ok(Math.abs(quantile(sorted, q) - expected[i]!) < 1e-12);
  });
  assert.equal(quantile(of(7), 0.99), 7);
  assert.ok(Number.isNaN(quantile(of(), 0.5)));
});

test('median and its absolute deviation', () => {
  assert.equal(median(of(9, 1, 5)), 5);
  assert.equal(median(of(9, 1, 5, 7)), 6);
  assert.equal(medianAbsoluteDeviation(of(1, 1, 2, 2, 4, 6, 9)), 1);
  assert.ok(Number.isNaN(median(of())));
});
