import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AddFile, Snapshot } from '../../engine/delta/types.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { consumedId, metadataOf } from '../../schemas/contract.ts';
import { orgDailyUsageByService as usage } from '../../schemas/gold.ts';
import { servedMart } from '../../serving/cql-type.ts';
import { diffRows, planPartitions } from '../../serving/diff.ts';
import { keyText, rowKeys } from '../../serving/row-key.ts';
import type { ServedSnapshot } from '../../serving/served-snapshot.ts';
import { rowsOf } from './rows.ts';

function snapshot(version: number, days: Readonly<Record<string, readonly string[]>>): ServedSnapshot {
  const files = Object.entries(days).flatMap(([usage_date, paths]) =>
    paths.map((path): AddFile => {
      const stats = { numRecords: 1 };
      return { path, partitionValues: { usage_date }, size: 1, modificationTime: 0, dataChange: true, stats };
    }),
  );
  const batch: Snapshot = { version, timestampMs: 0, metadata: metadataOf(usage), files, txns: new Map() };
  return { batch, speed: null };
}

const mart = servedMart({ ...usage, serving: { ...usage.serving!, speed: null } });
const base = snapshot(1, { '2025-07-01': ['a'], '2025-07-02': ['b', 'c'], '2025-07-03': ['d'] });

const planned = (plans: ReturnType<typeof planPartitions>) =>
  plans.map(({ value, next, base, unclosed, rewrite }) => [
    value,
    next?.files.length ?? 0,
    base?.files.length ?? 0,
    unclosed.reduce((n, part) => n + part.files.length, 0),
    rewrite,
  ]);

test('only partitions whose files differ are read', () => {
  const next = snapshot(2, { '2025-07-01': ['a'], '2025-07-02': ['c', 'b'], '2025-07-03': ['e'], '2025-07-04': ['f'] });
  assert.deepEqual(planned(planPartitions(mart, { next, base, unclosed: [], rebuild: false })), [
    ['2025-07-03', 1, 1, 0, false],
    ['2025-07-04', 1, 0, 0, false],
  ]);
  const without = snapshot(2, { '2025-07-01': ['a'], '2025-07-02': ['c', 'b'] });
  assert.deepEqual(planned(planPartitions(mart, { next: without, base, unclosed: [], rebuild: false })), [
    ['2025-07-03', 0, 1, 0, false],
  ]);
  assert.equal(planPartitions(mart, { next, base: null, unclosed: [], rebuild: false }).length, 4);
});

test('partitions that an unclosed publication changed are written again, also where nothing differs now', () => {
  const unclosed = [{ snapshot: snapshot(2, { '2025-07-01': ['a', 'x'], '2025-07-02': ['b', 'c'] }), rebuild: false }];
  assert.deepEqual(planned(planPartitions(mart, { next: base, base, unclosed, rebuild: false })), [
    ['2025-07-01', 1, 1, 2, true],
    ['2025-07-03', 1, 1, 0, true],
  ]);
  const rebuilt = [{ snapshot: base, rebuild: true }];
  assert.deepEqual(
    planPartitions(mart, { next: base, base, unclosed: rebuilt, rebuild: false }).map((p) => p.rewrite),
    [true, true, true],
  );
});

test('of increments those that the mart has not consumed count, file by file and version by version', () => {
  const served = servedMart(usage);
  const increments = (day: string, path: string, [least, most]: readonly [number, number]): AddFile => ({
    path,
    partitionValues: { usage_date: day },
    size: 1,
    modificationTime: 0,
    dataChange: true,
    stats: { numRecords: 1, minValues: { bronze_version: `${least}` }, maxValues: { bronze_version: `${most}` } },
  });
  const metadata = metadataOf(usage);
  const speed = (files: readonly AddFile[]): Snapshot => ({
    version: 4,
    timestampMs: 0,
    metadata,
    files,
    txns: new Map(),
  });
  const consumedTo = (version: number): Snapshot => ({
    ...base.batch!,
    txns: new Map([[consumedId(usage.name, '2025-07-01', bronzeUsageEvents.name), version]]),
  });
  const files = [increments('2025-07-01', 'x', [1, 4]), increments('2025-07-05', 'y', [2, 2])];
  const next = { batch: consumedTo(2), speed: speed(files) };
  const values = (before: ServedSnapshot) =>
    planPartitions(served, { next, base: before, unclosed: [], rebuild: false }).map((plan) => plan.value);
  assert.deepEqual(values(base), ['2025-07-01', '2025-07-05']);
  assert.deepEqual(values(next), []);
  assert.deepEqual(values({ ...next, speed: speed(files.slice(0, 1)) }), ['2025-07-05']);
  // The same files, of which the mart had consumed less, or all.
  assert.deepEqual(values({ ...next, batch: consumedTo(1) }), ['2025-07-01']);
  assert.deepEqual(values({ ...next, batch: consumedTo(4) }), ['2025-07-01']);
});

test('applied to any state that the versions allow, the difference gives the new version', () => {
  const version = fc
    .dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.constantFrom(null, '0', '1', '2'))
    .map((rows) => Object.entries(rows).map(([org_id, daily_requests]) => ({ org_id, daily_requests, ...day })));
  fc.assert(
    fc.property(version, version, version, fc.boolean(), (before, dead, after, died) => {
      const [next, old, unclosed] = [rowsOf(usage, after), rowsOf(usage, before), rowsOf(usage, died ? dead : [])];
      const diff = diffRows(mart.columns, mart.key, { next, base: old, unclosed }, died);
      const served = new Map(before.map((row) => [row.org_id, row.daily_requests]));
      // The dead one wrote some of its rows.
      if (died) for (const row of dead.slice(1)) served.set(row.org_id, row.daily_requests);
      const touched: string[] = [];
      const at = (rows: typeof before, row: number) => rows[row] ?? assert.fail(`row ${row}`);
      for (const row of diff.upserts) {
        const { org_id, daily_requests } = at(after, row);
        served.set(org_id, daily_requests);
        touched.push(org_id);
      }
      const gone = [
        ...Array.from(diff.deletes, (row) => at(before, row)),
        ...Array.from(diff.unclosedDeletes, (row) => at(dead, row)),
      ];
      for (const { org_id } of gone) {
        served.delete(org_id);
        touched.push(org_id);
      }
      assert.deepEqual(served, new Map(after.map((row) => [row.org_id, row.daily_requests])));
      assert.equal(new Set(touched).size, touched.length, 'a key is written or deleted once');
      if (!died) {
        const same = after.filter((row) =>
          before.some((b) => b.org_id === row.org_id && b.daily_requests === row.daily_requests),
        );
        assert.equal(diff.upserts.length, after.length - same.length);
      }
    }),
  );
});

const day = { usage_date: '2025-07-01', service_name: 'compute' };

test('a key that the mart has twice is refused', () => {
  const next = rowsOf(usage, [
    { org_id: 'a', ...day },
    { org_id: 'a', ...day },
  ]);
  const none = rowsOf(usage, []);
  assert.throws(() => diffRows(mart.columns, mart.key, { next, base: none, unclosed: none }, false), /twice/);
});

test('keys are equal only when every part is', () => {
  assert.notEqual(keyText(['a', 'b1']), keyText(['ab', '1']));
  assert.notEqual(keyText(['1:a', 'b']), keyText(['1', 'a1:b']));
  const table = rowsOf(usage, [{ org_id: 'é', ...day }]);
  assert.deepEqual(rowKeys(table, ['org_id', 'usage_date']), [keyText(['é', '2025-07-01'])]);
});
