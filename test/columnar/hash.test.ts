import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Column } from '../../engine/columnar/column.ts';
import {
  type ColumnValue,
  columnOfValues,
  dateColumn,
  decimalColumn,
  dictionaryColumn,
  float64Column,
  int32Column,
  utf8Column,
} from '../../engine/columnar/column-of.ts';
import { IdIndex, VERDICT } from '../../engine/columnar/dedupe.ts';
import { LogicalHash, logicalHash, rowHashes } from '../../engine/columnar/hash.ts';
import { tableOf } from '../../engine/columnar/table.ts';
import { sliceColumn, takeColumn } from '../../engine/columnar/take.ts';
import { columnOf, keyOf, types, valuesOf } from './arbitraries.ts';

/** One text a row, for comparing. */
function texts(columns: readonly Column[], seed = 7): string[] {
  const { lo, hi } = rowHashes(columns, seed);
  return Array.from(lo, (word, i) => `${word}:${hi[i]}`);
}

test('rows hash alike exactly when their values are equal', () => {
  for (const type of types) {
    fc.assert(
      fc.property(valuesOf(type), fc.nat(9), (values, before) => {
        const canonical = values.map((v) => keyOf(Object.is(v, -0) ? 0 : v));
        const hashes = texts([columnOf(type, values, before)]);
        const pairs = new Map(hashes.map((hash, i) => [hash, canonical[i]!]));
        assert.equal(pairs.size, new Set(canonical).size);
        hashes.forEach((hash, i) => {
          assert.equal(pairs.get(hash), canonical[i]);
        });
      }),
      { numRuns: 50 },
    );
  }
});

test('text hashes alike with a dictionary and without', () => {
  fc.assert(
    fc.property(valuesOf({ kind: 'utf8' }), (values) => {
      const number = int32Column(values.map((_, i) => i));
      const plain = texts([number, columnOf({ kind: 'utf8' }, values)]);
      assert.deepEqual(texts([number, columnOf({ kind: 'dictionary' }, values)]), plain);
    }),
  );
});

test('null, empty text, order of columns, scale and seed all make a difference', () => {
  const [a, b] = [utf8Column(['a']), utf8Column(['b'])];
  const all = [
    texts([utf8Column([null])]),
    texts([utf8Column([''])]),
    texts([a, b]),
    texts([b, a]),
    texts([utf8Column(['ab']), utf8Column([''])]),
    texts([utf8Column(['']), utf8Column(['ab'])]),
    texts([utf8Column([null]), a]),
    texts([a, utf8Column([null])]),
    texts([a]),
    texts([a], 8),
    texts([decimalColumn([15n], 9, 1)]),
    texts([decimalColumn([15n], 9, 2)]),
  ];
  assert.equal(new Set(all.flat()).size, all.length);
  assert.deepEqual(texts([float64Column([-0])]), texts([float64Column([0])]));
  assert.deepEqual(texts([decimalColumn([15n], 9, 1)]), texts([decimalColumn([15n], 38, 1)]));
  assert.throws(() => rowHashes([], 0), /no column/);
  assert.throws(() => rowHashes([a, utf8Column([])], 0), /columns of 1 and 0 rows/);
});

test('a million near values share no hash, and every bit of it is set half the time', () => {
  const numbers = int32Column(Array.from({ length: 1 << 20 }, (_, i) => i));
  const { lo, hi } = rowHashes([numbers, numbers], 1);
  const seen = new Set<number>();
  for (let i = 0; i < lo.length; i++) seen.add((lo[i]! >>> 0) * 2 ** 21 + (hi[i]! >>> 11));
  assert.equal(seen.size, lo.length);
  for (const lane of [lo, hi]) {
    for (let bit = 0; bit < 32; bit++) {
      let ones = 0;
      for (let i = 0; i < lane.length; i++) ones += (lane[i]! >>> bit) & 1;
      assert.ok(Math.abs(ones / lane.length - 0.5) < 0.005, `bit ${bit}: ${ones}`);
    }
  }
});

const rows = fc.array(fc.tuple(fc.option(fc.constantFrom('a', 'b', '')), fc.option(fc.bigInt(-5n, 5n))), {
  minLength: 1,
});
const tableFrom = (list: readonly (readonly [string | null, bigint | null])[], text = utf8Column) =>
  tableOf({
    t: text(list.map(([t]) => t)),
    d: decimalColumn(
      list.map(([, d]) => d),
      18,
      6,
    ),
  });

test('a table has one logical hash whatever the order, split and layout of its rows', () => {
  fc.assert(
    fc.property(rows, fc.nat(100), (list, cut) => {
      const names = ['t', 'd'];
      const hash = logicalHash(tableFrom(list), names);
      assert.match(hash, /^[0-9a-f]{32}$/);
      assert.equal(logicalHash(tableFrom(list.toReversed()), names), hash);
      assert.equal(logicalHash(tableFrom(list, dictionaryColumn as never), names), hash);
      const at = cut % (list.length + 1);
      const parts = new LogicalHash(names);
      for (const part of [list.slice(at), list.slice(0, at)]) parts.add(tableFrom(part));
      assert.equal(parts.digest(), hash);
      assert.notEqual(logicalHash(tableFrom([...list, list[0]!]), names), hash);
      assert.notEqual(logicalHash(tableFrom(list), ['d', 't']), hash);
      assert.notEqual(logicalHash(tableFrom(list), ['t']), hash);
      assert.notEqual(logicalHash(tableFrom(list.map(([t]) => [t, 99n] as const)), names), hash);
    }),
  );
});

