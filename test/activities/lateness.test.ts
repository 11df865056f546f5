import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { latenessOf, neverLate, sumLateness } from '../../activities/compute/lateness.ts';
import { boolColumn, timestampColumn } from '../../engine/columnar/column-of.ts';

const dayUs = 86_400_000_000;
const watermarkUs = Date.UTC(2025, 7, 1) * 1000;

function columnsOf(behind: readonly number[]) {
  return {
    timestamp: timestampColumn(behind.map((us) => watermarkUs - us)),
    is_late: boolColumn(behind.map((us) => us > 0)),
  };
}

test('late rows are counted by how far they lie behind the watermark', () => {
  const behind = [-5, 0, 1, dayUs, dayUs + 1, 7 * dayUs, 7 * dayUs + 1, 30 * dayUs, 30 * dayUs + 1, 9000 * dayUs];
  assert.deepEqual(latenessOf(columnsOf(behind), null, watermarkUs), [2, 2, 2, 2]);
  assert.deepEqual(latenessOf(columnsOf(behind), null, null), neverLate);
  const written = Uint8Array.from(behind, (_, i) => (i === 2 || i === 8 ? 0 : 1));
  assert.deepEqual(latenessOf(columnsOf(behind), written, watermarkUs), [1, 2, 2, 1]);
  assert.deepEqual(sumLateness([[1, 2, 3, 4], neverLate, [10, 20, 30, 40]]), [11, 22, 33, 44]);
  assert.deepEqual(sumLateness([]), neverLate);
});

test('their sum is the number of late rows written', () => {
  const row = fc.record({ behind: fc.integer({ min: -50 * dayUs, max: 50 * dayUs }), isWritten: fc.boolean() });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 50 }), (rows) => {
      const written = Uint8Array.from(rows, (r) => (r.isWritten ? 1 : 0));
      const lateness = latenessOf(columnsOf(rows.map((r) => r.behind)), written, watermarkUs);
      const late = rows.filter((r) => r.isWritten && r.behind > 0).length;
      assert.equal(
        lateness.reduce((a, b) => a + b),
        late,
      );
    }),
  );
});
