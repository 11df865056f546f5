import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EXACT, NOT_NUMERIC, OUT_OF_RANGE, parseDecimal, ROUNDED } from '../../engine/columnar/parse-decimal.ts';

/** Status and unscaled value of a text; the value is null when none is written. */
function parse(text: string, precision = 18, scale = 6): readonly [number, bigint | null] {
  const words = Int32Array.of(7, 7, 7, 7, 7, 7);
  const bytes = Buffer.from(`9${text}9`);
  const status = parseDecimal(bytes, 1, bytes.length - 1, precision, scale, words, 1);
  assert.deepEqual([words[0], words[5]], [7, 7]);
  if (status === NOT_NUMERIC || status === OUT_OF_RANGE) {
    assert.deepEqual([...words], [7, 7, 7, 7, 7, 7], 'nothing is written');
    return [status, null];
  }
  const unscaled = [4, 3, 2, 1].reduce((sum, i) => (sum << 32n) | BigInt(words[i]! >>> 0), 0n);
  return [status, BigInt.asIntN(128, unscaled)];
}

const cases: readonly (readonly [string, number, bigint | null])[] = [
  ['0', EXACT, 0n],
  ['-0', EXACT, 0n],
  ['-0.000', EXACT, 0n],
  ['1', EXACT, 1_000_000n],
  ['-1', EXACT, -1_000_000n],
  ['+1.5', EXACT, 1_500_000n],
  ['.5', EXACT, 500_000n],
  ['5.', EXACT, 5_000_000n],
  ['007', EXACT, 7_000_000n],
  ['0.9561', EXACT, 956_100n],
  ['-154.4608', EXACT, -154_460_800n],
  ['4294.967296', EXACT, 4_294_967_296n],
  ['-4294.967296', EXACT, -4_294_967_296n],
  ['1e3', EXACT, 1_000_000_000n],
  ['1E+3', EXACT, 1_000_000_000n],
  ['8e-05', EXACT, 80n],
  ['1.50000000000000000000000000000000000000000', EXACT, 1_500_000n],
  ['0.0000005', ROUNDED, 0n],
  ['0.0000015', ROUNDED, 2n],
  ['0.0000025', ROUNDED, 2n],
  ['-0.0000015', ROUNDED, -2n],
  ['0.00000250000000000000000000000000000001', ROUNDED, 3n],
  ['1e-400', ROUNDED, 0n],
  ['1e-99999999999999999999', ROUNDED, 0n],
  ['0e99999999999999999999', EXACT, 0n],
  ['999999999999.999999', EXACT, 999_999_999_999_999_999n],
  ['-999999999999.999999', EXACT, -999_999_999_999_999_999n],
  ['999999999999.9999994', ROUNDED, 999_999_999_999_999_999n],
  ['999999999999.9999996', OUT_OF_RANGE, null],
  ['1000000000000', OUT_OF_RANGE, null],
  ['1e30', OUT_OF_RANGE, null],
  ['1e99999999999999999999', OUT_OF_RANGE, null],
  ['1234567890123456789012345678901234567890', OUT_OF_RANGE, null],
  ['0.1234567890123456789012345678901234567890', ROUNDED, 123_457n],
  ...[
    '',
    '-',
    '+',
    '.',
    '-.',
    'e5',
    '1e',
    '1e+',
    '1e1.5',
    '1.2.3',
    '--1',
    '1_000',
    '1,5',
    ' 1',
    '1 ',
    '0x10',
    'NaN',
  ].map((text) => [text, NOT_NUMERIC, null] as const),
  ...['Infinity', '-Infinity', 'true', '12a', '１', '123456789012345678x', '1e5x'].map(
    (text) => [text, NOT_NUMERIC, null] as const,
  ),
];

for (const [text, status, unscaled] of cases) {
  test(`decimal(18,6) of ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parse(text), [status, unscaled]);
  });
}

test('a small precision is a limit too', () => {
  assert.deepEqual(parse('99.5', 3, 1), [EXACT, 995n]);
  assert.deepEqual(parse('99.95', 3, 1), [OUT_OF_RANGE, null]);
  assert.deepEqual(parse('99.94', 3, 1), [ROUNDED, 999n]);
});

test('38 digits', () => {
  const digits = '99999999999999999999999999999999999999';
  assert.deepEqual(parse(`-${digits}`, 38, 0), [EXACT, -BigInt(digits)]);
  assert.deepEqual(parse(`${digits}9`, 38, 0), [OUT_OF_RANGE, null]);
  assert.deepEqual(parse('0.000000000001', 38, 12), [EXACT, 1n]);
});

test('any number: the same as exact arithmetic', () => {
  const digits = (max: number) => fc.bigInt({ min: 0n, max: 10n ** BigInt(max) - 1n });
  const scale = fc.constantFrom(0, 6, 9, 12);
  const number = fc.record({
    negative: fc.boolean(),
    mantissa: fc.oneof(digits(4), digits(15), digits(19), digits(42)),
    fraction: fc.nat({ max: 44 }),
    exponent: fc.integer({ min: -45, max: 45 }),
  });
  fc.assert(
    fc.property(number, scale, ({ negative, mantissa, fraction, exponent }, toScale) => {
      const padded = mantissa.toString().padStart(fraction + 1, '0');
      const whole = padded.slice(0, padded.length - fraction);
      const text = `${negative ? '-' : ''}${whole}${fraction === 0 ? '' : `.${padded.slice(-fraction)}`}e${exponent}`;
      // |value| = numerator / denominator at the target scale, in integers.
      const shift = exponent - fraction + toScale;
      const numerator = shift >= 0 ? mantissa * 10n ** BigInt(shift) : mantissa;
      const denominator = shift >= 0 ? 1n : 10n ** BigInt(-shift);
      const floor = numerator / denominator;
      const twice = 2n * (numerator % denominator);
      const up = twice > denominator || (twice === denominator && floor % 2n === 1n);
      const rounded = up ? floor + 1n : floor;
      const fits = rounded < 10n ** 38n;
      const status = fits ? (twice === 0n ? EXACT : ROUNDED) : OUT_OF_RANGE;
      assert.deepEqual(parse(text, 38, toScale), [status, fits ? (negative ? -rounded : rounded) : null], text);
    }),
    { numRuns: 3000 },
  );
});
