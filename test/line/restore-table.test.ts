/** Restoring a table: what it refuses, that it is done once, beside whom it can be done, and what comes of it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { auditScope, versionsNow } from '../../activities/audit/scope.ts';
import { auditSilver } from '../../activities/audit/silver-checks.ts';
import { loadMasterSnapshot } from '../../activities/bronze-masters.ts';
import { buildDirty } from '../../activities/build-dirty.ts';
import type { Compute } from '../../activities/compute/compute.ts';
import type { ActivityContext } from '../../activities/context.ts';
import { planTable } from '../../activities/dirty.ts';
import { keptVersions } from '../../activities/kept-versions.ts';
import { retentionMs } from '../../activities/maintenance.ts';
import { restoreTable } from '../../activities/restore.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { consumedId } from '../../schemas/contract.ts';
import { marts, orgDailyUsageByService } from '../../schemas/gold.ts';
import { servedMart } from '../../serving/cql-type.ts';
import { readParts } from '../../serving/served-rows.ts';
import { newestServed, partsOf } from '../../serving/served-snapshot.ts';
import { freshProcess, lineSteps, type Process, run, streamRound } from '../faults/steps.ts';
import { rowsOf } from '../transforms/rows.ts';
import { eventLine, orgRow, type SmallLanding, smallLanding } from './small-landing.ts';
import { rowsIn } from './tables.ts';

const root = mkdtempSync(join(tmpdir(), 'cpa-restore-'));
const silver = 'silver.usage_events';
const mart = 'gold.org_daily_usage_by_service';
const later = '2025-08-05T00:00:00Z';
const on = (id: string, n: number, change = {}): string =>
  eventLine(id, { timestamp: `2025-07-0${n}T10:00:00Z`, ...change });
/** All steps but those of the marts and their ledger. */
const beforeGold = lineSteps.slice(0, -(marts.length + 1));

