/** The daily usage mart with increments of the speed layer in its rows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropConsumed } from '../../activities/speed.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { orgDailyUsageByServiceSpeed as speed, orgDailyUsageByService as usage } from '../../schemas/gold.ts';
import { followingReader } from '../../serving/following-reader.ts';
import { readPublications } from '../../serving/publication-log.ts';
import { publish } from '../../serving/publish.ts';
import { rebuild } from '../../serving/rebuild.ts';
import type { Session } from '../../serving/session.ts';
import { verify } from '../../serving/verify.ts';
import { compactIncrements, increment, overwrite, temporaryLake } from './lakes.ts';
import type { Row } from './rows.ts';
import { another, migrated } from './support.ts';

const monday = '2025-07-07';
const tuesday = '2025-07-08';

/** A row of ten requests an event. */
const row = (org_id: string, usage_date: string, cost: string, events = 1): Row => ({
  org_id,
  usage_date,
  service_name: 'compute',
  daily_cost_usd: cost,
  daily_requests: `${10 * events}`,
  cost_per_request: (Number(cost) / (10 * events)).toFixed(12),
  stated_measures: 1,
  event_count: events,
});
const added = (org: string, day: string, cost: string, bronze_version: number): Row => ({
  ...row(org, day, cost),
  bronze_version,
});

type Served = readonly [org: string, day: string, cost: string, events: number, layer: string, version: number];

/** What Cassandra holds, in the order of the keys. */
async function served(session: Session): Promise<Served[]> {
  const rows = await session.execute(
    'SELECT org_id, usage_date, daily_cost_usd, event_count, layer, bronze_version FROM org_daily_usage_by_service',
  );
  return rows
    .map(
      (r): Served => [
        String(r.org_id),
        String(r.usage_date),
        String(r.daily_cost_usd).replace(/\.?0+$/, ''),
        Number(r.event_count),
        String(r.layer),
        Number(r.bronze_version),
      ],
    )
    .sort((a, b) => (a.slice(0, 2).join() < b.slice(0, 2).join() ? -1 : 1));
}

async function assertVerified(lake: Lake, session: Session, rows: number): Promise<void> {
  for (const partitions of ['all', 'changed'] as const) {
    const found = await verify({ lake, session, mart: usage, partitions, limit: 5 });
    assert.deepEqual([found.missing, found.extra, found.different, found.samples], [0, 0, 0, []]);
    if (partitions === 'all') assert.equal(found.rows, rows);
  }
}

const publishNow = (lake: Lake, session: Session) => publish({ lake, session, mart: usage, runId: 'run' });

test('increments are served before the mart was ever built, and in its rows from then on', async (t) => {
  const session = await migrated(t);
  const { lake } = temporaryLake(t);
  await increment(lake, [added('a', monday, '1', 3), added('a', monday, '2', 4), added('b', tuesday, '5', 4)]);
  const first = await publishNow(lake, session);
  assert.deepEqual([first.version, first.written], [-1, 2]);
  assert.deepEqual(await served(session), [
    ['a', monday, '3', 2, 'speed', 4],
    ['b', tuesday, '5', 1, 'speed', 4],
  ]);
  await assertVerified(lake, session, 2);

  // The batch layer has consumed the first of the two versions, of Monday alone.
  await overwrite(lake, usage, [row('a', monday, '1'), row('c', monday, '9')], [], 3);
  await increment(lake, [added('a', monday, '0.5', 6)]);
  assert.deepEqual([(await publishNow(lake, session)).written], [2]);
  assert.deepEqual(await served(session), [
    ['a', monday, '3.5', 3, 'speed', 6],
    ['b', tuesday, '5', 1, 'speed', 4],
    ['c', monday, '9', 1, 'batch', 3],
  ]);
  await assertVerified(lake, session, 3);
  const [ratio] = await session.execute(
    "SELECT cost_per_request FROM org_daily_usage_by_service WHERE org_id = 'a' AND usage_date = '2025-07-07'",
  );
  assert.equal(String(ratio?.cost_per_request), '0.116666666667');
});

