import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { logicalHash } from '../../engine/columnar/hash.ts';
import { masters } from '../../schemas/bronze.ts';
import { contentOf } from '../../schemas/contract.ts';
import { dimOrgs, dimResources } from '../../schemas/silver.ts';
import { DimensionShrunk, type DimensionSnapshot, scd2 } from '../../transforms/silver/dimension.ts';
import { type Row, rowsOf, tableFrom, usOf } from './rows.ts';

const fields = masters.find((m) => m.name === 'customers_orgs')!.contract.fields;
const at = (day: string) => usOf(`${day}T00:00:00Z`);

function snapshot(day: string, plans: Readonly<Record<string, string>>, correctsFrom?: string): DimensionSnapshot {
  const rows = Object.entries(plans).map(([org_id, plan_tier]) => ({ org_id, plan_tier }));
  return {
    instantUs: at(day),
    table: tableFrom(fields, rows),
    ...(correctsFrom === undefined ? {} : { correctsFromUs: at(correctsFrom) }),
  };
}

/** Versions as `org plan from…to` with flags. */
function versions(snapshots: readonly DimensionSnapshot[]): string[] {
  return rowsOf(scd2(dimOrgs, snapshots)).map((v) => {
    const [from, to] = [v.valid_from, v.valid_to].map((t) => (t === null ? '' : String(t).slice(0, 10)));
    const marks = [v.is_current === true ? ' current' : '', v.is_absent === true ? ' absent' : ''];
    return `${v.org_id} ${v.plan_tier} ${from}…${to}${marks.join('')}`;
  });
}

test('a version lasts while the tracked fields stay the same', () => {
  const snapshots = [
    snapshot('2025-01-01', { a: 'free', b: 'free', c: 'pro' }),
    snapshot('2025-02-01', { a: 'free', b: 'pro', c: 'pro' }),
    snapshot('2025-03-01', { a: 'free', b: 'free', c: 'pro', d: 'pro' }),
  ];
  const expected = [
    'a free 2025-01-01… current',
    'b free 2025-01-01…2025-02-01',
    'b pro 2025-02-01…2025-03-01',
    'b free 2025-03-01… current',
    'c pro 2025-01-01… current',
    'd pro 2025-03-01… current',
  ];
  assert.deepEqual(versions(snapshots), expected);
  assert.deepEqual(versions(snapshots.toReversed()), expected);
});

test('a key missing from a snapshot keeps its last values in an absent version, flagged', () => {
  const snapshots = [
    snapshot('2025-01-01', { a: 'free', b: 'free', c: 'pro', d: 'pro' }),
    snapshot('2025-02-01', { b: 'free', c: 'pro', d: 'pro' }),
    snapshot('2025-03-01', { b: 'free', c: 'pro', d: 'pro' }),
    snapshot('2025-04-01', { a: 'free', b: 'free', d: 'pro' }),
  ];
  assert.deepEqual(versions(snapshots), [
    'a free 2025-01-01…2025-02-01',
    'a free 2025-02-01…2025-04-01 absent',
    'a free 2025-04-01… current',
    'b free 2025-01-01… current',
    'c pro 2025-01-01…2025-04-01',
    'c pro 2025-04-01… current absent',
    'd pro 2025-01-01… current',
  ]);
  const flags = rowsOf(scd2(dimOrgs, snapshots), ['flags']).map((r) => r.flags);
  assert.deepEqual(flags, [null, 'absent', null, null, null, 'absent', null]);
});

test('a correction rewrites history from its instant; what comes later stays', () => {
  const snapshots = [
    snapshot('2025-01-01', { a: 'free', b: 'free', c: 'pro' }),
    snapshot('2025-02-01', { a: 'pro', b: 'free', c: 'pro' }),
    snapshot('2025-03-01', { a: 'pro', b: 'pro', c: 'pro' }),
    snapshot('2025-03-10', { a: 'enterprise', b: 'free', c: 'pro' }, '2025-01-15'),
    snapshot('2025-04-01', { a: 'enterprise', b: 'pro', c: 'pro' }),
  ];
  assert.deepEqual(versions(snapshots), [
    'a free 2025-01-01…2025-01-15',
    'a enterprise 2025-01-15… current',
    'b free 2025-01-01…2025-04-01',
    'b pro 2025-04-01… current',
    'c pro 2025-01-01… current',
  ]);
});

