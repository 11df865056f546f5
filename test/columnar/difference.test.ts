/** Differences of tables against the plain way: maps of texts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type ColumnValue,
  decimalColumn,
  dictionaryColumn,
  int64Column,
  utf8Column,
} from '../../engine/columnar/column-of.ts';
import { differenceSums, rowDifference } from '../../engine/columnar/difference.ts';
import { columnOf, tableOf } from '../../engine/columnar/table.ts';
import { unscaled } from './arbitraries.ts';

type Row = readonly [org: string | null, service: string, cost: bigint | null, events: bigint];

const key = ['org', 'service'];
const content = ['service', 'cost', 'events'];
const tableFrom = (rows: readonly Row[]) =>
  tableOf({
    org: utf8Column(rows.map((r) => r[0])),
    service: dictionaryColumn(rows.map((r) => r[1])),
    cost: decimalColumn(
      rows.map((r) => r[2]),
      38,
      6,
    ),
    events: int64Column(rows.map((r) => r[3])),
  });
const textOf = (row: readonly ColumnValue[]): string => row.map(String).join('|');
const keyOf = (row: Row): string => textOf(row.slice(0, 2));

/** Rows with the same content go together, then rows with the same key, then those left over. */
function plain(before: readonly Row[], after: readonly Row[]) {
  const open = before.map((row, at) => ({ row, at }));
  const take = (same: (row: Row) => boolean): number => {
    const found = open.findIndex(({ row }) => same(row));
    return found < 0 ? -1 : open.splice(found, 1)[0]!.at;
  };
  const fresh = after.flatMap((row, at) => (take((r) => textOf(r) === textOf(row)) < 0 ? [{ row, at }] : []));
  const pairs = fresh.map(({ row, at }) => ({ at, other: take((r) => keyOf(r) === keyOf(row)) }));
  return {
    added: pairs.filter((p) => p.other < 0).map((p) => p.at),
    removed: open.map(({ at }) => at),
    changed: {
      before: pairs.filter((p) => p.other >= 0).map((p) => p.other),
      after: pairs.filter((p) => p.other >= 0).map((p) => p.at),
    },
  };
}

const amount = fc.oneof(
  fc.constant(null),
  fc.bigInt(-3n, 3n),
  unscaled.filter((n) => n ** 2n < 10n ** 70n),
);
const rows = fc.array(
  fc.tuple(fc.constantFrom('a', 'b', null), fc.constantFrom('x', 'y', ''), amount, fc.bigInt(0n, 2n)),
  { maxLength: 14 },
);

test('rows are added, removed and changed, and sum up, as the plain way finds; keys may repeat', () => {
  fc.assert(
    fc.property(rows, rows, (before, after) => {
      const [left, right] = [tableFrom(before), tableFrom(after)];
      const found = rowDifference(left, right, key, content);
      const { added, removed, changed } = found;
      const expected = plain(before, after);
      const lists = { added: [...added], removed: [...removed] };
      assert.deepEqual({ ...lists, changed: { before: [...changed.before], after: [...changed.after] } }, expected);
      for (const [name, at] of [
        ['cost', 2],
        ['events', 3],
      ] as const) {
        const sum = (side: readonly Row[], list: readonly number[]): bigint =>
          list.reduce((n, row) => n + (side[row]![at] ?? 0n), 0n);
        assert.deepEqual(differenceSums(found, columnOf(left, name), columnOf(right, name)), {
          added: sum(after, expected.added),
          removed: sum(before, expected.removed),
          changedBefore: sum(before, expected.changed.before),
          changedAfter: sum(after, expected.changed.after),
        });
      }
    }),
  );
});

test('what is outside key and content does not count', () => {
  const [before, after] = [tableFrom([['a', 'x', 1n, 1n]]), tableFrom([['a', 'x', 2n, 1n]])];
  assert.equal(rowDifference(before, after, key, ['events']).changed.after.length, 0);
});
