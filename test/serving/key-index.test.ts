import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyIndex } from '../../serving/key-index.ts';

test('rows are found by their keys, others are not', () => {
  const count = 20_000;
  const keys = Array.from({ length: count }, (_, row) => `${row % 7}:org_${row}`);
  const index = new KeyIndex(count, (row) => keys[row]!);
  for (let row = 0; row < count; row++) assert.equal(index.add(row), true);
  for (let row = 0; row < count; row++) assert.equal(index.find(keys[row]!), row);
  assert.equal(index.find('0:org_20000'), -1);
  assert.equal(index.find(''), -1);
});

test('a key that is there is not added again', () => {
  const keys = ['é', '', 'é', ''];
  const index = new KeyIndex(keys.length, (row) => keys[row]!);
  assert.deepEqual(
    keys.map((_, row) => index.add(row)),
    [true, true, false, false],
  );
  assert.equal(index.find('é'), 0);
});

test('nothing is found in an empty index', () => {
  const index = new KeyIndex(0, () => '');
  assert.equal(index.find('a'), -1);
});
