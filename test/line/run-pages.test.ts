/** What a run says of itself however it ends: its page, its history, and the search attributes that find it again. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Context } from '@temporalio/activity';
import type { WorkflowFailedError, WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Activities } from '../../activities/activities.ts';
import { problem } from '../../activities/problem.ts';
import type { ComputePool } from '../../worker/compute/pool.ts';
import { loadConfig } from '../../worker/config.ts';
import { connectTemporal, type TemporalAccess } from '../../worker/temporal.ts';
import { type LineWorker, startWorker } from '../../worker/worker.ts';
import { until } from './until.ts';

/** Builds everything of seven rows but Silver's usage events; of Gold it does not come to an end. */
const activities = {
  buildDirty: async ({ table }) => {
    if (table === 'silver.usage_events') throw problem('Imbalance', `${table}: 7 read, 6 written`);
    if (table.startsWith('gold.')) {
      const context = Context.current();
      const beating = setInterval(() => context.heartbeat(), 100);
      await context.cancelled.finally(() => clearInterval(beating));
    }
    const counts = { read: 7, written: 7, unchanged: 0, quarantined: 0, duplicate: 0, late: 0 };
    return { ...counts, table, version: 0, partitions: 1, bytes: 1, ms: 1 };
  },
  enterLedger: async () => 1,
  notify: async () => 'delivered',
} as Partial<Activities> as Activities;

