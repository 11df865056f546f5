import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filesOf, lastTouched, partitionKey, partitionsOf } from '../../engine/delta/partitions.ts';
import type { Commit, Snapshot } from '../../engine/delta/types.ts';
import { file, metadata } from './fixtures.ts';

const snapshot: Snapshot = {
  version: 3,
  timestampMs: 0,
  metadata,
  files: [file('a', '2025-07-02', 5), file('b', '2025-07-01', 7), file('c', '2025-07-02', 1)],
  txns: new Map(),
};

describe('partitions', () => {
  it('have one key whatever the order and kind of their values', () => {
    assert.equal(partitionKey({ b: 'x y/z', a: '1' }), 'a=1/b=x%20y%2Fz');
    assert.equal(partitionKey({ a: null }), partitionKey({ a: '' }));
    assert.notEqual(partitionKey({ a: null }), partitionKey({ a: 'null' }));
    assert.equal(partitionKey({}), '');
  });

  it('are counted', () => {
    assert.deepEqual(partitionsOf(snapshot), [
      { key: 'day=2025-07-01', values: { day: '2025-07-01' }, files: 1, rows: 7, bytes: 1000 },
      { key: 'day=2025-07-02', values: { day: '2025-07-02' }, files: 2, rows: 6, bytes: 2000 },
    ]);
    assert.deepEqual(
      filesOf(snapshot, ({ day }) => day === '2025-07-02').map((f) => f.path),
      ['a', 'c'],
    );
  });

  it('know the last version that changed them', () => {
    const commit = (version: number, change: Partial<Commit>): Commit => ({
      version,
      timestampMs: 0,
      adds: [],
      removes: [],
      txns: new Map(),
      metadata: null,
      operation: 'WRITE',
      info: {},
      ...change,
    });
    const touched = lastTouched([
      commit(4, { adds: [file('a', '2025-07-01'), file('b', '2025-07-02')] }),
      commit(5, { removes: [file('a', '2025-07-01')] }),
      commit(6, {
        removes: [{ ...file('b', '2025-07-02'), dataChange: false }],
        adds: [{ ...file('c', '2025-07-02'), dataChange: false }],
      }),
      commit(7, { txns: new Map([['app', 1]]) }),
    ]);
    assert.deepEqual(
      [...touched],
      [
        ['day=2025-07-01', { values: { day: '2025-07-01' }, version: 5 }],
        ['day=2025-07-02', { values: { day: '2025-07-02' }, version: 4 }],
      ],
    );
  });
});
