/** Ranges of days that are asked for by signal, by update and from the terminal: built, recomputed, isolated, cancelled, recorded. */
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import type { BackfillPlan } from '../../activities/backfill/plan.ts';
import type { BackfillProgress, EndedRequest } from '../../workflows/backfill/state.ts';
import { freshProcess, lineSteps } from '../faults/steps.ts';
import { logicalHashes, type TestLine, testLine } from './line.ts';
import { eventLine, smallLanding } from './small-landing.ts';
import { rowsIn } from './tables.ts';
import { until } from './until.ts';

const days = 20;
const dayOf = (n: number): string => new Date(Date.UTC(2025, 5, 20 + n)).toISOString().slice(0, 10);
const all = { from: dayOf(0), to: dayOf(days - 1) };

describe('a backfill', () => {
  const landing = smallLanding();
  const reference = mkdtempSync(join(tmpdir(), 'cpa-backfill-'));
  let line: TestLine;
  let handle: WorkflowHandle;
  let expected: Readonly<Record<string, string>>;

  before(async () => {
    const lines = Array.from({ length: days * 2 }, (_, i) =>
      eventLine(`e${i}`, { timestamp: `${dayOf(i % days)}T10:00:00Z`, cost_usd_increment: i === 7 ? -5 : 1 + (i % 5) }),
    );
    landing.events('a.jsonl', lines);
    const plain = freshProcess(reference, landing.folder, 1 << 20);
    for (const step of lineSteps) await step.run(plain);
    expected = await logicalHashes(reference);
    line = await testLine({ landing: landing.folder });
    await Promise.all([line.run('bronzeBatch'), line.run('bronzeStream')]);
    handle = await line.start('backfill');
  });
  after(async () => {
    await handle.cancel();
    await line.stop();
    landing.remove();
    rmSync(reference, { recursive: true, force: true });
  });

  const progress = (): Promise<BackfillProgress> => handle.query('progress');
  const ask = async (request: object): Promise<string> =>
    (await handle.executeUpdate<{ id: string }, [object]>('request', { args: [request] })).id;
  const endOf = async (id: string): Promise<EndedRequest> => {
    const ended = async () => (await progress()).ended.find(({ ids }) => ids.includes(id)) ?? null;
    return until(`${id} ends`, ended);
  };

  it('plans without touching anything', async () => {
    const plan = await handle.executeUpdate<BackfillPlan, [object]>('plan', {
      args: [{ from: dayOf(3), to: dayOf(12) }],
    });
    assert.deepEqual(
      plan.days.map(({ date }) => date),
      Array.from({ length: 10 }, (_, i) => dayOf(i + 3)),
    );
    assert.ok(
      plan.days[0]?.why.some((why) => why.startsWith('bronze.usage_events')),
      plan.days[0]?.why.join(),
    );
    assert.ok(plan.rows >= 20 && plan.estimatedMs > 0);
    assert.equal(await line.lake().table('silver.usage_events').latest(), null);
  });

  it('refuses what makes no sense, naming the field, the value and an example', async () => {
    await handle.signal('request', { from: '2025-02-30' });
    await until('the refusal', async () => (await progress()).refused.length === 1);
    assert.match((await progress()).refused[0]!.why, /from: "2025-02-30" is not valid; an example is "2025-08-14"/);
    const reasonOf = async (request: object): Promise<string> => {
      try {
        await ask(request);
      } catch (error) {
        assert.ok(error instanceof WorkflowUpdateFailedError);
        return error.cause?.message ?? '';
      }
      return 'not refused';
    };
    assert.match(await reasonOf({ from: dayOf(3), to: dayOf(2) }), /to: "2025-06-22" is before from/);
    assert.match(await reasonOf({ to: dayOf(2) }), /from: it is missing; an example is/);
    assert.match(await reasonOf({ from: dayOf(3), mode: 'some' }), /mode: "some" is not valid/);
  });

  it('builds what is absent, and all that is made of it, as a plain run does', async () => {
    const ended = await endOf(await ask({ ...all, reason: 'first load', by: 'ana' }));
    assert.deepEqual([ended.state, ended.daysPlanned, ended.daysDone], ['done', days, days]);
    assert.deepEqual(await logicalHashes(line.lakeRoot), expected);
    const session = await line.session();
    const served = await session.execute('SELECT count(*) AS n FROM org_daily_usage_by_service', []);
    assert.equal(Number(served[0]?.n), (await rowsIn(line.lake(), 'gold.org_daily_usage_by_service')).length);
  });

  it('finds nothing to do where all is there, and recomputes it when asked to', async () => {
    const nothing = await endOf(await ask(all));
    assert.deepEqual([nothing.state, nothing.daysPlanned], ['done', 0]);
    const id = await ask({ from: dayOf(0), to: dayOf(4), mode: 'all', newestFirst: true, reason: 'a doubt' });
    const again = await endOf(id);
    assert.deepEqual([again.state, again.daysDone], ['done', 5]);
    assert.deepEqual(await logicalHashes(line.lakeRoot), expected);
    const works = (await rowsIn(line.lake(), 'ops.ledger')).filter((row) => String(row.reason).includes(id));
    const partitions = works
      .filter(({ table_name }) => table_name === 'silver.usage_events')
      .reduce((n, row) => n + Number(row.partitions), 0);
    assert.equal(partitions, 5);
    assert.match(String(works[0]?.reason), /backfill-\d+T\d+Z: a doubt; asked for: \d+ partition/);
  });

  it('isolates a day that fails, goes on, and builds it when it is asked for what failed', async () => {
    const bronze = await line.lake().table('bronze.usage_events').latest();
    const file = bronze!.files.find(({ partitionValues }) => partitionValues.event_date === dayOf(6))!;
    const path = join(line.lakeRoot, 'bronze/usage_events', decodeURIComponent(file.path));
    renameSync(path, `${path}.away`);
    const ended = await endOf(await ask({ from: dayOf(0), to: dayOf(11), mode: 'all' }));
    renameSync(`${path}.away`, path);
    assert.deepEqual([ended.state, ended.daysPlanned, ended.daysDone], ['incomplete', 12, 11]);
    assert.deepEqual(Object.keys(ended.failed), [dayOf(6)]);
    assert.match(ended.failed[dayOf(6)]!, /silver.usage_events: .*bronze\/usage_events/);
    const mended = await endOf(await ask({ ...all, mode: 'failed' }));
    assert.deepEqual([mended.state, mended.daysPlanned, mended.daysDone], ['done', 1, 1]);
    assert.equal((await endOf(await ask({ ...all, mode: 'failed' }))).daysPlanned, 0);
    assert.deepEqual(await logicalHashes(line.lakeRoot), expected);
  });

  it('joins waiting requests that overlap, shows a dry run, and cancels', async () => {
    await handle.signal('pause');
    const first = await ask({ from: dayOf(0), to: dayOf(5), mode: 'all' });
    const second = await ask({ from: dayOf(6), to: dayOf(9), mode: 'all' });
    const other = await ask({ from: dayOf(6), to: dayOf(9) });
    await handle.signal('request', { from: dayOf(0), mode: 'all', dryRun: true });
    await until('the plan', async () => (await progress()).plans.length === 1);
    const { waiting, plans, state } = await progress();
    assert.equal(state, 'paused');
    assert.deepEqual(
      waiting.map(({ ids, from, to }) => [ids, from, to]),
      [
        [[first, second], dayOf(0), dayOf(9)],
        [[other], dayOf(6), dayOf(9)],
      ],
    );
    assert.deepEqual(
      plans[0]?.plan.days.map(({ date }) => date),
      [dayOf(0)],
    );
    const third = await ask({ from: dayOf(10), mode: 'all' });
    await handle.signal('cancel', other);
    await handle.signal('cancel', third);
    for (const id of [other, third]) assert.equal((await endOf(id)).state, 'cancelled');
    assert.deepEqual((await progress()).waiting[0]?.ids, [first, second]);
    await handle.signal('concurrency', 4);
    await handle.signal('resume');
    assert.equal((await endOf(second)).daysDone, 10);
    const rows = await rowsIn(line.lake(), 'ops.backfills');
    const ends = rows.filter((row) => row.state !== 'accepted');
    assert.deepEqual(ends.find((row) => row.request_id === other)?.state, 'cancelled');
    assert.equal(ends.filter((row) => row.request_id === first || row.request_id === second).length, 2);
    const asked = ends.find((row) => row.reason === 'first load')!;
    assert.deepEqual([asked.asked_by, asked.days_done, asked.mode], ['ana', days, 'missing']);
    assert.ok('silver.usage_events' in JSON.parse(String(asked.result)).versions);
  });

  it('cancels what runs within seconds; what is done stays, and the next request goes on', async () => {
    await handle.signal('concurrency', 1);
    const id = await ask({ ...all, mode: 'all' });
    await until('a part is done', async () => Object.values((await progress()).running?.days ?? {}).includes('done'));
    const askedMs = Date.now();
    await handle.signal('cancel', id);
    const ended = await endOf(id);
    assert.ok(Date.now() - askedMs < 5000, `${Date.now() - askedMs} ms`);
    assert.equal(ended.state, 'cancelled');
    assert.ok(ended.daysDone > 0 && ended.daysDone < days, `${ended.daysDone} of ${days} days`);
    const rest = await endOf(await ask(all));
    assert.equal(rest.state, 'done');
    assert.deepEqual(await logicalHashes(line.lakeRoot), expected);
  });
});
