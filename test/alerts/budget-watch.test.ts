/** Alerts from what is in the lake, batch rows and increments: each once, whoever looks, however often, and however it ends. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { alertLine } from '../../activities/alerts/alert.ts';
import { AlertLog } from '../../activities/alerts/alert-log.ts';
import { BudgetWatch } from '../../activities/alerts/budget-watch.ts';
import { drainEvents } from '../../activities/bronze-events.ts';
import { advanceSpeed, dropConsumed } from '../../activities/speed.ts';
import { parseBudgets } from '../../worker/budgets.ts';
import { faultKinds, faultyStore, type Objects } from '../faults/faulty-store.ts';
import { freshProcess, lineSteps, type Process, run } from '../faults/steps.ts';
import { eventLine, type SmallLanding, smallLanding } from '../line/small-landing.ts';
import { rowsIn } from '../line/tables.ts';

const budgets = parseBudgets('{"default_usd_per_day": 10, "organisations": {"org_b": 0, "org_c": "2.5"}}', 'test');
let lakes = 0;
let events = 0;

/** An event of an organisation on a day. */
const costs = (org: string, day: string, usd: number): string =>
  eventLine(`e${events++}`, { org_id: org, timestamp: `${day}T10:00:00Z`, cost_usd_increment: usd });