describe('the page of a run', () => {
  const date = '2025-08-14';
  const taskQueue = `test-${randomUUID()}`;
  let temporal: TemporalAccess;
  let worker: LineWorker;
  let failed: WorkflowHandle;
  let runs = 0;

  before(async () => {
    temporal = await connectTemporal({ address: process.env.CPA_TEST_TEMPORAL! });
    const config = loadConfig({ CPA_TASK_QUEUE: taskQueue, CASSANDRA_CONTACT_POINTS: '127.0.0.1:1' });
    // Nothing here computes, or asks Cassandra.
    const compute = {} as ComputePool;
    worker = await startWorker({ config, temporal, cassandra: config.cassandra!, compute, activities });
    failed = await start('silver', { date });
    await assert.rejects(failed.result());
  });
  after(async () => {
    await worker.stop();
    await temporal.connection.close();
  });

  const start = (type: string, input: unknown): Promise<WorkflowHandle> =>
    temporal.client.workflow.start(type, { taskQueue, workflowId: `${taskQueue}-${runs++}`, args: [input] });
  const pageOf = async (handle: WorkflowHandle): Promise<string> =>
    ((await handle.query('__temporal_workflow_metadata')) as { currentDetails: string }).currentDetails;

  /** The workflow ids that a query finds on this test's task queue, once there are any. */
  const found = (query: string): Promise<string[]> =>
    until(`found: ${query}`, async () => {
      const ids: string[] = [];
      const whole = `TaskQueue = "${taskQueue}" AND ${query}`;
      for await (const { workflowId } of temporal.client.workflow.list({ query: whole })) ids.push(workflowId);
      return ids.length > 0 && ids;
    });

  it('is found by layer, date and outcome when it failed, with the rows it read', async () => {
    await (await start('silver', { date, tables: ['silver.dim_orgs'] })).result();
    await assert.rejects((await start('silver', { date: '2025-08-15' })).result());
    const ofDate = `CpaLayer = "silver" AND CpaLogicalDate = "${date}"`;
    assert.deepEqual(await found(`${ofDate} AND CpaOutcome = "failed"`), [failed.workflowId]);
    assert.deepEqual(await found(`${ofDate} AND CpaRows = 49 AND CpaRunKind = "manual"`), [failed.workflowId]);
    assert.equal((await found(`${ofDate} AND CpaOutcome = "done" AND CpaRows = 7`)).length, 1);
  });

  it('says why it failed, what to do, and what was done nevertheless', async () => {
    const page = await pageOf(failed);
    assert.match(page, /^\*\*Failed:\*\*\n\n- `` silver\.usage_events: silver\.usage_events: 7 read, 6 written ``\n\n/);
    assert.match(page, /\*\*What to do:\*\* .* start `silver` again with `\{\}`: .* docs\/runbook\.md: _Bad data_/);
    assert.match(page, /\*\*Rows in all:\*\* 49 read, 49 written\. 7 tables changed, 0 had nothing to do\./);
    assert.match(page, /- \*\*silver\.dim_orgs\*\*: 7 read, 7 written; 1 partitions, 1 ms/);
  });

  it('has a history in which every activity says what it does', async () => {
    const { events } = await failed.fetchHistory();
    const summaries = (events ?? []).flatMap(({ userMetadata }) =>
      userMetadata?.summary ? [defaultPayloadConverter.fromPayload<string>(userMetadata.summary)] : [],
    );
    assert.equal(summaries.length, 9);
    assert.ok(
      summaries.includes('Build silver.usage_events') && summaries.includes('Enter the commits into the ledger'),
    );
  });

  it('says how to start again what was refused its input', async () => {
    const refused = await start('silver', { tables: 'all' });
    await assert.rejects(refused.result());
    assert.match(
      await pageOf(refused),
      /nothing was done\. Start `silver` again with `\{\}` or an input such as `` \{"tables":/,
    );
    assert.deepEqual(await found('CpaLayer = "silver" AND CpaOutcome = "failed" AND CpaLogicalDate IS NULL'), [
      refused.workflowId,
    ]);
  });

  it('is refused an input in another encoding, or no JSON at all, and reads no second one', async () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const payload = (encoding: string, text: string) => ({
      metadata: { encoding: bytes(encoding) },
      data: bytes(text),
    });
    const sent: [payloads: ReturnType<typeof payload>[], message: RegExp][] = [
      [[payload('json/protobuf', '{"date": 1}')], /^date: 1 is not valid/],
      [[payload('json/plain', 'now'), payload('json/plain', '{}')], /^the input "now" is not a JSON object such as/],
    ];
    for (const [payloads, message] of sent) {
      const workflowId = `${taskQueue}-${runs++}`;
      await temporal.connection.workflowService.startWorkflowExecution({
        namespace: temporal.namespace,
        workflowId,
        requestId: workflowId,
        workflowType: { name: 'silver' },
        taskQueue: { name: taskQueue },
        input: { payloads },
      });
      const refused = await temporal.client.workflow
        .getHandle(workflowId)
        .result()
        .catch((e: WorkflowFailedError) => e);
      assert.match((refused as WorkflowFailedError).cause?.message ?? '', message);
    }
  });

  it('says that it was cancelled', async () => {
    const cancelled = await start('gold', { tables: ['gold.org_daily_usage_by_service'] });
    await until('it is building', async () => ((await cancelled.describe()).raw.pendingActivities ?? []).length > 0);
    assert.match(await pageOf(cancelled), /^\*\*Now:\*\* building gold\.org_daily_usage_by_service\n/);
    assert.deepEqual(await found('CpaOutcome = "running"'), [cancelled.workflowId]);
    await cancelled.cancel();
    await assert.rejects(cancelled.result());
    assert.match(await pageOf(cancelled), /^\*\*Cancelled\.\*\*/);
    assert.deepEqual(await found('CpaOutcome = "cancelled"'), [cancelled.workflowId]);
  });

  it('says that a schedule started it', async () => {
    const schedule = await temporal.client.schedule.create({
      scheduleId: taskQueue,
      spec: {},
      action: { type: 'startWorkflow', workflowType: 'silver', taskQueue, args: [{ tables: ['silver.dim_orgs'] }] },
    });
    await schedule.trigger();
    assert.equal((await found('CpaRunKind = "scheduled" AND CpaOutcome = "done"')).length, 1);
    await schedule.delete();
  });
});
