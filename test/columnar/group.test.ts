import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  anyTrue,
  countDistinct,
  countRows,
  countTrue,
  countValid,
  maximum,
  minimum,
  sumDecimal,
  sumFloat64,
  sumInt64,
  totalDecimal,
} from '../../engine/columnar/aggregate.ts';
import type { ColumnType } from '../../engine/columnar/column.ts';
import {
  type ColumnValue,
  decimalColumn,
  dictionaryColumn,
  float64Column,
  int32Column,
  int64Column,
  valuesOf as plain,
  utf8Column,
} from '../../engine/columnar/column-of.ts';
import { type Grouping, groupBy, oneGroup } from '../../engine/columnar/group.ts';
import { sliceColumn } from '../../engine/columnar/take.ts';
import { columnOf, digits38, keyOf, sample, types, unscaled, valuesOf } from './arbitraries.ts';

/** The rows of every group, found the plain way. */
function groupsOf(keys: readonly (readonly ColumnValue[])[]): number[][] {
  const rows = new Map<string, number[]>();
  for (let i = 0; i < (keys[0]?.length ?? 0); i++) {
    const key = keys.map((values) => keyOf(values[i]!)).join('|');
    rows.set(key, [...(rows.get(key) ?? []), i]);
  }
  return [...rows.values()];
}

function check(grouping: Grouping, expected: number[][]): void {
  const ids: number[] = [];
  expected.forEach((rows, id) => {
    for (const row of rows) ids[row] = id;
  });
  assert.equal(grouping.count, expected.length);
  assert.deepEqual([...grouping.ids], ids);
  assert.deepEqual(
    [...grouping.first],
    expected.map((rows) => rows[0]),
  );
}

const tables = fc
  .tuple(fc.constantFrom(...types), fc.constantFrom(...types), fc.integer({ min: 0, max: 40 }))
  .chain(([a, b, length]) => {
    const size = { minLength: length, maxLength: length };
    return fc.tuple(fc.constant([a, b] as const), valuesOf(a, size), valuesOf(b, size));
  });

test('rows are grouped by equal keys, in order of first appearance', () => {
  fc.assert(fc.property(sample, ({ values, column }) => check(groupBy([column]), groupsOf([values]))));
  fc.assert(
    fc.property(tables, ([[a, b], left, right]) => {
      check(groupBy([columnOf(a, left), columnOf(b, right)]), groupsOf([left, right]));
    }),
  );
});

test('many keys, and keys far apart, are grouped alike', () => {
  const rows = 30_000;
  const a = Array.from({ length: rows }, (_, i) => (i * 7919) % 20_011);
  const b = Array.from({ length: rows }, (_, i) => ((i * 104_729) % 15_013) * 140_000 - 1_000_000_000);
  const c = a.map((value) => `id-${value}`);
  const keys = [int32Column(a), int32Column(b), utf8Column(c)];
  const expected = groupsOf([a, b, c]);
  check(groupBy(keys), expected);
  check(groupBy([int32Column(b)]), groupsOf([b]));
  check(groupBy([dictionaryColumn(c)]), groupsOf([c]));
  const tail = [sliceColumn(dictionaryColumn(Array.from({ length: 70_000 }, (_, i) => `${i}`)), 69_990, 70_000)];
  assert.equal(groupBy(tail).count, 10);
});

test('grouping needs keys of one length', () => {
  assert.throws(() => groupBy([]), /no key column/);
  assert.throws(() => groupBy([int32Column([1]), int32Column([])]), /keys of 1 and 0 rows/);
  assert.deepEqual(oneGroup(0).count, 0);
  check(oneGroup(3), [[0, 1, 2]]);
});

