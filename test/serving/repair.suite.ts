import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayText } from '../../engine/columnar/cell.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import type { TableContract } from '../../schemas/contract.ts';
import {
  orgMonthlyRevenue as revenue,
  dailyUsageRollup as rollup,
  orgDailyUsageByService as usage,
} from '../../schemas/gold.ts';
import { PublicationMismatch, publicationState } from '../../serving/publication-state.ts';
import { publish } from '../../serving/publish.ts';
import { rebuild } from '../../serving/rebuild.ts';
import type { Session } from '../../serving/session.ts';
import { verify } from '../../serving/verify.ts';
import { overwrite, temporaryLake } from './lakes.ts';
import { migrated } from './support.ts';

const marts = [usage, revenue, rollup];

async function fill(lake: Lake, session: Session): Promise<void> {
  await overwrite(lake, usage, [
    { org_id: 'org_a', usage_date: '2025-07-01', service_name: 'compute', daily_cost_usd: '1' },
    { org_id: 'org_a', usage_date: '2025-07-02', service_name: 'compute', daily_cost_usd: '2' },
    { org_id: 'org_b', usage_date: '2025-07-02', service_name: 'genai', daily_cost_usd: '3' },
  ]);
  await overwrite(lake, revenue, [{ org_id: 'org_a', month: '2025-07-01', revenue_usd: '10', flags: 'tax_sign' }]);
  await overwrite(lake, rollup, [
    { usage_date: '2025-07-01', service_name: 'compute', hq_region: 'emea', plan_tier: 'pro', daily_cost_usd: '1' },
    { usage_date: '2025-07-02', service_name: 'compute', hq_region: 'emea', plan_tier: 'pro', daily_cost_usd: '5' },
  ]);
  for (const mart of marts) await publish({ lake, session, mart, runId: 'run' });
}

async function differences(lake: Lake, session: Session, mart: TableContract, partitions: 'changed' | 'all') {
  const { missing, extra, different } = await verify({ lake, session, mart, partitions, limit: 10 });
  return { missing, extra, different };
}

const none = { missing: 0, extra: 0, different: 0 };

test('verify finds a tampered value, a lost row and a row too much', async (t) => {
  const session = await migrated(t);
  const { lake } = temporaryLake(t);
  await fill(lake, session);
  await session.executeOnce(
    `UPDATE org_daily_usage_by_service SET daily_cost_usd = 1.000001 WHERE org_id = 'org_a' AND usage_date = '2025-07-01' AND service_name = 'compute'`,
  );
  await session.executeOnce(`DELETE FROM org_daily_usage_by_service WHERE org_id = 'org_b'`);
  await session.executeOnce(
    `INSERT INTO org_daily_usage_by_service (org_id, usage_date, service_name) VALUES ('org_a', '2025-07-02', 'storage')`,
  );
  for (const partitions of ['all', 'changed'] as const) {
    const result = await verify({ lake, session, mart: usage, partitions, limit: 10 });
    assert.deepEqual([result.rows, result.missing, result.extra, result.different], [3, 1, 1, 1]);
    assert.deepEqual(
      [...result.samples].sort((a, b) => (a.kind < b.kind ? -1 : 1)),
      [
        {
          kind: 'different',
          key: { org_id: 'org_a', usage_date: '2025-07-01', service_name: 'compute' },
          column: 'daily_cost_usd',
          lake: '1.000000',
          cassandra: '1.000001',
        },
        { kind: 'extra', key: { org_id: 'org_a', usage_date: '2025-07-02', service_name: 'storage' } },
        { kind: 'missing', key: { org_id: 'org_b', usage_date: '2025-07-02', service_name: 'genai' } },
      ],
    );
  }
  const few = await verify({ lake, session, mart: usage, partitions: 'all', limit: 1 });
  assert.deepEqual([few.samples.length, few.missing + few.extra + few.different], [1, 3]);
  for (const mart of [revenue, rollup]) assert.deepEqual(await differences(lake, session, mart, 'changed'), none);

  // The lake did not change: publishing sees nothing to do, rebuilding puts it right.
  assert.equal((await publish({ lake, session, mart: usage, runId: 'run' })).unchanged, true);
  const [rebuilt] = await rebuild({ lake, session, marts, runId: 'run' });
  assert.deepEqual([rebuilt?.written, rebuilt?.deleted], [3, 1]);
  for (const mart of marts) assert.deepEqual(await differences(lake, session, mart, 'all'), none);
  assert.equal((await publish({ lake, session, mart: usage, runId: 'run' })).unchanged, true);
});

