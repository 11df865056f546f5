import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DecimalColumn } from '../../engine/columnar/column.ts';
import { decimalColumn, float64Column, valuesOf as plain } from '../../engine/columnar/column-of.ts';
import {
  addDecimals,
  type Comparison,
  castDecimal,
  compareDecimal,
  decimalOf,
  divideDecimals,
  formatDecimal,
  multiplyDecimals,
  negateDecimal,
  parseDecimal,
  rescaleDecimal,
  roundHalfEven,
  subtractDecimals,
  toFloat64,
} from '../../engine/columnar/decimal.ts';
import { columnOf, digits38, unscaled } from './arbitraries.ts';

const decimals = (precision: number, scale: number, values: (bigint | null)[]) =>
  columnOf({ kind: 'decimal', precision, scale }, values) as DecimalColumn;
const rows = fc.array(fc.tuple(fc.option(unscaled, { freq: 9 }), fc.option(unscaled, { freq: 9 })), { maxLength: 20 });
const scales = fc.tuple(fc.nat(12), fc.nat(12));
const abs = (value: bigint) => (value < 0n ? -value : value);
const shifted = (value: bigint, power: number) =>
  power >= 0 ? value * 10n ** BigInt(power) : roundHalfEven(value, 10n ** BigInt(-power));

test('rounding takes the nearest integer and breaks ties to the even one', () => {
  const cases = [
    [5n, 2n, 2n],
    [7n, 2n, 4n],
    [-5n, 2n, -2n],
    [5n, -2n, -2n],
    [-7n, 2n, -4n],
    [9n, 4n, 2n],
    [11n, 4n, 3n],
    [0n, 3n, 0n],
  ] as const;
  for (const [n, d, expected] of cases) assert.equal(roundHalfEven(n, d), expected, `${n} / ${d}`);
  assert.throws(() => roundHalfEven(1n, 0n), RangeError);
});

test('numbers are read from text', () => {
  const cases: [string, bigint | null][] = [
    ['1.5', 150n],
    [' -0.01 ', -1n],
    ['+7', 700n],
    ['.5', 50n],
    ['5.', 500n],
    ['1e3', 100_000n],
    ['1.5E-1', 15n],
    ['0.125', 12n],
    ['0.135', 14n],
    ['-0.005', 0n],
    ['99999.99', 9_999_999n],
    ['99999.995', null],
    ['100000', null],
    ['0e9999', 0n],
    ['1e9999', null],
    ['1e-9999', 0n],
    ['', null],
    ['.', null],
    ['-', null],
    ['1,5', null],
    ['0x10', null],
    ['NaN', null],
    ['1 2', null],
  ];
  for (const [text, expected] of cases) assert.equal(parseDecimal(text, 7, 2), expected, text);
});