/** Values of a type beside small group keys and a mask. */
function measured(type: ColumnType) {
  const row = fc.tuple(fc.nat(4), fc.boolean());
  return fc.tuple(valuesOf(type), fc.array(row, { minLength: 40, maxLength: 40 })).map(([values, rows]) => ({
    values,
    column: columnOf(type, values),
    keys: values.map((_, i) => rows[i]![0]),
    where: Uint8Array.from(values, (_, i) => (rows[i]![1] ? 1 : 0)),
  }));
}

/** Values that count, by group. */
function counted({ values, keys, where }: { values: ColumnValue[]; keys: number[]; where?: Uint8Array }) {
  return groupsOf([keys]).map((rows) =>
    rows.filter((i) => values[i] !== null && where?.[i] !== 0).map((i) => values[i]!),
  );
}

test('sums of decimals are exact, of either sign and any size', () => {
  fc.assert(
    fc.property(measured({ kind: 'decimal', precision: 38, scale: 6 }), ({ values, keys, where, column }) => {
      const grouping = groupBy([int32Column(keys)]);
      for (const mask of [undefined, where]) {
        const expected = counted({ values, keys, ...(mask === undefined ? {} : { where: mask }) }).map((group) =>
          group.length === 0 ? null : (group as bigint[]).reduce((sum, value) => sum + value, 0n),
        );
        if (expected.some((sum) => sum !== null && (sum > digits38 || sum < -digits38))) {
          assert.throws(() => sumDecimal(column, grouping, { where: mask }), /exceeds 38 digits/);
        } else assert.deepEqual(plain(sumDecimal(column, grouping, { where: mask })), expected);
        const own = values.filter((value, i) => value !== null && mask?.[i] !== 0) as bigint[];
        const total = own.length === 0 ? null : own.reduce((sum, value) => sum + value, 0n);
        if (total !== null && (total > digits38 || total < -digits38)) {
          assert.throws(() => totalDecimal(column, { where: mask }), /exceeds 38 digits/);
        } else assert.equal(totalDecimal(column, { where: mask }), total);
      }
    }),
  );
});

test('a sum over more rows than a double could carry stays exact', () => {
  const pattern = [-1n, 2n ** 63n - 1n, -(2n ** 90n), 123_456_789n, -(2n ** 32n), 2n ** 95n + 7n];
  const repeats = 400_000;
  const small = decimalColumn(pattern, 38, 2);
  const words = new Int32Array(small.words.length * repeats);
  for (let at = 0; at < words.length; at += small.words.length) words.set(small.words, at);
  const column = { ...small, length: pattern.length * repeats, words };
  const expected = pattern.reduce((sum, value) => sum + value, 0n) * BigInt(repeats);
  assert.deepEqual(plain(sumDecimal(column, oneGroup(column.length))), [expected]);
  assert.equal(totalDecimal(column), expected);
  assert.equal(totalDecimal(column, { where: new Uint8Array(column.length).fill(1) }), expected);
});

test('a sum of more than 38 digits throws, with the sum', () => {
  const column = decimalColumn([digits38, 1n], 38, 0);
  assert.throws(() => sumDecimal(column, oneGroup(2)), /sumDecimal: 10{38} at scale 0 in group 0 exceeds 38 digits/);
  assert.deepEqual(plain(sumDecimal(decimalColumn([digits38, 1n, -1n], 38, 0), oneGroup(3))), [digits38]);
  assert.throws(() => sumDecimal(int32Column([1]), oneGroup(1)), /column of int32/);
  assert.throws(() => totalDecimal(int32Column([1])), /column of int32/);
  assert.throws(() => sumDecimal(column, oneGroup(3)), /column of 2 rows, a grouping of 3/);
});