test('a wiped keyspace is a mismatch, and rebuilding ends it', async (t) => {
  const { lake } = temporaryLake(t);
  await fill(lake, await migrated(t));
  const session = await migrated(t);
  assert.equal((await publicationState(session)).size, 0);
  await assert.rejects(publish({ lake, session, mart: usage, runId: 'run' }), (error: Error) => {
    assert.ok(error instanceof PublicationMismatch);
    assert.match(
      error.message,
      /has closed publication \d+ \(version 0\), but Cassandra at .* holds none; run rebuild/,
    );
    return true;
  });
  await rebuild({ lake, session, marts, runId: 'run' });
  for (const mart of marts) assert.deepEqual(await differences(lake, session, mart, 'all'), none);
  await overwrite(lake, usage, [], ['2025-07-02']);
  const result = await publish({ lake, session, mart: usage, runId: 'run' });
  assert.deepEqual([result.written, result.deleted], [0, 2]);
});

test('a keyspace restored from an older copy is a mismatch', async (t) => {
  const session = await migrated(t);
  const { lake } = temporaryLake(t);
  await fill(lake, session);
  const older = (await publicationState(session)).get(usage.name);
  await overwrite(lake, usage, [], ['2025-07-01']);
  await publish({ lake, session, mart: usage, runId: 'run' });
  // Written later than the state it replaces, as a restore would.
  await session.executeOnce('UPDATE publication_state SET number = ?, version = ? WHERE mart = ?', [
    BigInt(older?.number ?? 0),
    BigInt(older?.version ?? 0),
    usage.name,
  ]);
  await assert.rejects(publish({ lake, session, mart: usage, runId: 'run' }), PublicationMismatch);
  // A plain write has the clock as its timestamp: the rebuild's is above that.
  await rebuild({ lake, session, marts, runId: 'run' });
  assert.deepEqual(await differences(lake, session, usage, 'all'), none);
  assert.equal((await publish({ lake, session, mart: usage, runId: 'run' })).unchanged, true);
});

test('the keyspace of another lake is a mismatch for every mart until all are rebuilt', async (t) => {
  const session = await migrated(t);
  await fill(temporaryLake(t).lake, session);
  const { lake } = temporaryLake(t);
  await overwrite(lake, usage, [{ org_id: 'org_q', usage_date: '2025-07-09', service_name: 'compute' }]);
  await assert.rejects(publish({ lake, session, mart: usage, runId: 'run' }), PublicationMismatch);

  // A rebuild that died between two marts has not made it right.
  await rebuild({ lake, session, marts: [usage], runId: 'run' });
  assert.deepEqual(await differences(lake, session, usage, 'all'), none);
  await assert.rejects(publish({ lake, session, mart: usage, runId: 'run' }), PublicationMismatch);

  const results = await rebuild({ lake, session, marts, runId: 'run' });
  assert.deepEqual(
    results.map((r) => [r.version, r.written, r.deleted]),
    [
      [0, 1, 0],
      [null, 0, 1],
      [null, 0, 2],
    ],
  );
  const days = await session.execute('SELECT mart, day FROM served_days');
  assert.deepEqual(
    days.map((row) => String(row.day)),
    ['2025-07-09'],
  );
  assert.equal((await publish({ lake, session, mart: usage, runId: 'run' })).unchanged, true);
});

test('a rebuild deletes more rows than a page holds', async (t) => {
  const session = await migrated(t);
  const { lake } = temporaryLake(t);
  await fill(lake, session);
  const query = `INSERT INTO org_monthly_revenue (org_id, month) VALUES ('stray', ?)`;
  const strays = Array.from({ length: 4100 }, (_, i) => dayText(i));
  for (let from = 0; from < strays.length; from += 200) {
    const statements = strays.slice(from, from + 200).map((month) => ({ query, params: [month] }));
    await session.batch(statements, Date.now() * 1000);
  }
  assert.deepEqual(await differences(lake, session, revenue, 'all'), { ...none, extra: 4100 });
  const [result] = await rebuild({ lake, session, marts: [revenue], runId: 'run' });
  assert.deepEqual([result?.written, result?.deleted], [1, 4100]);
  assert.deepEqual(await differences(lake, session, revenue, 'all'), none);
});

test('a rebuild that died half-way does not hide what it wrote from the next publication', async (t) => {
  const session = await migrated(t);
  const { lake } = temporaryLake(t);
  await fill(lake, session);
  await overwrite(lake, usage, [{ org_id: 'org_new', usage_date: '2025-07-05', service_name: 'compute' }]);
  let left = 1;
  const dying: Session = {
    ...session,
    execute: async (query, params, timestamp) => {
      if (/^INSERT INTO publication_state/.test(query) && left-- > 0) throw new Error('the process died');
      return session.execute(query, params, timestamp);
    },
  };
  await assert.rejects(rebuild({ lake, session: dying, marts: [usage], runId: 'run' }), /died/);
  await overwrite(lake, usage, [], ['2025-07-05']);
  const result = await publish({ lake, session, mart: usage, runId: 'run' });
  assert.equal(result.deleted, 1);
  assert.deepEqual(await differences(lake, session, usage, 'all'), none);
});