test('types belong to the logical hash, unless there is no row', () => {
  const [ints, days] = [tableOf({ x: int32Column([1]) }), tableOf({ x: dateColumn([1]) })];
  assert.notEqual(logicalHash(ints, ['x']), logicalHash(days, ['x']));
  assert.equal(logicalHash(tableOf({ x: int32Column([]) }), ['x']), new LogicalHash(['x']).digest());
  const hash = new LogicalHash(['x']);
  hash.add(ints);
  assert.throws(() => hash.add(days), /columns \(x: date\) after \(x: int32\)/);
  assert.throws(() => logicalHash(ints, ['y']), /no column y/);
  assert.throws(() => new LogicalHash([]), /no column/);
});

const hashesOf = (values: readonly ColumnValue[]) => rowHashes([columnOfValues({ kind: 'utf8' }, values)], 3);
const events = fc.array(fc.tuple(fc.nat(12), fc.nat(2)), { maxLength: 40 });

test('the index tells new ids, repeats and conflicts as a map would, whatever the batches', () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 6 }), (batches) => {
      const index = new IdIndex();
      const held = new Map<number, number>();
      for (const batch of batches) {
        const ids = hashesOf(batch.map(([id]) => `${id}`));
        const contents = hashesOf(batch.map(([, content]) => `${content}`));
        const expected = batch.map(([id, content]) => {
          const before = held.get(id);
          if (before === undefined) held.set(id, content);
          return before === undefined ? VERDICT.fresh : before === content ? VERDICT.repeat : VERDICT.conflict;
        });
        assert.deepEqual([...index.admit(ids, contents)], expected);
        assert.equal(index.size, held.size);
      }
    }),
  );
});

test('the index grows, stays within its stated size, and keeps what it holds', () => {
  const index = new IdIndex();
  const all = rowHashes([int32Column(Array.from({ length: 200_000 }, (_, i) => i))], 1);
  const other = rowHashes([int32Column(Array.from({ length: 200_000 }, (_, i) => -i - 1))], 1);
  for (let from = 0; from < 200_000; from += 777) {
    const part = (lane: Int32Array) => lane.subarray(from, from + 777);
    const rows = { lo: part(all.lo), hi: part(all.hi) };
    assert.ok(index.admit(rows, rows).every((v) => v === VERDICT.fresh));
  }
  assert.equal(index.size, 200_000);
  assert.ok(index.bytes >= 200_000 * 22 && index.bytes <= 200_000 * 46, `${index.bytes} bytes`);
  assert.equal(new IdIndex(200_000).bytes, index.bytes);
  assert.ok(index.admit(all, other).every((v) => v === VERDICT.conflict));
  assert.ok(index.admit(all, all).every((v) => v === VERDICT.repeat));
  assert.equal(index.size, 200_000);
  assert.ok(index.admit(other, other).every((v) => v === VERDICT.fresh));
  assert.equal(index.size, 400_000);
});

test('ids whose hashes have a zero half, or two, are ids like any other', () => {
  const zero = Int32Array.of(0);
  const one = Int32Array.of(1);
  const index = new IdIndex();
  const halves = [
    { lo: zero, hi: zero },
    { lo: zero, hi: one },
    { lo: one, hi: one },
  ];
  for (const id of halves) assert.equal(index.admit(id, id)[0], VERDICT.fresh);
  for (const id of halves) assert.equal(index.admit(id, id)[0], VERDICT.repeat);
  assert.equal(index.size, 3);
});

test('hashes of a part are the part of the hashes', () => {
  const column = utf8Column(['a', null, 'b', 'c']);
  assert.deepEqual(texts([sliceColumn(column, 1, 3)]), texts([column]).slice(1, 3));
  assert.deepEqual(texts([takeColumn(column, Int32Array.of(3, 0))]), [texts([column])[3], texts([column])[0]]);
});

test('hashes change on purpose only: processes of one version must agree on them', () => {
  const columns = [
    utf8Column(['evt_1', null, 'größe']),
    int32Column([1, -1, null]),
    float64Column([1.5, null, -0]),
    columnOfValues({ kind: 'bool' }, [true, false, null]),
    columnOfValues({ kind: 'timestamp' }, [1_750_000_000_000_000n, null, -1n]),
    decimalColumn([150n, -1n, null], 18, 6),
  ];
  assert.deepEqual(texts(columns), ['-1906387893:-1426316932', '-981177085:-293930828', '1155114993:807002316']);
  const table = tableOf(Object.fromEntries(columns.map((column, i) => [`c${i}`, column])));
  assert.equal(logicalHash(table, ['c0', 'c1', 'c2', 'c3', 'c4', 'c5']), 'e22bf8a8dc18356570c9671c27a55ffd');
});
