import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ColumnType } from '../../engine/columnar/column.ts';
import { type ColumnValue, columnOfValues } from '../../engine/columnar/column-of.ts';
import { BadCondition, filterOf, parseCondition } from '../../engine/delta/condition.ts';

/** Numbers of the values that satisfy a condition on column `c`. */
function holding(type: ColumnType, values: readonly ColumnValue[], condition: string): number[] {
  const filter = filterOf(parseCondition(condition), [{ name: 'c', type, nullable: true }]);
  const column = columnOfValues(type, values);
  return values.flatMap((_, i) => (filter.holds(column, i) ? [i] : []));
}

const decimal: ColumnType = { kind: 'decimal', precision: 38, scale: 2 };

const cases: readonly (readonly [ColumnType, readonly ColumnValue[], string, readonly number[]])[] = [
  [{ kind: 'utf8' }, ['b', 'a', null, ''], 'c=a', [1]],
  [{ kind: 'utf8' }, ['b', 'a', null, ''], 'c!=a', [0, 2, 3]],
  [{ kind: 'utf8' }, ['b', 'a', null, ''], 'c=', [2, 3]],
  [{ kind: 'utf8' }, ['b', 'a', null, ''], 'c!=', [0, 1]],
  [{ kind: 'utf8' }, ['x=y', 'x'], 'c = x=y ', [0]],
  [{ kind: 'utf8' }, ['\u{1f600}', '\uffee'], 'c>\uffee', [0]],
  [{ kind: 'dictionary' }, ['b', 'a', 'b', null], 'c>=b', [0, 2]],
  [{ kind: 'bool' }, [true, false, null], 'c=true', [0]],
  [{ kind: 'bool' }, [true, false, null], 'c!=true', [1, 2]],
  [{ kind: 'int32' }, [-2, 0, 10, null], 'c<10', [0, 1]],
  [{ kind: 'int64' }, [9_007_199_254_740_993n, 9_007_199_254_740_992n], 'c=9007199254740993', [0]],
  [{ kind: 'int64' }, [1n, 2n, null], 'c>-1', [0, 1]],
  [{ kind: 'float64' }, [0.5, -0.5, null], 'c>1e-1', [0]],
  [decimal, [150n, -150n, 0n, null], 'c=1.5', [0]],
  [decimal, [150n, 149n, -150n], 'c>1.499', [0]],
  [decimal, [150n, 149n], 'c=1.499', []],
  [decimal, [-1n, 0n, 1n], 'c<.001', [0, 1]],
  [decimal, [10n ** 37n, 1n], 'c>99999999999999999999999999999999999', [0]],
  [{ kind: 'date' }, [0, 20_314, null], 'c>=2025-08-14', [1]],
  [{ kind: 'timestamp' }, [1_755_129_600_000_000n, 1_755_129_600_000_001n], 'c>2025-08-14', [1]],
  [{ kind: 'timestamp' }, [1_755_129_600_000_001n, 0n], 'c=2025-08-13T21:00:00.000001-03:00', [0]],
];

for (const [type, values, condition, expected] of cases) {
  test(`${type.kind}: ${condition}`, () => assert.deepEqual(holding(type, values, condition), expected));
}

for (const [kind, condition] of [
  ['int32', 'c=1.5'],
  ['int64', 'c=x'],
  ['float64', 'c=Infinity'],
  ['bool', 'c=yes'],
  ['date', 'c=2025-02-30'],
  ['timestamp', 'c=10:00'],
  ['binary', 'c=x'],
  ['utf8', 'c>'],
  ['utf8', 'd=x'],
] as const) {
  test(`${kind}: ${condition} is refused`, () => {
    assert.throws(() => holding({ kind }, [], condition), BadCondition);
  });
}

test('decimals are refused with an exponent or as text', () => {
  for (const condition of ['c=1e3', 'c=ten', 'c=.']) assert.throws(() => holding(decimal, [], condition), BadCondition);
});

test('what is no condition is refused', () => {
  for (const text of ['', '=1', 'c', 'c~1', 'a b=1']) assert.throws(() => parseCondition(text), BadCondition);
});
