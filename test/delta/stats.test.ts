import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  boolColumn,
  columnOfValues,
  dateColumn,
  decimalColumn,
  dictionaryColumn,
  float64Column,
  int32Column,
  int64Column,
  timestampColumn,
  utf8Column,
} from '../../engine/columnar/column-of.ts';
import { boundsOf } from '../../engine/delta/bounds.ts';
import { statsOf } from '../../engine/delta/stats.ts';
import { encodeStats, parseStats } from '../../engine/delta/stats-json.ts';
import { everyType } from './every-type.ts';

test('a bound of each type, nulls counted, columns without values left out', () => {
  const columns = Object.fromEntries(
    everyType.map(({ spec, values }) => [spec.name, columnOfValues(spec.type, values)]),
  );
  const stats = statsOf({ ...columns, nothing: int32Column([null, null, null, null, null]) }, 5);
  assert.equal(stats.numRecords, 5);
  assert.deepEqual(stats.nullCount, {
    ...Object.fromEntries(everyType.map(({ spec }) => [spec.name, 1])),
    nothing: 5,
  });
  assert.deepEqual(stats.minValues, {
    utf8: '',
    dictionary: '',
    bool: false,
    int32: -(2 ** 31),
    int64: '-9223372036854775808',
    float64: -1.7976931348623157e308,
    date: '1900-01-01',
    timestamp: '1969-12-31T23:59:59.999Z',
    decimal9: '-9999999.99',
    decimal18: '-999999999999.999999',
    decimal38: '-99999999999999999999999999.999999999999',
  });
  assert.deepEqual(stats.maxValues, {
    utf8: 'zoé \u{1f680} "q" \\ \n',
    dictionary: 'y',
    bool: true,
    int32: 2 ** 31 - 1,
    int64: '9223372036854775807',
    float64: 0.1,
    date: '2025-07-01',
    timestamp: '2025-07-01T00:00:00.124Z',
    decimal9: '9999999.99',
    decimal18: '999999999999.999999',
    decimal38: '99999999999999999999999999.999999999999',
  });
});

test('only the first 32 columns have statistics', () => {
  const columns = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`c${i}`, int32Column([i])]));
  const stats = statsOf(columns, 1);
  assert.equal(Object.keys(stats.nullCount ?? {}).length, 32);
  assert.equal(stats.minValues?.c31, 31);
  assert.equal(stats.minValues?.c32, undefined);
});

test('text is cut after 32 characters; a cut maximum gets a greater character', () => {
  const bounds = (value: string) => boundsOf(utf8Column([value]));
  const long = 'ü'.repeat(32);
  assert.deepEqual(bounds(long), { min: long, max: long });
  assert.deepEqual(bounds(`${long}a`), { min: long, max: `${long}\u007f` });
  assert.deepEqual(bounds(`${long}\u007f`), { min: long, max: `${long}\u{10ffff}` });
  assert.deepEqual(bounds(`${long}\u{1f680}more`), { min: long, max: `${long}\u{10ffff}` });
  assert.deepEqual(bounds(`${long}\u{10ffff}`), { min: long, max: null });
  assert.deepEqual(bounds('\u{1f680}'.repeat(40)), {
    min: '\u{1f680}'.repeat(32),
    max: `${'\u{1f680}'.repeat(32)}\u{10ffff}`,
  });
  assert.deepEqual(boundsOf(dictionaryColumn([`${long}a`])), { min: long, max: `${long}\u007f` });
});

test('text is ordered by code points, with or without a dictionary', () => {
  const values = ['\u{1f680}', '\uffee', 'a', null, 'ab'];
  for (const column of [utf8Column(values), dictionaryColumn(values)]) {
    assert.deepEqual(boundsOf(column), { min: 'a', max: '\u{1f680}' });
  }
});

test('booleans, all alike or not', () => {
  assert.deepEqual(boundsOf(boolColumn([true, null, true])), { min: true, max: true });
  assert.deepEqual(boundsOf(boolColumn([false, false])), { min: false, max: false });
  assert.deepEqual(boundsOf(boolColumn([null])), { min: null, max: null });
});

test('dictionary values that no row has do not count', () => {
  const column = { ...dictionaryColumn(['b', 'c']), values: ['b', 'c', 'a', 'z'] };
  assert.deepEqual(boundsOf(column), { min: 'b', max: 'c' });
});

test('bounds that JSON or a date cannot say are left out', () => {
  const none = { min: null, max: null };
  assert.deepEqual(boundsOf(float64Column([1, Number.NaN])), none);
  assert.deepEqual(boundsOf(float64Column([1, Number.POSITIVE_INFINITY])), none);
  assert.deepEqual(boundsOf(float64Column([null, 1])), { min: 1, max: 1 });
  assert.deepEqual(boundsOf(timestampColumn([-(2n ** 63n), 2n ** 63n - 1n])), none);
  assert.deepEqual(boundsOf(dateColumn([-(2 ** 31), 2 ** 31 - 1])), none);
});

test('exact numbers pass through JSON without losing a digit', () => {
  const columns = everyType.map(({ spec }) => spec);
  const stats = statsOf(
    {
      utf8: utf8Column(['12345678901234567890']),
      int64: int64Column([2n ** 63n - 1n]),
      decimal38: decimalColumn([10n ** 38n - 1n], 38, 12),
      int32: int32Column([5]),
    },
    1,
  );
  const json = encodeStats(stats, columns);
  assert.match(json, /"int64":9223372036854775807,"decimal38":99999999999999999999999999\.999999999999,"int32":5/);
  assert.match(json, /"utf8":"12345678901234567890"/);
  assert.deepEqual(parseStats(json, columns), stats);
});

test('statistics that other writers leave out', () => {
  assert.ok(Number.isNaN(parseStats(undefined, []).numRecords));
  assert.ok(Number.isNaN(parseStats('{"tightBounds":true}', []).numRecords));
  assert.deepEqual(parseStats('{"numRecords":3,"minValues":{"a":1.5e3},"nullCount":{"a":0}}', []), {
    numRecords: 3,
    minValues: { a: 1500 },
    nullCount: { a: 0 },
  });
});
