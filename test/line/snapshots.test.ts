/** Snapshots of masters after the first: versions of dimensions, and exactly the dates rebuilt that they change. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LayerResult } from '../../workflows/bronze-batch.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import { undisturbedLake } from '../faults/steps.ts';
import { logicalHashes, type TestLine, testLine } from './line.ts';
import { eventLine, orgRow, resourceRow, type SmallLanding, smallLanding } from './small-landing.ts';
import { rowsIn } from './tables.ts';

/** Days on which each organisation has an event. */
const days: Readonly<Record<string, readonly string[]>> = {
  a: ['2025-07-01', '2025-07-05', '2025-07-10', '2025-07-20'],
  b: ['2025-07-01', '2025-07-10'],
  c: ['2025-07-12', '2025-07-21'],
  d: ['2025-07-20'],
};

const firstAt = '2025-07-01T00:00:00Z';
const secondAt = '2025-07-09T12:00:00Z';
const thirdAt = '2025-07-15T00:00:00Z';

const firstOrgs = ['a', 'b', 'c', 'd'].map((org) => orgRow(org));
/** Organisation a changes its plan, c is absent, e is new. */
const secondOrgs = [orgRow('a', { plan_tier: 'enterprise' }), orgRow('b'), orgRow('d'), orgRow('e')];
/** The resource of b stops. */
const thirdResources = ['a', 'b', 'c', 'd'].map((org) => resourceRow(org, org === 'b' ? { state: 'stopped' } : {}));

function landingWithEvents(): SmallLanding {
  const landing = smallLanding();
  const lines = Object.entries(days).flatMap(([org, list]) =>
    list.map((day) =>
      eventLine(`${org}-${day}`, { timestamp: `${day}T10:00:00Z`, org_id: `org_${org}`, resource_id: `res_${org}` }),
    ),
  );
  landing.events('events.jsonl', lines);
  for (const name of ['customers_orgs', 'resources']) {
    landing.master(
      name,
      ['a', 'b', 'c', 'd'].map((org) => (name === 'resources' ? resourceRow(org) : orgRow(org))),
      firstAt,
    );
  }
  return landing;
}

/** The tables a run built, with how many partitions. */
function built(result: {
  readonly tables: readonly { table: string; partitions: number; read: number }[];
}): Record<string, number> {
  return Object.fromEntries(result.tables.filter((t) => t.read > 0).map((t) => [t.table, t.partitions]));
}

const versions = async (line: Pick<TestLine, 'lake'>, table: string, key: string, ...fields: string[]) =>
  (await rowsIn(line.lake(), table, key, 'valid_from')).map((r) =>
    [key, 'valid_from', 'valid_to', 'is_absent', ...fields].map((f) => String(r[f]).replace(':00.000Z', '')).join(' '),
  );

