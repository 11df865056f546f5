import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ColumnType, DictionaryColumn } from '../../engine/columnar/column.ts';
import { type ColumnValue, int32Column, valuesOf as plain, utf8Column } from '../../engine/columnar/column-of.ts';
import { decodeDictionary, encodeDictionary, unifyDictionaries } from '../../engine/columnar/dictionary.ts';
import { sortIndices } from '../../engine/columnar/sort.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import { columnOf, types, valuesOf } from './arbitraries.ts';

function compare(type: ColumnType, a: ColumnValue, b: ColumnValue): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (type.kind === 'float64' && (Number.isNaN(a) || Number.isNaN(b)))
    return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a! < b! ? -1 : a! > b! ? 1 : 0;
}

interface Direction {
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

function compareKeys(type: ColumnType, a: ColumnValue, b: ColumnValue, { descending, nullsFirst }: Direction): number {
  if (a === null || b === null) return (Number(a === null) - Number(b === null)) * (nullsFirst ? -1 : 1);
  return compare(type, a, b) * (descending ? -1 : 1);
}

const key = fc.constantFrom(...types).chain((type) =>
  fc.record({
    type: fc.constant(type),
    values: valuesOf(type, { minLength: 30, maxLength: 30 }),
    direction: fc.record({ descending: fc.boolean(), nullsFirst: fc.boolean() }),
  }),
);

test('rows are sorted by all keys, in either direction, equal rows in their order', () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 3 }), (keys) => {
      const expected = Array.from({ length: 30 }, (_, i) => i).sort((a, b) => {
        for (const { type, values, direction } of keys) {
          const order = compareKeys(type, values[a]!, values[b]!, direction);
          if (order !== 0) return order;
        }
        return a - b;
      });
      const sorted = sortIndices(keys.map((k) => ({ column: columnOf(k.type, k.values), ...k.direction })));
      assert.deepEqual([...sorted], expected);
    }),
    { numRuns: 400 },
  );
  assert.throws(() => sortIndices([]), /no key/);
  assert.throws(() => sortIndices([{ column: int32Column([1]) }, { column: int32Column([]) }]), /keys of 1 and 0 rows/);
});

test('many rows, too, are sorted: ids that share a prefix, numbers of either sign', () => {
  const ids = Array.from(
    { length: 6000 },
    (_, i) => `evt_2025-${((i * 7919) % 6007).toString(36)}${i % 3 === 0 ? '-tail' : ''}`,
  );
  assert.deepEqual(plain(takeColumn(utf8Column(ids), sortIndices([{ column: utf8Column(ids) }]))), ids.toSorted());
  const numbers = ids.map((_, i) => ((i * 2_654_435_761) % 4_294_967_296) - 2_147_483_648);
  const sorted = takeColumn(int32Column(numbers), sortIndices([{ column: int32Column(numbers), descending: true }]));
  assert.deepEqual(
    plain(sorted),
    numbers.toSorted((a, b) => b - a),
  );
});

test('text keeps its values with a dictionary and without', () => {
  fc.assert(
    fc.property(valuesOf({ kind: 'utf8' }, { maxLength: 1500 }), (values) => {
      const text = columnOf({ kind: 'utf8' }, values);
      assert.ok(text.kind === 'utf8');
      const encoded = encodeDictionary(text);
      assert.deepEqual(plain(encoded), values);
      assert.deepEqual(encoded.values, [...new Set(values.filter((v) => v !== null))]);
      assert.deepEqual(plain(decodeDictionary(encoded)), values);
    }),
  );
});

const texts = valuesOf({ kind: 'dictionary' });
const dictionaryOf = (values: ColumnValue[]) => columnOf({ kind: 'dictionary' }, values) as DictionaryColumn;

test('unified dictionaries share one list of values', () => {
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      const [left, right] = unifyDictionaries(dictionaryOf(a), dictionaryOf(b));
      assert.ok(left !== undefined && right !== undefined && left.values === right.values);
      assert.equal(new Set(left.values).size, left.values.length);
      assert.deepEqual([plain(left), plain(right)], [a, b]);
    }),
  );
  assert.deepEqual(unifyDictionaries(), []);
});