describe('restoring a table', () => {
  let landing: SmallLanding;
  let process: Process;
  let lakeRoot: string;
  let lakes = 0;

  beforeEach(async () => {
    landing = smallLanding();
    lakeRoot = join(root, `lake-${lakes++}`);
    process = freshProcess(lakeRoot, landing.folder, 1 << 20);
    landing.events('a.jsonl', [on('e1', 1), on('e2', 2)]);
    await line();
  });
  afterEach(() => landing.remove());
  after(() => rmSync(root, { recursive: true, force: true }));

  const line = async (): Promise<void> => {
    for (const step of lineSteps) await step.run(process);
  };
  const lake = () => process.context.lake;
  const versionOf = async (table: string): Promise<number> => (await lake().table(table).latest())!.version;
  const restore = (table: string, version: number, askedMs: number, context: ActivityContext = process.context) =>
    restoreTable(context, run, { table, version, askedMs, reason: null });
  const refusal = async (table: string, version = 0, context = process.context): Promise<string> => {
    const before = await lake().table(table).latest();
    const error = await restore(table, version, 1, context).then(
      () => assert.fail('restored'),
      (e: unknown) => e as Error & { type: string; nonRetryable: boolean },
    );
    assert.ok(error.nonRetryable, error.message);
    assert.equal((await lake().table(table).latest())?.version, before?.version);
    return `${error.type} ${error.message}`;
  };
  /** Events of each day that a table counts or holds. */
  const days = async (table: string): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const row of await rowsIn(lake(), table)) {
      const day = String(row.event_date ?? row.usage_date).slice(8);
      counts[day] = (counts[day] ?? 0) + Number(row.event_count ?? 1);
    }
    return counts;
  };
  /** Events of a day that are served: those of the mart and of increments. */
  const served = async (day: string): Promise<number> => {
    const usage = servedMart(orgDailyUsageByService);
    const parts = partsOf(usage, await newestServed(lake(), usage));
    const part = [...parts.values()].filter(({ value }) => value === `2025-07-${day}`);
    return rowsOf(await readParts(lake(), usage, part)).reduce((n, row) => n + Number(row.event_count), 0);
  };
  const build = (table: string, number?: number) =>
    buildDirty(process.context, run, { table, dates: null, ...(number === undefined ? {} : { recompute: number }) });
  /** A process in which something happens once, while it computes. */
  const interrupted = (event: () => Promise<unknown>): ActivityContext => {
    let happened = false;
    const { context } = freshProcess(lakeRoot, landing.folder, 1 << 20);
    const compute: Compute = {
      ...context.compute,
      run: async (task, input, options) => {
        const result = await context.compute.run(task, input, options);
        if (!happened) {
          happened = true;
          await event();
        }
        return result as never;
      },
    };
    return { ...context, compute };
  };

  it('refuses what is not built, what is not there and what is gone, and says what to do', async () => {
    assert.match(await refusal('bronze.users'), /^BadInput bronze.users is not restored: .*correctsFrom/);
    assert.match(await refusal('quarantine.usage_events'), /^BadInput .*its rows leave when they pass/);
    assert.match(await refusal('ops.ledger'), /^BadInput .*only grows/);
    assert.match(await refusal(`${mart}_speed`), /^BadInput .*restore gold.org_daily_usage_by_service$/);
    assert.match(await refusal('silver.users'), /^NoSuchTable no table silver.users; .*silver.dim_users/);
    assert.match(
      await refusal(mart, 99),
      new RegExp(`has no version 99: its versions are 0 to ${await versionOf(mart)}`),
    );
    const { files, version } = (await lake().table(mart).latest())!;
    landing.events('b.jsonl', [on('e3', 1)], later);
    await line();
    const gone = files.find((f) => f.path.includes('2025-07-01'))!;
    unlinkSync(join(lakeRoot, 'gold/org_daily_usage_by_service', gone.path));
    const message = await refusal(mart, version);
    assert.match(message, /^VersionGone .*version \d+: 1 of its files are gone/);
    assert.ok(message.includes(gone.path));
  });

  it('refuses what a vacuum beside it may be removing, which has found out before what to remove', async () => {
    const rollup = 'gold.daily_usage_rollup';
    const version = await versionOf(rollup);
    landing.events('b.jsonl', [on('e3', 1)], later);
    await line();
    const inMs = (ms: number): ActivityContext => ({ ...process.context, clock: () => Date.now() + ms });
    const hourMs = 3_600_000;
    const message = await refusal(rollup, version, inMs(retentionMs - hourMs));
    assert.match(message, /^VersionGone .*: 1 of its files are gone or may go at any moment/);
    await restore(rollup, version, 1, inMs(retentionMs - 3 * hourMs));
    assert.deepEqual(await days(rollup), { '01': 1, '02': 1 });
  });

  it('is done once, by however many attempts, and an order given earlier does not undo it', async () => {
    const version = await versionOf(mart);
    landing.events('b.jsonl', [on('e3', 1)], later);
    await line();
    const before = await versionOf(mart);
    const other = freshProcess(lakeRoot, landing.folder, 1 << 20).context;
    await Promise.all([restore(mart, version, 100), restore(mart, version, 100, other)]);
    await restore(mart, version, 100);
    assert.equal(await versionOf(mart), before + 1);
    assert.deepEqual(await days(mart), { '01': 1, '02': 1 });
    assert.ok((await keptVersions(lake(), mart)).includes(before));
    await restore(mart, before, 200);
    assert.deepEqual(await days(mart), { '01': 2, '02': 1 });
    // Recomputed for what was asked for at 400: what was asked for before comes too late.
    await build(mart, 400);
    assert.deepEqual((await restore(mart, version, 300)).version, await versionOf(mart));
    assert.deepEqual(await days(mart), { '01': 2, '02': 1 });
  });

  it('is not undone by a build that began before it, nor by one that comes after', async () => {
    const version = await versionOf(mart);
    landing.events('b.jsonl', [on('e3', 1)], later);
    await line();
    landing.events('c.jsonl', [on('e4', 1), on('e5', 2)], later);
    for (const step of beforeGold) await step.run(process);
    const builder = interrupted(() => restore(mart, version, 100));
    await buildDirty(builder, run, { table: mart, dates: null });
    assert.deepEqual(await days(mart), { '01': 1, '02': 2 });
    await line();
    assert.deepEqual(await days(mart), { '01': 1, '02': 2 });
    const { held, partitions } = await planTable(lake(), contractOf(mart), { recompute: 50 });
    assert.deepEqual([held, partitions], [['2025-07-01'], ['2025-07-02']]);
    await build(mart, 150);
    assert.deepEqual(await days(mart), { '01': 3, '02': 2 });
  });

  it('sees a build that ends while it looks for its files', async () => {
    const version = await versionOf(mart);
    landing.events('b.jsonl', [on('e3', 1)], later);
    await line();
    landing.events('c.jsonl', [on('e4', 1), on('e5', 2)], later);
    for (const step of beforeGold) await step.run(process);
    const { context } = freshProcess(lakeRoot, landing.folder, 1 << 20);
    const { store } = context.lake;
    const head = store.head.bind(store);
    let looks = 0;
    store.head = async (path) => {
      if (path.includes('org_daily_usage') && looks++ === 0) await build(mart);
      return head(path);
    };
    await restore(mart, version, 100, context);
    assert.equal(looks, 3);
    assert.deepEqual(await days(mart), { '01': 1, '02': 1 });
    await line();
    assert.deepEqual(await days(mart), { '01': 1, '02': 1 });
  });

  it('of Silver reaches Gold without taking back what it has consumed, and leaves the audit something to say', async () => {
    const version = await versionOf(silver);
    landing.events('b.jsonl', [on('e3', 1), on('bad', 1, { cost_usd_increment: -5 }), on('e4', 3)], later);
    await line();
    const consumed = async (day: string) =>
      (await lake().table(mart).latest())?.txns.get(consumedId(mart, day, 'bronze.usage_events'));
    const [first, third] = [await consumed('2025-07-01'), await consumed('2025-07-03')];
    await restore(silver, version, 100);
    assert.deepEqual(await days(silver), { '01': 1, '02': 1 });
    await line();
    assert.deepEqual(await days(mart), { '01': 1, '02': 1 });
    assert.deepEqual([await consumed('2025-07-01'), await consumed('2025-07-03')], [first, third]);
    const audit = async () => {
      const checks = await auditSilver(
        process.context,
        run,
        await auditScope(lake(), 'everything', await versionsNow(lake())),
      );
      assert.deepEqual(
        checks.filter((c) => !c.passed),
        [],
      );
      return checks[0]!.finding;
    };
    assert.equal(
      await audit(),
      '1 days: 1 = 1 + 0; 2 days are pinned by a restore (2025-07-01, 2025-07-03) and were not compared',
    );
    // What comes by stream is added to the rows as they were restored, and not once more when they are built again.
    landing.events('c.jsonl', [on('e5', 1)], later);
    await streamRound(process);
    assert.deepEqual([(await days(mart))['01'], await served('01')], [1, 2]);
    await build(silver, 200);
    await line();
    assert.deepEqual(await days(mart), { '01': 3, '02': 1, '03': 1 });
    assert.equal(await served('01'), 3);
    assert.equal(await audit(), '3 days: 6 = 5 + 1');
  });

  it('of a dimension makes the days dirty that were made with it', async () => {
    const version = await versionOf('silver.dim_orgs');
    landing.events('b.jsonl', [on('e3', 3, { org_id: 'org_b' })], later);
    landing.master(
      'customers_orgs',
      [orgRow('a', { plan_tier: 'free' }), ...['b', 'c', 'd'].map((org) => orgRow(org))],
      later,
    );
    await loadMasterSnapshot(process.context, run, {
      source: 'customers_orgs',
      effective: later,
      correctsFrom: '2024-01-01T00:00:00Z',
    });
    await line();
    const plans = async () => (await rowsIn(lake(), mart, 'usage_date')).map((r) => r.plan_tier);
    assert.deepEqual(await plans(), ['free', 'free', 'pro']);
    await restore('silver.dim_orgs', version, 100);
    const { partitions } = await planTable(lake(), contractOf(mart));
    assert.deepEqual(partitions, ['2025-07-01', '2025-07-02', '2025-07-03']);
    await line();
    assert.deepEqual(await plans(), ['pro', 'pro', 'pro']);
    await build('silver.dim_orgs', 200);
    await line();
    assert.deepEqual(await plans(), ['free', 'free', 'pro']);
  });
});
