import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ColumnType, DictionaryColumn } from '../../engine/columnar/column.ts';
import { type ColumnValue, int32Column, valuesOf as plain, utf8Column } from '../../engine/columnar/column-of.ts';
import { concatDictionaries, decodeDictionary, encodeDictionary } from '../../engine/columnar/dictionary.ts';
import { knownTexts, vectorOf } from '../../engine/columnar/dictionary-vector.ts';
import { sortIndices } from '../../engine/columnar/sort.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import { decodeText, decodeTexts } from '../../engine/columnar/text.ts';
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

const utf8 = (text: string) => new TextEncoder().encode(text);
const texts = valuesOf({ kind: 'dictionary' });
const dictionaryOf = (values: ColumnValue[]) => columnOf({ kind: 'dictionary' }, values) as DictionaryColumn;

test('dictionaries end to end share one list of values, the first one where it has them all', () => {
  fc.assert(
    fc.property(texts, texts, texts, (a, b, c) => {
      const parts = [a, b, c].map(dictionaryOf);
      const length = a.length + b.length + c.length;
      const { codes, values } = concatDictionaries(parts, length);
      assert.equal(new Set(values).size, values.length);
      const all = [...a, ...b, ...c];
      assert.deepEqual(
        all.map((value, i) => (value === null ? null : values[codes[i]!])),
        all,
      );
      for (let i = 0; i < length; i++) if (all[i] === null) assert.equal(codes[i], 0);
      const twice = concatDictionaries([parts[0]!, { ...parts[0]!, values: [...parts[0]!.values] }], 2 * a.length);
      assert.equal(twice.values, parts[0]!.values);
    }),
  );
  assert.deepEqual([...concatDictionaries([], 0).values], []);
});

test('texts cut out of one decoded whole are those decoded one by one', () => {
  const bytes = fc.array(
    fc.oneof(fc.uint8Array({ maxLength: 4 }), fc.constantFrom(...['a', 'é', '€', '😀'].map(utf8))),
  );
  fc.assert(
    fc.property(bytes, (parts) => {
      const offsets = new Int32Array(parts.length + 1);
      parts.forEach((part, i) => {
        offsets[i + 1] = offsets[i]! + part.length;
      });
      const whole = Uint8Array.from(parts.flatMap((part) => [...part]));
      assert.deepEqual(
        decodeTexts(whole, offsets, parts.length),
        parts.map((part) => decodeText(part, 0, part.length)),
      );
    }),
  );
});

test('a list of values is one vector, and the vector that list, unless bytes change it', () => {
  const values = ['a', 'é', ''];
  const vector = vectorOf(values);
  assert.equal(vectorOf(values), vector);
  assert.equal(knownTexts(vector), values);
  assert.deepEqual([...vector], values);
  assert.equal(knownTexts(vectorOf(['a', '\ud800'])), undefined);
  values.push('more');
  assert.equal(knownTexts(vector), undefined);
  assert.deepEqual([...vectorOf(values)], values);
});
