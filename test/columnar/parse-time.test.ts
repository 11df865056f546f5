import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FixedTime } from '../../engine/columnar/parse-fixed-time.ts';
import { NO_DATE, NO_TIME, parseDate, parseTimestamp, UNZONED, ZONED } from '../../engine/columnar/parse-time.ts';

/** Status and UTC microseconds of a text; null when none are written. */
function parse(text: string): readonly [number, bigint | null] {
  const values = BigInt64Array.of(7n, 7n, 7n);
  const bytes = Buffer.from(`9${text}9`, 'latin1');
  const status = parseTimestamp(bytes, 1, bytes.length - 1, new Int32Array(values.buffer), 2);
  assert.deepEqual([values[0], values[2]], [7n, 7n]);
  return [status, status === NO_TIME ? null : values[1]!];
}

const micros = (iso: string, extra = 0n): bigint => BigInt(Date.parse(iso)) * 1000n + extra;

const times: readonly (readonly [string, number, bigint])[] = [
  ['2025-08-17T01:55:00Z', ZONED, micros('2025-08-17T01:55:00Z')],
  ['2025-08-17 01:55:00Z', ZONED, micros('2025-08-17T01:55:00Z')],
  ['2025-08-17T01:55Z', ZONED, micros('2025-08-17T01:55:00Z')],
  ['2025-08-17T01:55:00', UNZONED, micros('2025-08-17T01:55:00Z')],
  ['2025-08-17 01:55', UNZONED, micros('2025-08-17T01:55:00Z')],
  ['2025-08-17T01:55:00.1Z', ZONED, micros('2025-08-17T01:55:00Z', 100_000n)],
  ['2025-08-17T01:55:00.123456Z', ZONED, micros('2025-08-17T01:55:00Z', 123_456n)],
  ['2025-08-17T01:55:00.1234569999999999999Z', ZONED, micros('2025-08-17T01:55:00Z', 123_456n)],
  ['1969-12-31T23:59:59.9999999Z', ZONED, -1n],
  ['2025-08-17T01:55:00+02:00', ZONED, micros('2025-08-16T23:55:00Z')],
  ['2025-08-17T01:55:00-0330', ZONED, micros('2025-08-17T05:25:00Z')],
  ['2025-08-17T01:55:00.5-03', ZONED, micros('2025-08-17T04:55:00Z', 500_000n)],
  ['2025-08-17T01:55+14:00', ZONED, micros('2025-08-16T11:55:00Z')],
  ['2025-08-17T01:55:00-00:00', ZONED, micros('2025-08-17T01:55:00Z')],
  ['2024-02-29T00:00:00Z', ZONED, micros('2024-02-29T00:00:00Z')],
  ['0000-01-01T00:00:00Z', ZONED, micros('0000-01-01T00:00:00Z')],
  ['0001-01-01T00:00:00.000001Z', ZONED, micros('0001-01-01T00:00:00Z', 1n)],
  ['9999-12-31T23:59:59.999999Z', ZONED, micros('9999-12-31T23:59:59Z', 999_999n)],
];
for (const [text, status, value] of times) {
  test(`time ${text}`, () => assert.deepEqual(parse(text), [status, value]));
}

