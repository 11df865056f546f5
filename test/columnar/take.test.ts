import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  constantColumn,
  int32Column,
  nullColumn,
  valuesOf as plain,
  utf8Column,
} from '../../engine/columnar/column-of.ts';
import { concatColumns, concatTables } from '../../engine/columnar/concat.ts';
import { filterColumns } from '../../engine/columnar/filter.ts';
import { lookUp, lookupOf } from '../../engine/columnar/lookup.ts';
import { permuteColumn } from '../../engine/columnar/scatter.ts';
import { columnOf as columnOfTable, specsOf, tableOf } from '../../engine/columnar/table.ts';
import { selectedIndices, sliceTable, takeColumn, takeTable } from '../../engine/columnar/take.ts';
import {
  andValidity,
  bitsFromMask,
  copyBits,
  countNulls,
  maskFromBits,
  orValidity,
  sliceBits,
  validityFromMask,
} from '../../engine/columnar/validity.ts';
import { columnOf, sample, types, valuesOf } from './arbitraries.ts';

test('taken rows are the rows asked for, −1 a null', () => {
  fc.assert(
    fc.property(sample, fc.array(fc.nat(1000)), ({ values, column }, picks) => {
      const indices = Int32Array.from(picks, (pick) => (pick % (values.length + 1)) - 1);
      const taken = takeColumn(column, indices);
      assert.deepEqual(
        plain(taken),
        Array.from(indices, (row) => (row < 0 ? null : values[row])),
      );
      assert.equal(countNulls(taken), plain(taken).filter((v) => v === null).length);
    }),
  );
  assert.throws(() => takeColumn(int32Column([1]), Int32Array.of(1)), /row 1 of a column of 1 rows/);
  assert.throws(() => takeColumn(int32Column([1]), Int32Array.of(-2)), /row -2/);
});

test('a permuted column has every row at its place', () => {
  fc.assert(
    fc.property(sample, fc.infiniteStream(fc.nat()), ({ values, column }, random) => {
      const order = values.map((_, row) => row).sort(() => (random.next().value & 1) - 0.5);
      const to = Int32Array.from(values, (_, row) => order.indexOf(row));
      const permuted = permuteColumn(column, to);
      assert.deepEqual(plain(permuted), plain(takeColumn(column, Int32Array.from(order))));
      assert.equal(countNulls(permuted), countNulls(column));
    }),
  );
  assert.throws(() => permuteColumn(int32Column([1, 2]), Int32Array.of(0)), /1 places for 2 rows/);
});

test('rows kept by a mask are those taken by their numbers, in long runs and in short ones', () => {
  const some = fc.constantFrom(...types).chain((type) => fc.tuple(fc.constant(type), valuesOf(type, { minLength: 1 })));
  const runs = fc.array(fc.tuple(fc.boolean(), fc.oneof(fc.nat(3), fc.integer({ min: 15, max: 70 }))), {
    maxLength: 9,
  });
  fc.assert(
    fc.property(some, runs, fc.nat(9), ([type, few], list, before) => {
      const mask = Uint8Array.from(list.flatMap(([kept, rows]) => new Array<number>(rows).fill(kept ? 7 : 0)));
      const values = Array.from(mask, (_, i) => few[i % few.length]!);
      const { x } = filterColumns({ x: columnOf(type, values, before) }, mask);
      assert.deepEqual(
        plain(x!),
        values.filter((_, i) => mask[i] !== 0),
      );
      assert.equal(x!.length, selectedIndices(mask).length);
    }),
  );
  const x = int32Column([1, 2]);
  assert.throws(() => filterColumns({ x }, new Uint8Array(3)), /a mask of 3 rows, column x has 2/);
});

test('what a join looks up is what is taken by its rows', () => {
  fc.assert(
    fc.property(sample, fc.array(fc.nat(1000)), fc.boolean(), ({ values, column }, picks, missing) => {
      const least = missing ? 1 : 0;
      const rows = Int32Array.from(
        values.length + least === 0 ? [] : picks,
        (p) => (p % (values.length + least)) - least,
      );
      const found = lookUp(column, lookupOf(rows));
      assert.deepEqual(plain(found), plain(takeColumn(column, rows)));
      assert.equal(found.validity === null, countNulls(found) === 0);
    }),
  );
});