test('a mart that has consumed part of a file of increments is served with the rest of it', async (t) => {
  const session = await migrated(t);
  const { lake } = temporaryLake(t);
  await increment(
    lake,
    [3, 4, 5, 6].map((version) => added('a', monday, '1', version)),
  );
  await publishNow(lake, session);
  await overwrite(lake, usage, [row('a', monday, '2', 2)], [], 4);
  await dropConsumed({ lake });
  assert.equal((await publishNow(lake, session)).written, 0);
  assert.deepEqual(await served(session), [['a', monday, '4', 4, 'speed', 6]]);
  await assertVerified(lake, session, 1);
});

test('taking consumed increments out, or rearranging them, changes nothing that is served', async (t) => {
  const session = await migrated(t);
  const { lake } = temporaryLake(t);
  for (const version of [1, 2, 3, 4]) {
    await increment(lake, [added('a', monday, '1', version), added('b', tuesday, '1', version)]);
  }
  await publishNow(lake, session);
  const before = await served(session);
  await compactIncrements(lake);
  const compacted = await publishNow(lake, session);
  assert.deepEqual([compacted.written, compacted.deleted], [0, 0]);
  assert.deepEqual(await served(session), before);
  await assertVerified(lake, session, 2);

  await overwrite(lake, usage, [row('a', monday, '4', 4)], [], 4);
  assert.equal((await publishNow(lake, session)).written, 1);
  const [ofMonday] = await served(session);
  assert.deepEqual(ofMonday, ['a', monday, '4', 4, 'batch', 4]);
  assert.equal(await dropConsumed({ lake }), 1);
  assert.equal(await dropConsumed({ lake }), 0);
  assert.equal((await publishNow(lake, session)).unchanged, true);
  await assertVerified(lake, session, 2);
  const { files } = (await lake.table(speed.name).latest())!;
  assert.deepEqual(
    files.map((file) => file.partitionValues.usage_date),
    [tuesday],
  );
});

test('a publication of increments that died half-way is repaired, by whichever reader', async (t) => {
  for (const reader of [followingReader, undefined]) {
    const session = await migrated(t);
    const { lake } = temporaryLake(t);
    const publishing = (over: Session) =>
      publish({
        lake,
        session: over,
        mart: usage,
        runId: 'run',
        ...(reader === undefined ? {} : { reader: reader(lake) }),
      });
    await overwrite(lake, usage, [row('a', monday, '1')], [], 0);
    await publishing(session);
    await increment(lake, [added('a', monday, '1', 1), added('n', monday, '7', 1), added('b', tuesday, '1', 1)]);
    await assert.rejects(publishing(dyingAfter(session, 1)), /died/);
    assert.equal((await readPublications(lake, usage.name)).open.length, 1);
    // What it wrote and what it did not are the same to the next one, whatever has happened to the increments.
    await overwrite(lake, usage, [row('a', monday, '2', 2), row('n', monday, '7')], [], 1);
    await dropConsumed({ lake });
    await publishing(session);
    assert.deepEqual(await served(session), [
      ['a', monday, '2', 2, 'batch', 1],
      ['b', tuesday, '1', 1, 'speed', 1],
      ['n', monday, '7', 1, 'batch', 1],
    ]);
    await assertVerified(lake, session, 3);
    assert.equal((await readPublications(lake, usage.name)).open.length, 0);
  }
});

test('a publisher that lags behind the batch layer takes no row back', async (t) => {
  const session = await migrated(t);
  const { lake, reopen } = temporaryLake(t);
  await overwrite(lake, usage, [row('a', monday, '1')], [], 0);
  await publishNow(lake, session);
  await increment(lake, [added('a', monday, '1', 1), added('b', tuesday, '1', 1)]);

  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reached = () => {};
  const stuck = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const held: Session = {
    ...session,
    batch: async (statements, timestamp) => {
      reached();
      await released;
      await session.batch(statements, timestamp);
    },
  };
  const zombie = publishNow(reopen(), held);
  await stuck;
  await increment(lake, [added('a', monday, '1', 2)]);
  await overwrite(lake, usage, [row('a', monday, '3', 3)], [], 2);
  await publishNow(lake, await another(t, session));
  await dropConsumed({ lake });
  const expected: Served[] = [
    ['a', monday, '3', 3, 'batch', 2],
    ['b', tuesday, '1', 1, 'speed', 1],
  ];
  assert.deepEqual(await served(session), expected);
  release();
  await zombie;
  assert.deepEqual(await served(session), expected);
  await assertVerified(lake, session, 2);
  assert.equal((await publishNow(lake, session)).unchanged, true);
});

