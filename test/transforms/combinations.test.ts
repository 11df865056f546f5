import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Column } from '../../engine/columnar/column.ts';
import { dictionaryColumn, int32Column, utf8Column, valueAt } from '../../engine/columnar/column-of.ts';
import { above, all, any, isIn, isNull, not, type Predicate } from '../../schemas/rule.ts';
import { combinedMask } from '../../transforms/combinations.ts';
import { maskOf } from '../../transforms/quality.ts';

const names = ['a', 'b', 'n'];

const predicates: fc.Arbitrary<Predicate> = fc.letrec<{ predicate: Predicate }>((tie) => ({
  predicate: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(...names).map(isNull),
    fc
      .tuple(fc.constantFrom('a', 'b'), fc.subarray(['x', 'y', 'z', 'elsewhere']))
      .map(([field, values]) => isIn(field, values)),
    tie('predicate').map(not),
    fc.array(tie('predicate'), { maxLength: 3 }).map((list) => all(...list)),
    fc.array(tie('predicate'), { maxLength: 3 }).map((list) => any(...list)),
  ),
})).predicate;

const rows = fc.array(
  fc.record({
    a: fc.constantFrom('x', 'y', 'z', null),
    b: fc.constantFrom('x', 'y', null),
    n: fc.constantFrom(1, 2, null),
  }),
  { maxLength: 30 },
);

function holds(predicate: Predicate, columns: Readonly<Record<string, Column>>, row: number): boolean {
  if ('all' in predicate) return predicate.all.length > 0 && predicate.all.every((p) => holds(p, columns, row));
  if ('any' in predicate) return predicate.any.some((p) => holds(p, columns, row));
  if ('not' in predicate) return !holds(predicate.not, columns, row);
  assert.ok(predicate.is === 'null' || predicate.is === 'in');
  const value = valueAt(columns[predicate.field]!, row);
  return predicate.is === 'null' ? value === null : value !== null && predicate.values.includes(value as string);
}

test('a condition on texts and nulls holds in the rows in which it holds one by one', () => {
  fc.assert(
    fc.property(predicates, rows, (predicate, list) => {
      const columns: Record<string, Column> = {
        a: dictionaryColumn(list.map(({ a }) => a)),
        b: dictionaryColumn(list.map(({ b }) => b)),
        n: int32Column(list.map(({ n }) => n)),
      };
      const frame = {
        length: list.length,
        rescued: { fields: new Map(), repeated: [] },
        column: (name: string) => columns[name]!,
      };
      const expected = list.map((_, row) => (holds(predicate, columns, row) ? 1 : 0));
      assert.deepEqual([...(maskOf(predicate, frame) ?? new Uint8Array(list.length))], expected);
      const combined = combinedMask(predicate, frame.column);
      if (combined !== undefined) assert.deepEqual([...(combined ?? new Uint8Array(list.length))], expected);
    }),
    { numRuns: 500 },
  );
});

test('other conditions, other columns and too many combinations are left to the plain evaluation', () => {
  const many = dictionaryColumn(Array.from({ length: 100 }, (_, i) => `${i}`));
  const column = (name: string): Column => (name === 'text' ? utf8Column(['x']) : many);
  assert.equal(combinedMask(all(isNull('a'), above('n', '1')), column), undefined);
  assert.equal(combinedMask(not(isIn('text', ['x'])), column), undefined);
  assert.equal(combinedMask(all(isIn('a', ['1']), isIn('b', ['1'])), column), undefined);
});
