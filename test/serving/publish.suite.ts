import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lake } from '../../engine/delta/lake.ts';
import { orgDailyUsageByService as usage } from '../../schemas/gold.ts';
import { publications } from '../../schemas/ops.ts';
import { readPublications } from '../../serving/publication-log.ts';
import { publicationState } from '../../serving/publication-state.ts';
import { publish } from '../../serving/publish.ts';
import type { Session } from '../../serving/session.ts';
import { verify } from '../../serving/verify.ts';
import { overwrite, temporaryLake } from './lakes.ts';
import type { Row } from './rows.ts';
import { another, migrated } from './support.ts';

const row = (org_id: string, usage_date: string, service_name: string, cost: string, more: Row = {}): Row => ({
  org_id,
  usage_date,
  service_name,
  daily_cost_usd: cost,
  event_count: 1,
  ...more,
});

const first = [
  row('org_a', '2025-07-01', 'compute', '1.5', { org_name: 'A', daily_requests: '10', cost_per_request: '0.15' }),
  row('org_a', '2025-07-01', 'genai', '-0.000001', { daily_genai_tokens: '12345678901234567890.123456' }),
  row('org_b', '2025-07-01', 'compute', '99999999999999999999.000001'),
  row('org_a', '2025-07-02', 'compute', '3'),
];

async function assertServed(lake: Lake, session: Session, rows: number): Promise<void> {
  const result = await verify({ lake, session, mart: usage, partitions: 'all', limit: 5 });
  assert.deepEqual(
    {
      rows: result.rows,
      missing: result.missing,
      extra: result.extra,
      different: result.different,
      samples: result.samples,
    },
    { rows, missing: 0, extra: 0, different: 0, samples: [] },
  );
}

test('publishes a mart, then only what differs, with deletions and nulls', async (t) => {
  const session = await migrated(t);
  const { lake } = temporaryLake(t);
  await overwrite(lake, usage, first);
  const one = await publish({ lake, session, mart: usage, runId: 'run' });
  assert.deepEqual([one.written, one.deleted, one.unchanged], [4, 0, false]);
  await assertServed(lake, session, 4);

  // One row changes, one value becomes null, one row goes, one comes; the other day's file is written anew without a change.
  await overwrite(lake, usage, [
    row('org_a', '2025-07-01', 'compute', '1.5', { org_name: null, daily_requests: '10', cost_per_request: '0.15' }),
    row('org_b', '2025-07-01', 'compute', '99999999999999999999.000002'),
    row('org_c', '2025-07-01', 'compute', '0'),
    row('org_a', '2025-07-02', 'compute', '3'),
  ]);
  const two = await publish({ lake, session, mart: usage, runId: 'run' });
  assert.deepEqual([two.written, two.deleted], [3, 1]);
  assert.ok(Number(two.number) > Number(one.number));
  await assertServed(lake, session, 4);
  const changed = await verify({ lake, session, mart: usage, partitions: 'changed', limit: 5 });
  assert.deepEqual([changed.rows, changed.missing, changed.extra, changed.different], [4, 0, 0, 0]);

  // A day without rows any more.
  await overwrite(lake, usage, [], ['2025-07-02']);
  const three = await publish({ lake, session, mart: usage, runId: 'run' });
  assert.deepEqual([three.written, three.deleted], [0, 1]);
  await assertServed(lake, session, 3);
  const days = await session.execute('SELECT day FROM served_days WHERE mart = ?', ['org_daily_usage_by_service']);
  assert.deepEqual(
    days.map((r) => String(r.day)),
    ['2025-07-01'],
  );
});

test('writes carry the number of the publication as their timestamp', async (t) => {
  const session = await migrated(t);
  const { lake } = temporaryLake(t);
  await overwrite(lake, usage, first);
  const { number } = await publish({ lake, session, mart: usage, runId: 'run' });
  const rows = await session.execute('SELECT WRITETIME(daily_cost_usd) AS w FROM org_daily_usage_by_service');
  assert.deepEqual(new Set(rows.map((r) => Number(r.w))), new Set([number]));
});

test('publishing again without a change writes nothing, not in the lake either', async (t) => {
  const session = await migrated(t);
  const { lake, reopen } = temporaryLake(t);
  await overwrite(lake, usage, first);
  const one = await publish({ lake, session, mart: usage, runId: 'run' });
  const before = (await lake.table(publications.name).latest())?.version;
  const two = await publish({ lake: reopen(), session, mart: usage, runId: 'run' });
  assert.deepEqual([two.unchanged, two.number, two.version, two.written], [true, one.number, one.version, 0]);
  assert.equal((await lake.table(publications.name).latest())?.version, before);
});