test('of two snapshots for the same instant the later in the list counts', () => {
  const snapshots = [snapshot('2025-01-01', { a: 'free' }), snapshot('2025-01-01', { a: 'pro' })];
  assert.deepEqual(versions(snapshots), ['a pro 2025-01-01… current']);
});

test('a snapshot that lacks half the keys of the one before fails, naming both counts', () => {
  const before = snapshot('2025-01-01', { a: 'free', b: 'free', c: 'free', d: 'free' });
  const half = snapshot('2025-02-01', { a: 'free', b: 'free', x: 'free', y: 'free' });
  assert.throws(
    () => scd2(dimOrgs, [before, half]),
    (error: unknown) =>
      error instanceof DimensionShrunk &&
      error.keysBefore === 4 &&
      error.keysMissing === 2 &&
      /silver\.dim_orgs.*2025-02-01.*lacks 2 of the 4 keys/.test(error.message),
  );
  assert.equal(scd2(dimOrgs, [before, snapshot('2025-02-01', { a: 'free', b: 'free', c: 'free' })]).numRows, 5);
});

test('codes come in one form, and rules flag versions', () => {
  const table = tableFrom(fields, [
    { org_id: 'a', plan_tier: ' Pro ', nps_score: '101' },
    { org_id: 'b', plan_tier: 'pro', rescued: '{"is_enterprise":"maybe"}' },
  ]);
  assert.deepEqual(rowsOf(scd2(dimOrgs, [{ instantUs: 0, table }]), ['plan_tier', 'flags']), [
    { plan_tier: 'pro', flags: 'nps_out_of_range' },
    { plan_tier: 'pro', flags: 'wrong_type' },
  ]);
  const resources = masters.find((m) => m.name === 'resources')!.contract.fields;
  const rows: Row[] = [
    { resource_id: 'r1', service: 'compute' },
    { resource_id: 'r2', service: 'quantum' },
  ];
  const dimension = scd2(dimResources, [{ instantUs: 0, table: tableFrom(resources, rows) }]);
  assert.deepEqual(rowsOf(dimension, ['resource_id', 'flags']), [
    { resource_id: 'r1', flags: null },
    { resource_id: 'r2', flags: 'unknown_service' },
  ]);
});

const plans = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('free', 'pro'), { minKeys: 3 });

test('whatever the order of the snapshots, every instant sees the snapshot that held then', () => {
  fc.assert(
    fc.property(fc.array(plans, { minLength: 1, maxLength: 6 }), fc.integer(), (contents, seed) => {
      const day = (i: number) => `2025-0${i + 1}-01`;
      const snapshots = contents.map((c, i) => snapshot(day(i), c));
      const dimension = scd2(dimOrgs, snapshots);
      const shuffled = snapshots.toSorted(
        (a, b) => ((a.instantUs / 1e6 + seed) % 7) - ((b.instantUs / 1e6 + seed) % 7),
      );
      const names = contentOf(dimOrgs);
      assert.equal(logicalHash(scd2(dimOrgs, shuffled), names), logicalHash(dimension, names));
      const rows = rowsOf(dimension);
      contents.forEach((content, i) => {
        const instant = `${day(i)}T00:00:00.000Z`;
        const holds = rows.filter(
          (v) => String(v.valid_from) <= instant && (v.valid_to === null || instant < String(v.valid_to)),
        );
        const present = holds.filter((v) => v.is_absent === false);
        assert.deepEqual(Object.fromEntries(present.map((v) => [v.org_id, v.plan_tier])), { ...content });
      });
    }),
    { numRuns: 60 },
  );
});
