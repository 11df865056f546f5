/** Loading snapshots of masters: replaced, late, cut short, changed while they are read, and attempts that end halfway. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/activity';
import { loadMasterSnapshot } from '../../activities/bronze-masters.ts';
import type { Compute } from '../../activities/compute/compute.ts';
import type { ActivityContext } from '../../activities/context.ts';
import { keptSnapshots, loadedSnapshots } from '../../activities/snapshots.ts';
import { freshProcess, run } from '../faults/steps.ts';
import { csv, orgRow, type SmallLanding, smallLanding } from './small-landing.ts';
import { rowsIn } from './tables.ts';

const root = mkdtempSync(join(tmpdir(), 'cpa-masters-'));
const ticketHeader = 'ticket_id,org_id,category,severity,created_at,resolved_at,csat,sla_breached';
const at = '2025-08-02T00:00:00Z';
/** Organisations of which a has this plan. */
const orgs = (plan: string) => ['a', 'b', 'c'].map((org) => orgRow(org, org === 'a' ? { plan_tier: plan } : {}));

describe('a snapshot of a master', () => {
  let landing: SmallLanding;
  let context: ActivityContext;
  let lakes = 0;

  beforeEach(() => {
    landing = smallLanding();
    context = freshProcess(join(root, `lake-${lakes++}`), landing.folder, 1 << 20).context;
  });
  afterEach(() => landing.remove());
  after(() => rmSync(root, { recursive: true, force: true }));

  const load = (source: string, request: { effective?: string; correctsFrom?: string } = {}, by = context) =>
    loadMasterSnapshot(by, run, { source, effective: null, correctsFrom: null, ...request });
  const planOfA = async (): Promise<unknown> =>
    (await rowsIn(context.lake, 'bronze.customers_orgs', 'org_id')).find((r) => r.org_id === 'org_a')?.plan_tier;
  const problemOf = async (attempt: Promise<unknown>): Promise<string> => {
    const error = await attempt.then(
      () => assert.fail('loaded'),
      (e: unknown) => e,
    );
    if (error instanceof ApplicationFailure) return `${error.nonRetryable ? 'final' : 'again'} ${error.type}`;
    return `${(error as Error).name}: ${(error as Error).message}`;
  };
  const ticketsInQuarantine = async () =>
    (await rowsIn(context.lake, 'quarantine.support_tickets', 'source_generation', 'source_row')).map((r) => [
      r.source_generation,
      r.source_row,
      r.rule_id,
    ]);
  /** A process in which something happens just before, or just after, the file is read the first time. */
  const interrupted = (when: 'before' | 'after', event: () => unknown): ActivityContext => {
    let happened = false;
    const happen = async (now: string): Promise<void> => {
      if (now !== when || happened) return;
      happened = true;
      await event();
    };
    const compute: Compute = {
      ...context.compute,
      run: async (task, input, options) => {
        await happen('before');
        const result = await context.compute.run(task, input, options);
        await happen('after');
        return result as never;
      },
    };
    return { ...context, compute };
  };

  it('that is loaded again after another one for the same instant counts again', async () => {
    for (const plan of ['pro', 'free', 'pro']) {
      landing.master('customers_orgs', orgs(plan));
      await load('customers_orgs', { effective: at });
    }
    assert.equal(await planOfA(), 'pro');
    await load('customers_orgs', { effective: at });
    assert.equal((await loadedSnapshots(context.lake, 'bronze.customers_orgs')).length, 3);
    const [kept, ...others] = await keptSnapshots(context.lake, 'bronze.customers_orgs', 2);
    assert.deepEqual(others, []);
    assert.deepEqual(kept?.files, (await context.lake.table('bronze.customers_orgs').latest())?.files);
  });

  it('takes the place of its last load in the list of those kept', async () => {
    const correctsFrom = '2025-07-01T00:00:00Z';
    landing.master('customers_orgs', orgs('pro'));
    await load('customers_orgs', { effective: at });
    landing.master('customers_orgs', orgs('free'));
    await load('customers_orgs', { effective: at, correctsFrom });
    landing.master('customers_orgs', orgs('enterprise'));
    await load('customers_orgs', { effective: at });
    const kept = await keptSnapshots(context.lake, 'bronze.customers_orgs', 2);
    assert.deepEqual(
      kept.map((s) => s.correctsFromUs),
      [Date.parse(correctsFrom) * 1000, null],
    );
  });

  it('that is cut short is not loaded, and is when the rest has come', async () => {
    const rows = csv(orgs('pro'));
    for (const [text, bytes] of [
      [rows.slice(0, -15), Buffer.byteLength(rows.split('\n')[3]!) - 14],
      [`${rows}org_d,"Org`, 10],
      ['org_id,org_na', 13],
    ] as const) {
      landing.master('customers_orgs', text);
      const message = await problemOf(load('customers_orgs'));
      assert.ok(message.includes(`customers_orgs.csv ends within a record: its last ${bytes} bytes `), message);
    }
    assert.equal(await context.lake.table('bronze.customers_orgs').latest(), null);
    landing.master('customers_orgs', `${rows}org_d,"Org D",retail,emea,pro,false,2024-01-01,kim,active,web,1`);
    const { read, written, quarantined } = await load('customers_orgs');
    assert.deepEqual([read, written, quarantined], [4, 4, 0]);
  });

  it('that changes between its hash and its rows is not loaded, and tried again', async () => {
    landing.master('customers_orgs', orgs('free'));
    const changing = interrupted('before', () => landing.master('customers_orgs', orgs('pro')));
    assert.equal(
      await problemOf(load('customers_orgs', {}, changing)),
      'Error: customers_orgs.csv changed while it was read',
    );
    assert.equal(await context.lake.table('bronze.customers_orgs').latest(), null);
    await load('customers_orgs', {}, changing);
    assert.equal(await planOfA(), 'pro');
  });

  it('is read anew after a lost race', async () => {
    landing.master('customers_orgs', orgs('free'));
    const raced = interrupted('after', async () => {
      landing.master('customers_orgs', orgs('pro'));
      await load('customers_orgs', { effective: at });
    });
    await load('customers_orgs', { effective: at }, raced);
    assert.equal(await planOfA(), 'pro');
    assert.equal((await loadedSnapshots(context.lake, 'bronze.customers_orgs')).length, 1);
  });

  it('that fails or is replaced before its rejects are committed does not lose them', async () => {
    const table = context.lake.table('quarantine.support_tickets');
    landing.master('support_tickets', `${ticketHeader}\ntkt_1,,,,,,,\n,org_b,,,,,,\n`);
    Object.assign(table, { commit: () => Promise.reject(new Error('the process ends')) });
    assert.equal(await problemOf(load('support_tickets')), 'Error: the process ends');
    Reflect.deleteProperty(table, 'commit');
    landing.master('support_tickets', `${ticketHeader}\ntkt_1,,,,,,,\n,org_c,,,,,,\n`, at);
    await load('support_tickets');
    assert.deepEqual(await ticketsInQuarantine(), [
      [1, 3, 'key_missing'],
      [2, 3, 'key_missing'],
    ]);
  });

  it('that is loaded for another instant has its rejects in quarantine once', async () => {
    const text = `${ticketHeader}\ntkt_1,,,,,,,\n,org_b,,,,,,\n`;
    landing.master('support_tickets', text);
    await load('support_tickets');
    landing.master('support_tickets', text, at);
    await load('support_tickets');
    assert.equal((await loadedSnapshots(context.lake, 'bronze.support_tickets')).length, 2);
    assert.deepEqual(await ticketsInQuarantine(), [[1, 3, 'key_missing']]);
  });

  it('that cannot be read fails for good only where trying again cannot help', async () => {
    const users = landing.path('users.csv');
    unlinkSync(users);
    assert.equal(await problemOf(load('users')), 'final MasterMissing');
    mkdirSync(users);
    assert.equal(await problemOf(load('users')), 'final MasterUnreadable');
    rmSync(users, { recursive: true });
    symlinkSync(users, users);
    assert.equal(await problemOf(load('users')), 'final MasterUnreadable');
    const file = join(root, 'file');
    writeFileSync(file, '');
    assert.equal(await problemOf(load('users', {}, { ...context, landing: file })), 'final MasterUnreadable');
    const long = join(root, 'x'.repeat(300));
    assert.match(await problemOf(load('users', {}, { ...context, landing: long })), /^Error: ENAMETOOLONG/);
  });

  it('without rejects, of the same content and time, is nothing new', async () => {
    const landed = new Date(at);
    const users = landing.path('users.csv');
    utimesSync(users, landed, landed);
    await load('users');
    await load('users');
    assert.equal((await context.lake.table('bronze.users').latest())?.version, 0);
  });
});