const notTimes = [
  ...['', '2025-08-17', '2025-08-17T', '2025-08-17T01', '2025-08-17T01Z', '2025-08-17T0155Z', '20250817T015500Z'],
  ...['2025-08-17T24:00:00Z', '2025-08-17T23:60:00Z', '2025-08-17T23:59:60Z', '2025-08-17T1:55:00Z'],
  ...['2025-02-29T00:00:00Z', '1900-02-29T00:00:00Z', '2025-04-31T00:00:00Z', '2025-13-01T00:00:00Z'],
  ...['2025-00-10T00:00:00Z', '2025-01-00T00:00:00Z', '2025-1-01T00:00:00Z', '2025/08/17T01:55:00Z'],
  ...[
    '2025-08-17T01:55:00.Z',
    '2025-08-17T01:55.5Z',
    '2025-08-17T01:55:0Z',
    '2025-08-17T01:55:',
    '2025-08-17T01:55:00ZZ',
  ],
  ...['2025-08-17T01:55:00 Z', '2025-08-17T01:55:00+2', '2025-08-17T01:55:00+24:00', '2025-08-17T01:55:00+02:60'],
  ...[
    '2025-08-17T01:55:00+02-00',
    '2025-08-17T01:55:00 UTC',
    '2025-08-17_01:55:00Z',
    '1755395700',
    '99-08-17T01:55:00Z',
  ],
  ...[
    '2025-08-17T01:55:00+02:',
    '2025-08-17T01:55:00+020',
    'x025-08-17T01:55:00Z',
    '20x5-08-17T01:55:00Z',
    '202５-08-17T01:55',
  ],
];
for (const text of notTimes)
  test(`not a time: ${JSON.stringify(text)}`, () => assert.deepEqual(parse(text), [NO_TIME, null]));

const days = (text: string): number => parseDate(Buffer.from(`1${text}1`), 1, Buffer.byteLength(text) + 1);

test('dates', () => {
  assert.equal(days('1970-01-01'), 0);
  assert.equal(days('1969-12-31'), -1);
  assert.equal(days('2024-02-29'), Date.parse('2024-02-29') / 86_400_000);
  for (const text of [
    '',
    '2025-02-29',
    '2025-8-17',
    '2025-08-17T',
    '2025-08-1',
    '17-08-2025',
    '2025-08-32',
    '20250817',
  ]) {
    assert.equal(days(text), NO_DATE, text);
  }
});

test('every day of the calendar, as Date counts', () => {
  const first = Date.parse('0000-01-01') / 86_400_000;
  const last = Date.parse('9999-12-31') / 86_400_000;
  fc.assert(
    fc.property(fc.integer({ min: first, max: last }), (day) => {
      assert.equal(days(new Date(day * 86_400_000).toISOString().slice(-24, -14)), day);
    }),
    { numRuns: 2000 },
  );
});

/** As `parse`, for the one form that `FixedTime` reads. */
function parseFixed(time: FixedTime, text: string): readonly [number, bigint | null] {
  const values = BigInt64Array.of(7n, 7n, 7n);
  const bytes = Buffer.alloc(24);
  bytes.write(text, 1, 'latin1');
  const taken = time.parse(new DataView(bytes.buffer, bytes.byteOffset), 1, new Int32Array(values.buffer), 2);
  assert.deepEqual([values[0], taken ? 7n : values[1], values[2]], [7n, 7n, 7n]);
  return taken ? [ZONED, values[1]!] : [NO_TIME, null];
}

test('instants with fixed positions are the ones that the complete parser reads', () => {
  const time = new FixedTime();
  const two = (most: number) => fc.integer({ min: 0, max: most }).map((n) => `${n}`.padStart(2, '0'));
  const year = fc.oneof(
    fc.constantFrom('2024', '2025', '1900', '2000', '0000', '9999'),
    fc.nat(9999).map((n) => `${n}`.padStart(4, '0')),
  );
  const instant = fc
    .tuple(year, two(13), two(32), two(24), two(60), two(60))
    .map(([y, m, d, h, min, s]) => `${y}-${m}-${d}T${h}:${min}:${s}Z`);
  const change = fc.option(fc.tuple(fc.nat(19), fc.constantFrom(...'0123456789-:T Zz/;@p\u00b0\u00ff\u0000')), {
    freq: 2,
  });
  fc.assert(
    fc.property(instant, change, (plain, mutation) => {
      const text = mutation === null ? plain : plain.slice(0, mutation[0]) + mutation[1] + plain.slice(mutation[0] + 1);
      const [status, value] = parse(text);
      const form = text.length === 20 && text[10] === 'T' && text[19] === 'Z';
      assert.deepEqual(parseFixed(time, text), form && status === ZONED ? [ZONED, value] : [NO_TIME, null]);
    }),
    { numRuns: 20_000 },
  );
});