test('rebuilding writes rows with their increments, and nothing else stays', async (t) => {
  const session = await migrated(t);
  const { lake } = temporaryLake(t);
  await overwrite(lake, usage, [row('a', monday, '1')], [], 0);
  await increment(lake, [added('a', monday, '1', 1), added('b', tuesday, '5', 1)]);
  await publishNow(lake, session);
  await session.executeOnce('TRUNCATE org_daily_usage_by_service');
  await session.executeOnce(
    "INSERT INTO org_daily_usage_by_service (org_id, usage_date, service_name) VALUES ('stray', '2025-07-07', 'compute')",
  );
  const [result] = await rebuild({ lake, session, marts: [usage], runId: 'run' });
  assert.deepEqual([result?.written, result?.deleted], [2, 1]);
  assert.deepEqual(await served(session), [
    ['a', monday, '2', 2, 'speed', 1],
    ['b', tuesday, '5', 1, 'speed', 1],
  ]);
  await assertVerified(lake, session, 2);
  assert.equal((await publishNow(lake, session)).unchanged, true);
});

test('verify finds rows of increments that are wrong, gone, too many, or ahead of the lake', async (t) => {
  const session = await migrated(t);
  const { lake } = temporaryLake(t);
  await overwrite(lake, usage, [row('a', monday, '1'), row('b', monday, '1')], [], 0);
  await publishNow(lake, session);
  await increment(
    lake,
    ['a', 'b', 'c', 'd'].map((org) => added(org, monday, '1', 1)),
  );
  await publishNow(lake, session);
  const where = (org: string) => `WHERE org_id = '${org}' AND usage_date = '${monday}' AND service_name = 'compute'`;
  await session.executeOnce(`UPDATE org_daily_usage_by_service SET daily_cost_usd = 1 ${where('a')}`);
  await session.executeOnce(`UPDATE org_daily_usage_by_service SET bronze_version = 2 ${where('b')}`);
  await session.executeOnce(`DELETE FROM org_daily_usage_by_service ${where('c')}`);
  await session.executeOnce(`UPDATE org_daily_usage_by_service SET bronze_version = null ${where('d')}`);
  const { number } = await publishNow(lake, session);
  await session.executeOnce(
    `INSERT INTO org_daily_usage_by_service (org_id, usage_date, service_name, publication) VALUES ('a', '${monday}', 'teleport', ${number})`,
  );
  for (const partitions of ['all', 'changed'] as const) {
    const found = await verify({ lake, session, mart: usage, partitions, limit: 9 });
    assert.deepEqual([found.rows, found.missing, found.extra, found.different], [4, 1, 1, 3]);
    assert.deepEqual(
      found.samples
        .map(({ kind, key, column, lake: lakeSide, cassandra }) => [key.org_id, kind, column, lakeSide, cassandra])
        .sort((a, b) => (`${a[0]}${a[1]}` < `${b[0]}${b[1]}` ? -1 : 1)),
      [
        ['a', 'different', 'daily_cost_usd', '2.000000', '1'],
        ['a', 'extra', undefined, undefined, undefined],
        ['b', 'different', 'bronze_version', 1n, 2n],
        ['c', 'missing', undefined, undefined, undefined],
        ['d', 'different', 'bronze_version', 1n, null],
      ],
    );
  }
  // A row of a publication that began since is none of these.
  await session.executeOnce(`UPDATE org_daily_usage_by_service SET publication = ${number! + 1} ${where('a')}`);
  assert.equal((await verify({ lake, session, mart: usage, partitions: 'all', limit: 9 })).different, 2);
});

/** A session of a process that dies after some batches. */
function dyingAfter(session: Session, batches: number): Session {
  let left = batches;
  return {
    ...session,
    batch: async (statements, timestamp) => {
      if (left-- <= 0) throw new Error('the process died');
      await session.batch(statements, timestamp);
    },
  };
}
