/** What is built again after a change: all of what the change reaches, nothing twice, nothing from earlier versions. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it, mock } from 'node:test';
import { buildDirty } from '../../activities/build-dirty.ts';
import { buildTable, OutdatedPlan } from '../../activities/build-table.ts';
import { pin, planTable, recompute } from '../../activities/dirty.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { consumedId } from '../../schemas/contract.ts';
import { freshProcess, lineSteps, type Process, run } from '../faults/steps.ts';
import { eventLine, type SmallLanding, smallLanding } from './small-landing.ts';
import { quarantined, rowsIn } from './tables.ts';

const root = mkdtempSync(join(tmpdir(), 'cpa-dirty-'));
const later = '2025-08-05T00:00:00Z';

/** One event a day, from the day of April 2025 with this number on. */
function daily(days: number, from: number, prefix: string): string[] {
  return Array.from({ length: days }, (_, i) => {
    const timestamp = new Date(Date.UTC(2025, 3, from + i, 10)).toISOString();
    return eventLine(`${prefix}${i}`, { timestamp, cost_usd_increment: 1 + (i % 5) });
  });
}

describe('a change', () => {
  let landing: SmallLanding;
  let process: Process;
  let lakes = 0;

  beforeEach(() => {
    landing = smallLanding();
    process = freshProcess(join(root, `lake-${lakes++}`), landing.folder, 1 << 20);
  });
  afterEach(() => landing.remove());
  after(() => rmSync(root, { recursive: true, force: true }));

  const line = async (): Promise<void> => {
    for (const step of lineSteps) await step.run(process);
  };
  const lake = () => process.context.lake;

  it('of any master reaches its Silver table, its marts and their rollups', async () => {
    landing.events('a.jsonl', [eventLine('e1')]);
    await line();
    landing.master(
      'billing_monthly',
      'invoice_id,org_id,month,subtotal,credits,taxes,currency,exchange_rate_to_usd\ninv_1,org_a,2025-07-01,999,,5,USD,1.0\n',
      later,
    );
    landing.master(
      'support_tickets',
      'ticket_id,org_id,category,severity,created_at,resolved_at,csat,sla_breached\ntkt_1,org_a,billing,high,2025-07-03,,4,true\n',
      later,
    );
    await line();
    const [revenue] = await rowsIn(lake(), 'gold.org_monthly_revenue');
    const [rollup] = await rowsIn(lake(), 'gold.monthly_revenue_rollup');
    assert.deepEqual([revenue?.revenue_usd, rollup?.revenue_usd], ['1004', '1004']);
    const [tickets] = await rowsIn(lake(), 'gold.org_daily_support_metrics');
    const [support] = await rowsIn(lake(), 'gold.daily_support_rollup');
    assert.deepEqual([tickets?.open_tickets, support?.sla_breached_count].map(Number), [1, 1]);
  });

  it('of an invoice without a month replaces its revenue', async () => {
    const header = 'invoice_id,org_id,month,subtotal,credits,taxes,currency,exchange_rate_to_usd';
    for (const [i, subtotal] of [10, 20, 30].entries()) {
      landing.master(
        'billing_monthly',
        `${header}\ninv_1,org_a,soon,${subtotal},,0,USD,1.0\n`,
        `2025-08-0${i + 2}T00:00:00Z`,
      );
      await line();
    }
    assert.deepEqual(
      (await rowsIn(lake(), 'gold.org_monthly_revenue')).map((r) => r.subtotal_usd),
      ['30'],
    );
  });

  it('of days far apart scores each day of the windows once', async () => {
    landing.events('a.jsonl', daily(100, 1, 'e'));
    await line();
    landing.events('late.jsonl', [...daily(1, 3, 'x'), ...daily(1, 61, 'y')], later);
    await line();
    const rows = await rowsIn(lake(), 'gold.org_daily_cost_anomalies');
    assert.deepEqual([rows.length, new Set(rows.map((r) => r.usage_date)).size], [100, 100]);
    const fresh = freshProcess(join(root, `lake-${lakes++}`), landing.folder, 1 << 20);
    for (const step of lineSteps) await step.run(fresh);
    assert.deepEqual(
      await rowsIn(lake(), 'gold.org_daily_cost_anomalies', 'usage_date'),
      await rowsIn(fresh.context.lake, 'gold.org_daily_cost_anomalies', 'usage_date'),
    );
  });

  it('is found for a date in the tables that hold it by month or whole', async () => {
    landing.events('a.jsonl', [eventLine('e1')]);
    await line();
    landing.events('b.jsonl', [eventLine('e2', { timestamp: '2025-07-14T10:00:00Z' })], later);
    for (const step of lineSteps.slice(0, 16)) await step.run(process);
    const build = (table: string) => buildDirty(process.context, run, { table, dates: ['2025-07-14'] });
    await build('silver.usage_events');
    await build('gold.org_daily_usage_by_service');
    await build('gold.org_monthly_reconciliation');
    const [month] = await rowsIn(lake(), 'gold.org_monthly_reconciliation');
    assert.equal(month?.metered_cost_usd, '3');
  });

  it('is never taken back by a plan made from earlier versions of some upstream', async () => {
    landing.events('a.jsonl', [eventLine('e1')]);
    await line();
    const contract = contractOf('silver.usage_events');
    const old = await planTable(lake(), contract);
    landing.events('b.jsonl', [eventLine('e2')], later);
    await line();
    const request = { table: contract.name, partitions: ['2025-07-03'], extra: {}, reason: 'a test', complete: true };
    // Behind in events, ahead in organisations.
    const crossed = { ...old.pinned, 'silver.dim_orgs': (old.pinned['silver.dim_orgs'] ?? 0) + 1 };
    await assert.rejects(buildTable(process.context, run, { ...request, pinned: crossed }), OutdatedPlan);
    await buildTable(process.context, run, { ...request, pinned: old.pinned });
    assert.equal((await rowsIn(lake(), contract.name)).length, 2);
  });

  it('is built for the backfill that was asked for first also when the one asked for later came before', async () => {
    const table = 'silver.usage_events';
    const [day, dates] = ['2025-07-03', ['2025-07-03']];
    const number = async (): Promise<number | undefined> =>
      (await lake().table(table).latest())?.txns.get(consumedId(table, day, recompute));
    landing.events('a.jsonl', [eventLine('e1')]);
    await line();
    await buildDirty(process.context, run, { table, dates, recompute: 3000 });
    landing.events('b.jsonl', [eventLine('e2')], later);
    for (const step of lineSteps.slice(0, 9)) await step.run(process);
    await buildDirty(process.context, run, { table, dates, recompute: 2000 });
    assert.deepEqual([(await rowsIn(lake(), table)).length, await number()], [2, 3000]);
  });

  it('of a day that is pinned is still there when a backfill unpins it, whatever was built meanwhile', async () => {
    const table = 'silver.usage_events';
    const contract = contractOf(table);
    landing.events('a.jsonl', [eventLine('e1'), eventLine('e2', { timestamp: '2025-07-14T10:00:00Z' })]);
    await line();
    const base = await lake().table(table).latest();
    const nothing = { reads: { kind: 'nothing' }, adds: [], removes: [], dataChange: false, info: {} } as const;
    await lake()
      .table(table)
      .commit({ ...nothing, base, txns: { [consumedId(table, '2025-07-03', pin)]: 1000 }, operation: 'RESTORE' });
    landing.events('b.jsonl', [eventLine('e3'), eventLine('e4', { timestamp: '2025-07-14T10:00:00Z' })], later);
    await line();
    assert.equal((await rowsIn(lake(), table)).length, 3);
    // As if the pin were gone and nothing else had been recorded.
    const plan = await planTable(lake(), contract, { [recompute]: 1001 });
    assert.ok(
      plan.why.get('2025-07-03')?.some((why) => why.startsWith('bronze.usage_events')),
      'taken for built',
    );
    await buildDirty(process.context, run, { table, dates: ['2025-07-03'], recompute: 1001 });
    assert.equal((await rowsIn(lake(), table)).length, 4);
  });

  it('is looked for in the commits since the last build of all that was dirty, however old the other partitions are', async () => {
    const contract = contractOf('silver.usage_events');
    const days = ['2025-07-03', '2025-07-14'];
    const add = (id: string, day: string): void =>
      landing.events(`${id}.jsonl`, [eventLine(id, { timestamp: `${day}T10:00:00Z` })], later);
    const stream = lineSteps.find((s) => s.name === 'bronze.usage_events')!;
    for (const day of days) add(`first-${day}`, day);
    await line();
    add('second', days[1]!);
    await line();
    const bronze = lake().table('bronze.usage_events');
    const built = (await bronze.latest())!.version;
    const looks = mock.method(bronze, 'eachCommitSince').mock;
    const dirty = async () => (await planTable(lake(), contract)).partitions;
    assert.deepEqual(await dirty(), []);
    for (const day of days) {
      add(`third-${day}`, day);
      await stream.run(process);
    }
    assert.deepEqual(await dirty(), days);
    // A build of some of it leaves the rest to be found.
    await buildDirty(process.context, run, { table: contract.name, dates: [days[1]!] });
    assert.deepEqual(await dirty(), [days[0]]);
    assert.deepEqual(new Set(looks.calls.map((call) => call.arguments[0])), new Set([built]));
    await buildDirty(process.context, run, { table: contract.name, dates: null });
    looks.resetCalls();
    assert.deepEqual(await dirty(), []);
    assert.equal(looks.callCount(), 0);
    mock.restoreAll();
  });

  it('of a landing file that is gone or replaced between plan and reading does not hold up the stream', async () => {
    landing.events('a.jsonl', [eventLine('e1'), eventLine('e2', { org_id: null })]);
    landing.events('b.jsonl', [eventLine('e3')]);
    const { context } = process;
    let isFirst = true;
    const compute = {
      ...context.compute,
      run: ((task: never, input: never, options: never) => {
        if ((task as string) === 'ingestEvents' && isFirst) {
          isFirst = false;
          unlinkSync(landing.path('usage_events_stream/a.jsonl'));
          landing.events('b.jsonl', [eventLine('e4'), eventLine('e5')]);
        }
        return context.compute.run(task, input, options);
      }) as typeof context.compute.run,
    };
    const stream = lineSteps.find((s) => s.name === 'bronze.usage_events')!;
    const first = (await stream.run({ ...process, context: { ...context, compute } })) as { unreadableFiles: number };
    const second = (await stream.run(process)) as { replaced: string[] };
    assert.deepEqual([first.unreadableFiles, second.replaced], [2, ['usage_events_stream/b.jsonl']]);
    const rows = await rowsIn(lake(), 'bronze.usage_events', 'event_id');
    assert.deepEqual(
      rows.map((r) => [r.event_id, Number(r.source_generation)]),
      [
        ['e4', 2],
        ['e5', 2],
      ],
    );
    assert.deepEqual(await quarantined(lake()), []);
  });
});
