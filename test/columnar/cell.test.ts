import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellAt, dayText, instantText } from '../../engine/columnar/cell.ts';
import { columnOfValues } from '../../engine/columnar/column-of.ts';

test('instants are UTC, exact, before 1970 too', () => {
  assert.equal(instantText(0n), '1970-01-01T00:00:00Z');
  assert.equal(instantText(1_755_129_600_123_456n), '2025-08-14T00:00:00.123456Z');
  assert.equal(instantText(1_755_129_600_120_000n), '2025-08-14T00:00:00.120000Z');
  assert.equal(instantText(-1n), '1969-12-31T23:59:59.999999Z');
  assert.equal(instantText(-1_000_000n), '1969-12-31T23:59:59Z');
});

test('days are calendar days', () => {
  assert.equal(dayText(0), '1970-01-01');
  assert.equal(dayText(-1), '1969-12-31');
  assert.equal(dayText(20_314), '2025-08-14');
});

test('decimals keep every digit of their scale', () => {
  const column = columnOfValues({ kind: 'decimal', precision: 38, scale: 9 }, [1n, -(10n ** 37n), 0n, null]);
  assert.deepEqual(
    [0, 1, 2, 3].map((row) => cellAt(column, row)),
    ['0.000000001', '-10000000000000000000000000000.000000000', '0.000000000', null],
  );
});