test('text comes back from the number it was read as', () => {
  fc.assert(
    fc.property(unscaled, fc.nat(38), (value, scale) => {
      const text = formatDecimal(value, scale);
      assert.match(text, scale === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${scale}}$`));
      assert.equal(parseDecimal(text, 38, scale), value);
    }),
  );
  assert.equal(formatDecimal(-5n, 2), '-0.05');
});

test('sums, differences and negatives of columns are those of integers', () => {
  fc.assert(
    fc.property(rows, scales, (pairs, [scaleA, scaleB]) => {
      const limit = 10n ** 25n;
      const small = pairs.map(([a, b]) => [a === null ? a : a % limit, b === null ? b : b % limit] as const);
      const a = decimals(
        25,
        scaleA,
        small.map(([x]) => x),
      );
      const b = decimals(
        25,
        scaleB,
        small.map(([, y]) => y),
      );
      const scale = Math.max(scaleA, scaleB);
      const expected = (sign: bigint) =>
        small.map(([x, y]) =>
          x === null || y === null ? null : shifted(x, scale - scaleA) + sign * shifted(y, scale - scaleB),
        );
      assert.deepEqual(plain(addDecimals(a, b)), expected(1n));
      assert.deepEqual(plain(subtractDecimals(a, b)), expected(-1n));
      assert.equal(addDecimals(a, b).scale, scale);
      assert.deepEqual(
        plain(negateDecimal(a)),
        small.map(([x]) => (x === null ? null : -x)),
      );
    }),
  );
});

test('a sum of more than 38 digits throws, with the sum', () => {
  const most = decimals(38, 0, [digits38]);
  assert.throws(() => addDecimals(most, decimals(38, 0, [1n])), /addDecimals: 10{38} in row 0 has more than 38 digits/);
  assert.throws(() => addDecimals(most, most), /19{37}8 in row 0/);
  assert.deepEqual(plain(subtractDecimals(most, most)), [0n]);
  assert.throws(() => addDecimals(most, decimals(38, 0, [])), /columns of 1 and 0 rows/);
});

test('products and quotients are rounded half to even, and null for a denominator of 0', () => {
  fc.assert(
    fc.property(rows, scales, fc.nat(12), (pairs, [scaleA, scaleB], scale) => {
      const limit = 10n ** 12n;
      const small = pairs.map(([a, b]) => [a === null ? a : a % limit, b === null ? b : b % limit] as const);
      const a = decimals(
        12,
        scaleA,
        small.map(([x]) => x),
      );
      const b = decimals(
        12,
        scaleB,
        small.map(([, y]) => y),
      );
      const type = { precision: 38, scale };
      const power = 10n ** 40n;
      const exactProduct = (x: bigint, y: bigint) =>
        roundHalfEven(x * y * 10n ** BigInt(scale), 10n ** BigInt(scaleA + scaleB));
      const exactQuotient = (x: bigint, y: bigint) =>
        roundHalfEven(x * power * 10n ** BigInt(scale + scaleB), y * power * 10n ** BigInt(scaleA));
      assert.deepEqual(
        plain(multiplyDecimals(a, b, type)),
        small.map(([x, y]) => (x === null || y === null ? null : exactProduct(x, y))),
      );
      assert.deepEqual(
        plain(divideDecimals(a, b, type)),
        small.map(([x, y]) => (x === null || y === null || y === 0n ? null : exactQuotient(x, y))),
      );
    }),
  );
  const [big, tiny] = [decimals(38, 0, [digits38]), decimals(38, 12, [1n])];
  assert.throws(
    () => divideDecimals(big, tiny, { precision: 38, scale: 12 }),
    /divideDecimals: 9{38}0{12}\..* from 9{38} and 0\.000000000001/,
  );
});

test('casts report what overflowed and what was rounded', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(unscaled, { freq: 9 })),
      fc.nat(20),
      fc.nat(20),
      fc.integer({ min: 1, max: 38 }),
      (values, from, scale, precision) => {
        const { column, overflowed, rounded } = castDecimal(decimals(38, from, values), { precision, scale });
        const exact = values.map((value) => (value === null ? null : shifted(value, scale - from)));
        const over = exact.map((value) => (value !== null && abs(value) >= 10n ** BigInt(precision) ? 1 : 0));
        const lossy = values.map((v) => (v !== null && scale < from && v % 10n ** BigInt(from - scale) !== 0n ? 1 : 0));
        assert.deepEqual(
          plain(column),
          exact.map((value, i) => (over[i] === 1 ? null : value)),
        );
        assert.deepEqual([...(overflowed ?? new Uint8Array(values.length))], over);
        assert.deepEqual([...(rounded ?? new Uint8Array(values.length))], lossy);
        assert.deepEqual([column.precision, column.scale], [precision, scale]);
        assert.ok(overflowed === null || over.includes(1));
      },
    ),
  );
});

test('another scale keeps the numbers, or throws when they do not fit', () => {
  const column = decimals(6, 2, [12_345n, null, -999_999n]);
  assert.deepEqual(plain(rescaleDecimal(column, 4)), [1_234_500n, null, -99_999_900n]);
  assert.deepEqual(plain(rescaleDecimal(column, 1)), [1234n, null, -100_000n]);
  assert.equal(rescaleDecimal(column, 4).precision, 8);
  assert.equal(rescaleDecimal(column, 1).precision, 6);
  assert.throws(
    () => rescaleDecimal(decimals(38, 0, [1n, digits38]), 1),
    /9{38} in row 1 has more than 38 digits at scale 1/,
  );
});

test('comparisons with a literal are exact, whatever its digits', () => {
  const literals = fc.tuple(unscaled, fc.nat(20)).map(([value, scale]) => formatDecimal(value, scale));
  const near = fc.constantFrom(
    '-0.01',
    '0',
    '0.005',
    '-0.005',
    '1',
    '0.010',
    '99999999999999999999999999999999999999999',
  );
  fc.assert(
    fc.property(
      fc.array(fc.option(unscaled, { freq: 9 })),
      fc.nat(6),
      fc.oneof(near, literals),
      (values, scale, literal) => {
        const column = decimals(38, scale, values);
        const limit = parseDecimal(literal, 1000, 30)!;
        const expected: Record<Comparison, (order: bigint) => boolean> = {
          '<': (order) => order < 0n,
          '<=': (order) => order <= 0n,
          '=': (order) => order === 0n,
          '>=': (order) => order >= 0n,
          '>': (order) => order > 0n,
        };
        for (const [comparison, holds] of Object.entries(expected) as [Comparison, (order: bigint) => boolean][]) {
          assert.deepEqual(
            [...compareDecimal(column, comparison, literal)],
            values.map((v) => (v !== null && holds(v * 10n ** BigInt(30 - scale) - limit) ? 1 : 0)),
            `${comparison} ${literal}`,
          );
        }
      },
    ),
  );
  assert.throws(() => compareDecimal(decimals(5, 2, []), '<', 'abc'), /abc is not a plain decimal number/);
});

test('the nearest double is what the text parses to', () => {
  fc.assert(
    fc.property(fc.array(fc.option(unscaled, { freq: 9 })), fc.nat(38), (values, scale) => {
      const expected = values.map((v) => (v === null ? null : Number(formatDecimal(v, scale)) + 0));
      assert.deepEqual(plain(toFloat64(decimals(38, scale, values))), expected);
    }),
  );
});

test('a column of another kind is not one of decimals', () => {
  assert.throws(() => decimalOf(float64Column([1])), /not of float64/);
  assert.throws(() => decimalColumn([100n], 2, 0), /100 in row 0 has more than 2 digits/);
});
