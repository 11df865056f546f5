import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ColumnType } from '../../engine/columnar/column.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { everyTypeRows, everyTypeTable, rowsOf } from './every-type.ts';
import { temporaryStore } from './fixtures.ts';

test('whatever the partitions and the size of files, every row is in one file, and comes back', async () => {
  const store = await temporaryStore();
  const type: ColumnType = { kind: 'dictionary' };
  const metadata = everyTypeTable(type);
  const parts = fc.array(fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 })), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(parts, fc.integer({ min: 1, max: 40 }), async (values, maxRowsPerFile) => {
      const table = everyTypeRows(type, 0, values);
      const files = await writeDataFiles(store, 't', metadata, table, { nowMs: 0, maxRowsPerFile });
      assert.equal(
        files.reduce((sum, file) => sum + file.stats.numRecords, 0),
        values.length,
      );
      assert.ok(files.every((file) => file.stats.numRecords <= maxRowsPerFile));
      assert.equal(new Set(files.map((file) => file.path)).size, files.length);
      const back = rowsOf(await readFiles(store, 't', metadata, files));
      back.sort((a, b) => Number(a.row) - Number(b.row));
      assert.deepEqual(back, rowsOf(table));
    }),
    { numRuns: 40 },
  );
});
