import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Int64Column } from '../../engine/columnar/column.ts';
import {
  type ColumnValue,
  dateColumn,
  dictionaryColumn,
  int32Column,
  timestampColumn,
  utf8Column,
} from '../../engine/columnar/column-of.ts';
import { asOfJoin, hashJoin } from '../../engine/columnar/join.ts';
import { columnOf, keyOf, types, valuesOf } from './arbitraries.ts';

/** Keeps the first of each key: right keys must be unique. */
function unique(rows: readonly ColumnValue[][]): ColumnValue[][] {
  const seen = new Set<string>();
  return rows.filter((row) => {
    const key = row.map(keyOf).join('|');
    return row.includes(null) || (!seen.has(key) && seen.add(key).size > 0);
  });
}

const column = (rows: readonly ColumnValue[][], at: number) => rows.map((row) => row[at]!);

test('each left row finds the right row with its keys', () => {
  const sides = fc.tuple(fc.constantFrom(...types), fc.constantFrom(...types)).chain(([a, b]) => {
    const size = { minLength: 25, maxLength: 25 };
    return fc.record({
      kinds: fc.constant([a, b] as const),
      left: fc.tuple(valuesOf(a, size), valuesOf(b, size)),
      right: fc.tuple(valuesOf(a, size), valuesOf(b, size)),
    });
  });
  fc.assert(
    fc.property(sides, fc.integer({ min: 1, max: 2 }), ({ kinds, left, right }, width) => {
      const rowsOf = (side: readonly ColumnValue[][]) =>
        side[0]!.map((_, i) => side.slice(0, width).map((values) => values[i] ?? null));
      const [leftRows, rightRows] = [rowsOf(left), unique(rowsOf(right))];
      const columns = (rows: readonly ColumnValue[][]) =>
        kinds.slice(0, width).map((type, at) => columnOf(type, column(rows, at)));
      const expected = leftRows.map((row) =>
        row.includes(null)
          ? -1
          : rightRows.findIndex((other) => other.map(keyOf).join('|') === row.map(keyOf).join('|')),
      );
      assert.deepEqual([...hashJoin(columns(leftRows), columns(rightRows))], expected);
    }),
  );
});

test('text joins with and without a dictionary on either side', () => {
  const left = ['b', null, 'x', 'a'];
  const right = ['a', null, 'b', null];
  for (const l of [utf8Column(left), dictionaryColumn(left)]) {
    for (const r of [utf8Column(right), dictionaryColumn(right)]) {
      assert.deepEqual([...hashJoin([l], [r])], [2, -1, -1, 0]);
    }
  }
});

test('a repeated right key is named', () => {
  const days = dateColumn([1, 2, 1]);
  assert.throws(
    () => hashJoin([utf8Column([]), dateColumn([])], [utf8Column(['o1', 'o1', 'o1']), days]),
    /hashJoin: right key \(o1, 1\) repeats in rows 0 and 2/,
  );
  assert.throws(() => hashJoin([], []), /0 left keys, 0 right keys/);
  assert.throws(() => hashJoin([int32Column([1])], [utf8Column(['a'])]), /int32 after utf8/);
  assert.throws(() => hashJoin([days, int32Column([1])], [days, days]), /keys of 3 and 1 rows/);
});

test('as of its time, each row sees the last version before it, else the earliest', () => {
  const time = fc.oneof(
    fc.bigInt(-5n, 5n),
    fc.constantFrom(2n ** 40n, 2n ** 40n + 1n, -(2n ** 40n), 2n ** 32n, 2n ** 31n),
  );
  const keys = fc.option(fc.constantFrom('a', 'b', 'c'), { freq: 9 });
  const versions = fc.uniqueArray(fc.tuple(keys, time), { selector: ([k, t]) => `${k} ${t}`, maxLength: 30 });
  fc.assert(
    fc.property(fc.array(fc.tuple(keys, fc.option(time, { freq: 9 }))), versions, (left, right) => {
      const expected = left.map(([key, at]) => {
        const own = right.flatMap(([k, from], row) => (k === key && key !== null ? [{ from, row }] : []));
        own.sort((x, y) => (x.from < y.from ? -1 : 1));
        return (own.findLast(({ from }) => at !== null && from <= at) ?? own[0])?.row ?? -1;
      });
      for (const text of [utf8Column, dictionaryColumn]) {
        const found = asOfJoin({
          leftKey: text(left.map(([k]) => k)),
          leftTime: timestampColumn(left.map(([, t]) => t)),
          rightKey: dictionaryColumn(right.map(([k]) => k)),
          rightFrom: timestampColumn(right.map(([, t]) => t)),
        });
        assert.deepEqual([...found], expected);
      }
    }),
  );
});

test('an as-of join works on dates, and with many versions', () => {
  const leftKey = utf8Column(['k', 'k', 'k']);
  const rightKey = utf8Column(Array.from({ length: 50 }, () => 'k'));
  const rightFrom = dateColumn(Array.from({ length: 50 }, (_, i) => 1000 - i * 10));
  assert.deepEqual([...asOfJoin({ leftKey, leftTime: dateColumn([0, 755, 5000]), rightKey, rightFrom })], [49, 25, 0]);
});

test('versions must have times that differ', () => {
  const [leftKey, leftTime] = [utf8Column([]), timestampColumn([])];
  const right = (times: (number | null)[]) => ({
    leftKey,
    leftTime,
    rightKey: utf8Column(times.map(() => 'k')),
    rightFrom: timestampColumn(times),
  });
  assert.throws(() => asOfJoin(right([5, 5])), /right rows 0 and 1 are both k from 5/);
  assert.throws(() => asOfJoin(right([5, null])), /right row 1, key k, has no from/);
  assert.throws(() => asOfJoin({ ...right([5]), leftTime: dateColumn([]) }), /date against timestamp/);
  assert.throws(() => asOfJoin({ ...right([5]), leftTime: timestampColumn([1]) as Int64Column }), /differ in length/);
});