describe('a budget watch', () => {
  let landing: SmallLanding;
  let objects: Map<string, Uint8Array>;
  let process_: Process;

  beforeEach(() => {
    landing?.remove();
    landing = smallLanding();
    objects = new Map();
    process_ = aProcess().process;
  });
  after(() => landing.remove());

  /** A process over a lake. */
  function aProcess(lake: Map<string, Uint8Array> = objects) {
    const root = join(tmpdir(), `cpa-watch-${lakes++}`);
    const store = faultyStore(root, lake);
    const process = freshProcess(root, landing.folder, 1 << 20);
    const log = new AlertLog(process.context);
    return { process, store, log, watch: new BudgetWatch(process.context, budgets, log) };
  }

  /** The speed layer takes lines in. */
  async function stream(...lines: readonly string[]): Promise<void> {
    landing.events(`${events++}.jsonl`, lines);
    await drainEvents(process_.context, run, process_.index);
    await advanceSpeed(process_.context, run);
  }

  async function alerts(lake: Objects = objects): Promise<string[]> {
    const { context } = aProcess(new Map(lake)).process;
    const rows = await rowsIn(context.lake, 'ops.alerts', 'usage_date', 'org_id', 'threshold_percent');
    return rows.map((r) => `${r.alert_id} ${r.total_usd} of ${r.budget_usd}`);
  }

  it('raises 80 % and 100 % of a day once each, over all services, from increments alone', async () => {
    const { watch, log } = aProcess();
    assert.equal(await watch.look('run'), 0);
    await stream(costs('org_a', '2025-07-03', 7.999999));
    assert.equal(await watch.look('run'), 0);
    await stream(eventLine('genai', { service: 'genai', cost_usd_increment: 0.000001 }));
    assert.equal(await watch.look('run'), 1);
    assert.equal(await watch.look('run'), 0);
    await stream(costs('org_a', '2025-07-03', 1.999999), costs('org_a', '2025-07-04', 1));
    assert.equal(await watch.look('run'), 0);
    await stream(costs('org_a', '2025-07-03', 0.000001), costs('org_a', '2025-07-03', 5));
    assert.equal(await watch.look('run'), 1);
    await stream(costs('org_a', '2025-07-03', 500));
    assert.equal(await watch.look('run'), 0);
    assert.deepEqual(await alerts(), ['org_a/2025-07-03/80 8 of 10', 'org_a/2025-07-03/100 15 of 10']);
    assert.deepEqual(log.recent.map(alertLine), [
      'org_a reached 80 % of 10 USD on 2025-07-03 (8 USD)',
      'org_a reached 100 % of 10 USD on 2025-07-03 (15 USD)',
    ]);
  });

  it('knows budgets of organisations, and 0', async () => {
    await stream(costs('org_b', '2025-07-03', 0), costs('org_c', '2025-07-03', 2), costs('org_x', '2025-07-03', 7));
    assert.equal(await aProcess().watch.look('run'), 1);
    await stream(costs('org_b', '2025-07-03', 0.000001));
    assert.equal(await aProcess().watch.look('run'), 2);
    assert.deepEqual(await alerts(), [
      'org_b/2025-07-03/80 0.000001 of 0',
      'org_b/2025-07-03/100 0.000001 of 0',
      'org_c/2025-07-03/80 2 of 2.5',
    ]);
  });

  it('adds increments to what the batch layer has built, and raises late ones too', async () => {
    landing.events('first.jsonl', [costs('org_a', '2025-06-01', 6), costs('org_a', '2025-07-03', 9)]);
    for (const step of lineSteps) await step.run(process_);
    const { watch } = aProcess();
    assert.equal(await watch.look('run'), 1);
    await stream(costs('org_a', '2025-06-01', 3), costs('org_a', '2025-07-03', 1));
    assert.equal(await watch.look('run'), 2);
    // What the batch layer takes over is counted once.
    for (const step of lineSteps) await step.run(process_);
    await dropConsumed(process_.context);
    assert.equal(await watch.look('run'), 0);
    await stream(costs('org_a', '2025-06-01', 1));
    assert.equal(await watch.look('run'), 1);
    assert.deepEqual(await alerts(), [
      'org_a/2025-06-01/80 9 of 10',
      'org_a/2025-06-01/100 10 of 10',
      'org_a/2025-07-03/80 9 of 10',
      'org_a/2025-07-03/100 10 of 10',
    ]);
    assert.equal(await aProcess().watch.look('run'), 0);
  });

  it('reads only days that changed since it last looked', async () => {
    await stream(costs('org_a', '2025-07-03', 1), costs('org_a', '2025-07-04', 1));
    const { process, watch } = aProcess();
    await watch.look('run');
    await stream(costs('org_a', '2025-07-04', 1));
    const { store } = process.context.lake;
    const read: string[] = [];
    for (const name of ['get', 'blob'] as const) {
      const original = store[name];
      store[name] = (path: string) => {
        if (path.endsWith('.parquet')) read.push(path.split('/').slice(0, 3).join('/'));
        return original(path) as never;
      };
    }
    await watch.look('run');
    assert.deepEqual(read, ['gold/org_daily_usage_by_service_speed/usage_date=2025-07-04']);
  });

  it('raises each alert once when several look at once', async () => {
    await stream(...['org_a', 'org_b', 'org_x', 'org_y'].map((org) => costs(org, '2025-07-03', 11)));
    const raised = await Promise.all([aProcess(), aProcess(), aProcess()].map(({ watch }) => watch.look('run')));
    assert.equal(
      raised.reduce((a, b) => a + b),
      8,
    );
    assert.equal((await alerts()).length, 8);
  });

  it('raises each alert once when its process ends at any write, and when a write fails', async () => {
    await stream(costs('org_a', '2025-07-03', 11), costs('org_c', '2025-07-03', 2));
    const undisturbed = new Map(objects);
    const { watch, store } = aProcess(undisturbed);
    await watch.look('run');
    const expected = await alerts(undisturbed);
    assert.equal(expected.length, 3);
    for (const kind of faultKinds) {
      for (const write of store.writes.keys()) {
        const lake = new Map(objects);
        const tried = aProcess(lake);
        tried.store.arm({ kind, write });
        await tried.watch.look('run').catch(() => undefined);
        assert.ok(tried.store.writes.length > write);
        tried.store.arm(null);
        await (kind === 'crash' ? aProcess(lake) : tried).watch.look('run');
        assert.deepEqual(await alerts(lake), expected, `${kind} at ${write}`);
      }
    }
  });
});
