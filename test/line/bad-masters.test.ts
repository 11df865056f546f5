/** CSV masters with everything wrong that a master can have, and that the others go on. */
import assert from 'node:assert/strict';
import { unlinkSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { RunFailed } from '../../cli/run.ts';
import type { LayerResult } from '../../workflows/bronze-batch.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import { type TestLine, testLine } from './line.ts';
import { csv, eventLine, orgRow, resourceRow, type SmallLanding, smallLanding } from './small-landing.ts';
import { quarantined, rowsIn } from './tables.ts';

describe('masters with everything wrong', () => {
  let landing: SmallLanding;
  let line: TestLine;

  const failure = (type: string, input: Record<string, unknown> = {}): Promise<RunFailed> =>
    line.run(type, input).then(
      () => assert.fail(`${type} did not fail`),
      (error: unknown) => error as RunFailed,
    );
  const versionOf = async (table: string) => (await line.lake().table(table).latest())?.version;

  before(async () => {
    landing = smallLanding();
    landing.events('events.jsonl', [eventLine('e1'), eventLine('e2', { org_id: 'org_d' })]);
    line = await testLine({ landing: landing.folder });
  });
  after(async () => {
    await line.stop();
    landing.remove();
  });

  it('goes on without a master that is missing, empty or without its key, and fails at the end naming each', async () => {
    unlinkSync(landing.path('marketing_touches.csv'));
    landing.master('users', '');
    landing.master('nps_surveys', 'org_id,nps_score\norg_a,9\n');
    const failed = await failure('dailyRun');
    assert.match(failed.message, /bronze\.marketing_touches: cannot read .*marketing_touches\.csv: ENOENT/);
    assert.match(failed.message, /bronze\.users: users\.csv: /);
    assert.match(failed.message, /bronze\.nps_surveys: nps_surveys\.csv has no column survey_date/);
    const { audit, tables } = failed.result as DailyRunResult;
    assert.equal(audit?.passed, true);
    for (const [table, read] of Object.entries({
      'silver.usage_events': 2,
      'gold.org_daily_usage_by_service': 2,
      'gold.org_monthly_revenue': 1,
      'gold.org_daily_support_metrics': 1,
    })) {
      assert.equal(tables.find((t) => t.table === table)?.read, read, table);
    }
    assert.equal(await versionOf('bronze.users'), undefined);
  });

  it('takes columns that are missing, more, and in another order', async () => {
    landing.master('users', 'role,colour,user_id\nAdmin,red,usr_1\nviewer,,usr_2\n');
    await line.run('bronzeBatch', { masters: ['users'] });
    assert.deepEqual(
      (await rowsIn(line.lake(), 'bronze.users', 'user_id')).map((r) => [
        r.user_id,
        r.org_id,
        r.role,
        r.active,
        r.rescued,
      ]),
      [
        ['usr_1', null, 'admin', null, '{"colour":"red","role":"Admin"}'],
        ['usr_2', null, 'viewer', null, null],
      ],
    );
  });

  it('reads quotes, commas and line ends inside fields', async () => {
    const comment = 'says "fine", he\nand she\r\ntoo';
    landing.master('nps_surveys', [{ org_id: 'org_a', survey_date: '2025-07-04', nps_score: '9', comment }]);
    await line.run('bronzeBatch', { masters: ['nps_surveys'] });
    const [row] = await rowsIn(line.lake(), 'bronze.nps_surveys');
    assert.deepEqual([row?.comment, row?.survey_month], [comment, '2025-07-01']);
  });

  it('puts records without key, with a known key, or malformed into quarantine, and takes the others', async () => {
    const [first] = csv([orgRow('a')]).split('\n');
    const text = csv([orgRow('a'), orgRow('b'), orgRow('c'), orgRow('d', { nps_score: 'ten' }), orgRow('a')]);
    landing.master(
      'customers_orgs',
      `${text}${csv([{ ...orgRow('x'), org_id: '' }, orgRow('b', { plan_tier: 'free' })]).slice(first!.length + 1)}org_y,"broken\n`,
      '2025-08-02T00:00:00Z',
    );
    const { tables } = await line.run<LayerResult>('bronzeBatch', { masters: ['customers_orgs'] });
    const { read, written, unchanged, quarantined: rejected, duplicate } = tables[0]!;
    assert.deepEqual(
      { read, written, unchanged, rejected, duplicate },
      { read: 8, written: 1, unchanged: 3, rejected: 3, duplicate: 1 },
    );
    assert.deepEqual(await quarantined(line.lake(), 'customers_orgs'), [
      ['customers_orgs.csv', 7, 'key_missing', 'org_id is missing or empty'],
      ['customers_orgs.csv', 8, 'key_conflict', 'org_id org_b was seen on line 3 with other content'],
      ['customers_orgs.csv', 9, 'unparseable', 'a quote that is never closed'],
    ]);
  });

  it('flags a field that does not parse', async () => {
    await line.run('silver');
    const rows = await rowsIn(line.lake(), 'silver.dim_orgs', 'org_id', 'valid_from');
    assert.deepEqual(
      rows.map((r) => [r.org_id, r.valid_from, r.nps_score, r.flags]),
      [
        ['org_a', '2025-08-01T00:00:00.000Z', '10', null],
        ['org_b', '2025-08-01T00:00:00.000Z', '10', null],
        ['org_c', '2025-08-01T00:00:00.000Z', '10', null],
        ['org_d', '2025-08-01T00:00:00.000Z', '10', null],
        ['org_d', '2025-08-02T00:00:00.000Z', null, 'wrong_type'],
      ],
    );
  });

  it('refuses a master that lost half of its rows, whatever their number: nothing of it is kept', async () => {
    const before = await versionOf('bronze.resources');
    landing.master('resources', [resourceRow('a'), resourceRow('b')], '2025-08-03T00:00:00Z');
    const half = await failure('bronzeBatch', { masters: ['resources'] });
    assert.match(
      half.message,
      /bronze\.resources: silver\.dim_resources: the snapshot of 2025-08-03T00:00:00\.000Z lacks 2 of the 4 keys/,
    );
    landing.master(
      'resources',
      ['a', 'b', 'x', 'y', 'z'].map((o) => resourceRow(o)),
      '2025-08-03T00:00:00Z',
    );
    const swapped = await failure('bronzeBatch', { masters: ['resources'] });
    assert.match(swapped.message, /lacks 2 of the 4 keys/);
    landing.master('support_tickets', 'ticket_id,org_id,category,severity,created_at,resolved_at,csat,sla_breached\n');
    const emptied = await failure('bronzeBatch', { masters: ['support_tickets'] });
    assert.match(emptied.message, /support_tickets\.csv holds 0 rows, no more than half of the 1 before: not loaded/);
    assert.equal(await versionOf('bronze.resources'), before);
    landing.master(
      'resources',
      ['a', 'b', 'c'].map((o) => resourceRow(o)),
      '2025-08-04T00:00:00Z',
    );
    await line.run('bronzeBatch', { masters: ['resources'] });
    await line.run('silver', { tables: ['silver.dim_resources'] });
    assert.deepEqual(
      (await rowsIn(line.lake(), 'silver.dim_resources', 'resource_id', 'valid_from')).map((r) => [
        r.resource_id,
        r.valid_from,
        r.is_absent,
        r.is_current,
      ]),
      [
        ['res_a', '2025-08-01T00:00:00.000Z', false, true],
        ['res_b', '2025-08-01T00:00:00.000Z', false, true],
        ['res_c', '2025-08-01T00:00:00.000Z', false, true],
        ['res_d', '2025-08-01T00:00:00.000Z', false, false],
        ['res_d', '2025-08-04T00:00:00.000Z', true, true],
      ],
    );
  });
});