test('columns end to end hold the values of all in order', () => {
  const parts = fc
    .constantFrom(...types)
    .chain((type) => fc.tuple(fc.constant(type), fc.array(valuesOf(type), { minLength: 1, maxLength: 5 })));
  fc.assert(
    fc.property(parts, ([type, lists]) => {
      const joined = concatColumns(lists.map((values, at) => columnOf(type, values, at)));
      assert.deepEqual(plain(joined), lists.flat());
      if (joined.kind === 'dictionary') assert.equal(new Set(joined.values).size, joined.values.length);
    }),
  );
});

test('columns and tables of different types are not put end to end', () => {
  assert.throws(() => concatColumns([]), /no column/);
  assert.throws(() => concatColumns([int32Column([1]), utf8Column(['a'])]), /utf8 after int32/);
  const [a, b] = [tableOf({ x: int32Column([1]) }), tableOf({ y: int32Column([1]) })];
  assert.throws(() => concatTables([a, b]), /concatTables: columns \(y: int32\) after \(x: int32\)/);
  assert.throws(() => concatTables([a, tableOf({ x: utf8Column(['a']) })]), /\(x: utf8\) after \(x: int32\)/);
});

test('a table put together is nullable where a part is', () => {
  const spec = (nullable: boolean) => [{ name: 'x', type: { kind: 'int32' } as const, nullable }];
  const whole = concatTables([
    tableOf({ x: int32Column([1]) }, spec(false)),
    tableOf({ x: int32Column([null]) }, spec(true)),
  ]);
  assert.deepEqual(plain(columnOfTable(whole, 'x')), [1, null]);
  assert.deepEqual(specsOf(whole), spec(true));
  assert.equal(whole.batches.length, 1);
});

test('rows of a table by number, mask and range', () => {
  const specs = [
    { name: 'n', type: { kind: 'int32' } as const, nullable: false },
    { name: 't', type: { kind: 'dictionary' } as const, nullable: true },
  ];
  const table = tableOf({ n: int32Column([10, 11, 12]), t: constantColumn({ kind: 'dictionary' }, 'same', 3) }, specs);
  const some = takeTable(table, selectedIndices(Uint8Array.of(1, 0, 1)));
  assert.deepEqual(plain(columnOfTable(some, 'n')), [10, 12]);
  assert.deepEqual(specsOf(some), specs);
  assert.deepEqual(plain(columnOfTable(takeTable(table, Int32Array.of(-1, 2)), 't')), [null, 'same']);
  assert.equal(specsOf(takeTable(table, Int32Array.of(-1)))[0]!.nullable, true);
  assert.deepEqual(plain(columnOfTable(sliceTable(table, 1, 3), 'n')), [11, 12]);
  assert.throws(() => sliceTable(table, 2, 4), /rows 2 … 4 of a column of 3/);
});

test('columns of one value and of nulls', () => {
  for (const type of types) assert.deepEqual(plain(nullColumn(type, 3)), [null, null, null]);
  assert.deepEqual(plain(constantColumn({ kind: 'decimal', precision: 5, scale: 2 }, -7n, 2)), [-7n, -7n]);
  assert.throws(() => constantColumn({ kind: 'int32' }, 'x', 2), /string x in a column of int32/);
});

test('bitmaps are sliced and copied bit by bit as their masks are', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1), { maxLength: 70 }), fc.nat(70), fc.nat(20), (bits, cut, offset) => {
      const from = Math.min(cut, bits.length);
      const packed = bitsFromMask(Uint8Array.from(bits));
      const length = bits.length - from;
      const sliced = sliceBits(packed, from, length);
      assert.deepEqual([...maskFromBits(sliced, length)], bits.slice(from));
      const target = new Uint8Array((offset + length + 7) >> 3);
      copyBits(sliced, target, offset, length);
      assert.deepEqual([...maskFromBits(target, offset + length)], [...new Array(offset).fill(0), ...bits.slice(from)]);
    }),
  );
});

test('validity of two columns at once', () => {
  const masks = fc.array(fc.tuple(fc.nat(1), fc.nat(1)), { maxLength: 20 });
  fc.assert(
    fc.property(masks, (rows) => {
      const [a, b] = [0, 1].map((at) => validityFromMask(Uint8Array.from(rows, (row) => row[at]!)));
      const maskOf = (bits: Uint8Array | null) =>
        bits === null ? rows.map(() => 1) : [...maskFromBits(bits, rows.length)];
      assert.deepEqual(
        maskOf(andValidity(a!, b!, rows.length)),
        rows.map(([x, y]) => x & y),
      );
      assert.deepEqual(
        maskOf(orValidity(a!, b!, rows.length)),
        rows.map(([x, y]) => x | y),
      );
    }),
  );
});