test('a mart that was never built is not published', async (t) => {
  const session = await migrated(t);
  const { lake } = temporaryLake(t);
  const result = await publish({ lake, session, mart: usage, runId: 'run' });
  assert.deepEqual([result.number, result.version, result.unchanged], [null, null, true]);
});

test('a publication that died half-way is repaired by the next one', async (t) => {
  const session = await migrated(t);
  const { lake } = temporaryLake(t);
  await overwrite(lake, usage, first);
  await publish({ lake, session, mart: usage, runId: 'run' });

  // Dies after some of its writes: a new key and a changed one are in Cassandra.
  await overwrite(lake, usage, [
    row('org_a', '2025-07-01', 'compute', '7'),
    row('org_z', '2025-07-01', 'compute', '8'),
    row('org_y', '2025-07-03', 'compute', '9'),
  ]);
  await assert.rejects(publish({ lake, session: dyingAfter(session, 2), mart: usage, runId: 'run' }), /died/);
  assert.equal((await readPublications(lake, usage.name)).open.length, 1);

  // Meanwhile the mart goes back to what it was: no difference to the last closed version, but Cassandra has the dead one's rows.
  await overwrite(lake, usage, first.slice(0, 3), ['2025-07-03']);
  const result = await publish({ lake, session, mart: usage, runId: 'run' });
  assert.ok(result.deleted >= 2, `${result.deleted} deleted`);
  await assertServed(lake, session, 4);
  assert.equal((await readPublications(lake, usage.name)).open.length, 0);
});

test('a publication that died before anything was written is closed over, also when the mart did not change', async (t) => {
  const session = await migrated(t);
  const { lake } = temporaryLake(t);
  await overwrite(lake, usage, first);
  await assert.rejects(publish({ lake, session: dyingAfter(session, 0), mart: usage, runId: 'run' }), /died/);
  const result = await publish({ lake, session, mart: usage, runId: 'run' });
  assert.equal(result.written, 4);
  await assertServed(lake, session, 4);
});

test('a zombie that writes late does not overwrite what was published after it', async (t) => {
  const session = await migrated(t);
  const { lake, reopen } = temporaryLake(t);
  await overwrite(lake, usage, first);
  await publish({ lake, session, mart: usage, runId: 'run' });
  await overwrite(lake, usage, [
    row('org_a', '2025-07-01', 'compute', '50'),
    row('org_n', '2025-07-01', 'compute', '51'),
  ]);

  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reached = () => {};
  const stuck = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const sleepy: Session = {
    ...session,
    batch: async (statements, timestamp) => {
      reached();
      await released;
      await session.batch(statements, timestamp);
    },
  };
  const zombie = publish({ lake: reopen(), session: sleepy, mart: usage, runId: 'zombie' });
  await stuck;
  await overwrite(lake, usage, [
    row('org_a', '2025-07-01', 'compute', '60'),
    row('org_m', '2025-07-01', 'compute', '61'),
  ]);
  const later = await publish({ lake, session, mart: usage, runId: 'run' });
  await assertServed(lake, session, 3);
  release();
  const done = await zombie;
  assert.ok(done.written > 0 && Number(done.number) < Number(later.number));
  await assertServed(lake, session, 3);
  assert.equal((await publicationState(session)).get(usage.name)?.number, later.number);
  assert.equal((await publish({ lake, session, mart: usage, runId: 'run' })).unchanged, true);
});

test('many publishers at once leave Cassandra equal to the mart', async (t) => {
  const session = await migrated(t);
  const { lake, reopen } = temporaryLake(t);
  const sessions = [session, await another(t, session), await another(t, session)];
  for (let round = 0; round < 4; round++) {
    const rows = Array.from({ length: 40 }, (_, i) =>
      row(`org_${(i * 7 + round) % 50}`, `2025-07-0${1 + (i % 3)}`, 'compute', `${i * round}`),
    );
    await overwrite(lake, usage, rows);
    const results = await Promise.all(
      sessions.map((s, i) => publish({ lake: reopen(), session: s, mart: usage, runId: `publisher ${i}` })),
    );
    assert.ok(results.some((result) => !result.unchanged));
    const opened = results.filter((result) => !result.unchanged).map((result) => result.number);
    assert.equal(new Set(opened).size, opened.length, 'numbers are distinct');
    await assertServed(lake, session, 40);
  }
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