describe('snapshots after the first', () => {
  let landing: SmallLanding;
  let line: TestLine;

  before(async () => {
    landing = landingWithEvents();
    line = await testLine({ landing: landing.folder });
    await line.run('dailyRun');
  });
  after(async () => {
    await line.stop();
    landing.remove();
  });

  it('give changed, new and absent keys new versions, and rebuild the dates that hold a changed key from then on', async () => {
    landing.master('customers_orgs', secondOrgs, secondAt);
    const result = await line.run<DailyRunResult>('dailyRun');
    assert.deepEqual(await versions(line, 'silver.dim_orgs', 'org_id', 'plan_tier'), [
      'org_a 2025-07-01T00:00 2025-07-09T12:00 false pro',
      'org_a 2025-07-09T12:00 null false enterprise',
      'org_b 2025-07-01T00:00 null false pro',
      'org_c 2025-07-01T00:00 2025-07-09T12:00 false pro',
      'org_c 2025-07-09T12:00 null true pro',
      'org_d 2025-07-01T00:00 null false pro',
      'org_e 2025-07-09T12:00 null false pro',
    ]);
    // a: 10 and 20; c: 12 and 21.
    assert.equal(built(result)['silver.usage_events'], 4);
    assert.equal(result.audit?.passed, true);
    const silver = await rowsIn(line.lake(), 'silver.usage_events', 'event_id');
    assert.deepEqual(
      silver.filter((r) => r.org_id === 'org_a' || r.org_id === 'org_c').map((r) => [r.event_id, r.plan_tier, r.flags]),
      [
        ['a-2025-07-01', 'pro', null],
        ['a-2025-07-05', 'pro', null],
        ['a-2025-07-10', 'enterprise', null],
        ['a-2025-07-20', 'enterprise', null],
        ['c-2025-07-12', 'pro', 'absent_organisation'],
        ['c-2025-07-21', 'pro', 'absent_organisation'],
      ],
    );
    const gold = await rowsIn(line.lake(), 'gold.org_daily_usage_by_service', 'org_id', 'usage_date');
    assert.deepEqual(
      gold.filter((r) => r.org_id === 'org_a').map((r) => [r.usage_date, r.plan_tier]),
      [
        ['2025-07-01', 'pro'],
        ['2025-07-05', 'pro'],
        ['2025-07-10', 'enterprise'],
        ['2025-07-20', 'enterprise'],
      ],
    );
  });

  it('of another master touch their own dates only', async () => {
    landing.master('resources', thirdResources, '2025-07-02T00:00:00Z');
    const result = await line.run<DailyRunResult>('dailyRun');
    assert.equal(built(result)['silver.usage_events'], 1);
    const [row] = (await rowsIn(line.lake(), 'silver.usage_events')).filter((r) => r.event_id === 'b-2025-07-10');
    assert.equal(row?.resource_state, 'stopped');
  });

  it('that come again with the same content write no data', async () => {
    const before = await logicalHashes(line.lakeRoot);
    const files = async () => (await line.lake().table('silver.dim_orgs').latest())?.files.map((f) => f.path);
    const dimension = await files();
    landing.master('customers_orgs', secondOrgs, '2025-07-25T00:00:00Z');
    const result = await line.run<DailyRunResult>('dailyRun');
    assert.deepEqual(
      result.tables.filter((t) => t.written > 0),
      [],
    );
    assert.deepEqual(await files(), dimension);
    assert.deepEqual(await logicalHashes(line.lakeRoot), before);
    assert.deepEqual(
      result.publications.filter((p) => !p.unchanged),
      [],
    );
  });

  it('that correct the past rewrite past dates, even with the content of the latest', async () => {
    const result = await line.run<LayerResult>('bronzeBatch', {
      masters: ['customers_orgs'],
      correctsFrom: '2025-07-04T00:00:00Z',
    });
    assert.equal(result.tables[0]?.written, 0);
    const daily = await line.run<DailyRunResult>('dailyRun');
    // a: 5, 10 and 20; c: 12 and 21.
    assert.equal(built(daily)['silver.usage_events'], 5);
    assert.deepEqual(
      (await versions(line, 'silver.dim_orgs', 'org_id', 'plan_tier')).filter((v) => /org_[ac]/.test(v)),
      [
        'org_a 2025-07-01T00:00 2025-07-04T00:00 false pro',
        'org_a 2025-07-04T00:00 null false enterprise',
        'org_c 2025-07-01T00:00 2025-07-04T00:00 false pro',
        'org_c 2025-07-04T00:00 null true pro',
      ],
    );
    const [row] = (await rowsIn(line.lake(), 'silver.usage_events')).filter((r) => r.event_id === 'a-2025-07-05');
    assert.equal(row?.plan_tier, 'enterprise');
    assert.equal(daily.audit?.passed, true);
  });
});

describe('snapshots in another order', () => {
  it('give the same dimensions and the same content', async () => {
    const hashes: Record<string, string>[] = [];
    const dimensions: string[][] = [];
    const landed = [
      { master: 'customers_orgs', rows: firstOrgs, at: firstAt },
      { master: 'customers_orgs', rows: secondOrgs, at: secondAt },
      { master: 'customers_orgs', rows: firstOrgs, at: thirdAt },
    ];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const landing = landingWithEvents();
      const lakeRoot = landing.path('lake');
      try {
        for (const i of order) {
          const { master, rows, at } = landed[i]!;
          landing.master(master, rows, at);
          const made = await undisturbedLake(lakeRoot, landing.folder, 1_000_000);
          if (i === order.at(-1)) dimensions.push(await versions(made, 'silver.dim_orgs', 'org_id', 'plan_tier'));
        }
        hashes.push(await logicalHashes(lakeRoot));
      } finally {
        landing.remove();
      }
    }
    assert.deepEqual(dimensions[1], dimensions[0]);
    assert.deepEqual(dimensions[2], dimensions[0]);
    assert.deepEqual(hashes[1], hashes[0]);
    assert.deepEqual(hashes[2], hashes[0]);
  });
});