test('sums of integers and of doubles', () => {
  for (const kind of ['int32', 'int64'] as const) {
    fc.assert(
      fc.property(measured({ kind }), ({ values, keys, where, column }) => {
        const grouping = groupBy([int32Column(keys)]);
        const expected = counted({ values, keys, where }).map((group) =>
          group.length === 0 ? null : (group as (number | bigint)[]).reduce<bigint>((sum, v) => sum + BigInt(v), 0n),
        );
        if (expected.some((sum) => sum !== null && sum !== BigInt.asIntN(64, sum))) {
          assert.throws(() => sumInt64(column, grouping, { where }), /exceeds 64 bits/);
        } else assert.deepEqual(plain(sumInt64(column, grouping, { where })), expected);
      }),
    );
  }
  assert.throws(() => sumInt64(int64Column([2n ** 63n - 1n, 1n]), oneGroup(2)), /9223372036854775808 in group 0/);
  assert.deepEqual(plain(sumFloat64(float64Column([1e16, 1, -1e16, null]), oneGroup(4))), [0]);
  assert.deepEqual(plain(sumFloat64(float64Column([null]), oneGroup(1))), [null]);
  assert.throws(() => sumFloat64(int32Column([1]), oneGroup(1)), /column of int32/);
  assert.throws(() => sumInt64(float64Column([1]), oneGroup(1)), /column of float64/);
});

test('counts, least and greatest values', () => {
  for (const kind of ['int32', 'int64', 'date', 'timestamp'] as const) {
    fc.assert(
      fc.property(measured({ kind }), ({ values, keys, where, column }) => {
        const grouping = groupBy([int32Column(keys)]);
        const groups = counted({ values, keys, where }) as (number | bigint)[][];
        const sorted = groups.map((group) => group.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
        assert.deepEqual(
          plain(minimum(column, grouping, { where })),
          sorted.map((group) => group[0] ?? null),
        );
        assert.deepEqual(
          plain(maximum(column, grouping, { where })),
          sorted.map((group) => group.at(-1) ?? null),
        );
        assert.deepEqual(
          plain(countValid(column, grouping, { where })),
          groups.map((group) => BigInt(group.length)),
        );
        assert.deepEqual(
          plain(countRows(grouping, { where })),
          groupsOf([keys]).map((rows) => BigInt(rows.filter((i) => where[i] === 1).length)),
        );
        assert.equal(minimum(column, grouping).kind, kind);
      }),
    );
  }
  assert.throws(() => minimum(utf8Column(['a']), oneGroup(1)), /column of utf8/);
  assert.throws(() => countRows(oneGroup(2), { where: new Uint8Array(1) }), /mask of 1 rows, a grouping of 2/);
});

test('distinct values are counted once a group, null not at all', () => {
  for (const type of types) {
    fc.assert(
      fc.property(measured(type), ({ values, keys, where, column }) => {
        const grouping = groupBy([int32Column(keys)]);
        const expected = counted({ values, keys, where }).map((group) => BigInt(new Set(group.map(keyOf)).size));
        assert.deepEqual(plain(countDistinct(column, grouping, { where })), expected);
      }),
      { numRuns: 30 },
    );
  }
});

test('any true', () => {
  fc.assert(
    fc.property(measured({ kind: 'bool' }), ({ values, keys, where, column }) => {
      const expected = counted({ values, keys, where }).map((group) =>
        group.length === 0 ? null : group.includes(true),
      );
      assert.deepEqual(plain(anyTrue(column, groupBy([int32Column(keys)]), { where })), expected);
      assert.equal(countTrue(column), values.filter((value) => value === true).length);
    }),
  );
  assert.throws(() => anyTrue(int32Column([1]), oneGroup(1)), /column of int32/);
  assert.throws(() => countTrue(int32Column([1])), /column of int32/);
});

test('sums do not depend on the order of the rows', () => {
  fc.assert(
    fc.property(
      fc.array(
        unscaled.map((v) => v / 100n),
        { minLength: 1 },
      ),
      (values) => {
        const sum = (list: bigint[]) => plain(sumDecimal(decimalColumn(list, 38, 6), oneGroup(list.length)));
        assert.deepEqual(sum(values), sum(values.toReversed()));
      },
    ),
  );
});
