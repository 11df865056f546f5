/** What a run takes, refuses and shows of itself. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { WorkflowFailedError, WorkflowHandle } from '@temporalio/client';
import { catalogue, exampleOf, startableTypes } from '../../workflows/catalogue.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import * as workflows from '../../workflows/index.ts';
import { progressQuery } from '../../workflows/progress.ts';
import { type TestLine, testLine } from './line.ts';
import { eventLine, type SmallLanding, smallLanding } from './small-landing.ts';

describe('a run', () => {
  let landing: SmallLanding;
  let line: TestLine;
  let daily: WorkflowHandle;

  before(async () => {
    landing = smallLanding();
    landing.events('events.jsonl', [eventLine('e1')]);
    line = await testLine({ landing: landing.folder });
    daily = await line.start('dailyRun', { date: '2025-07-03' });
    await daily.result();
  });
  after(async () => {
    await line.stop();
    landing.remove();
  });

  const failureOf = async (type: string, input: unknown): Promise<string> => {
    const handle = await line.start(type, input);
    return handle.result().then(
      () => assert.fail(`${type} took ${JSON.stringify(input)}`),
      (error: WorkflowFailedError) => error.cause?.message ?? '',
    );
  };

  it('is of a type that the catalogue lists', () => {
    const { default: _, ...types } = workflows;
    assert.deepEqual(Object.keys(catalogue).sort(), Object.keys(types).sort());
  });

  // A backfill waits for requests until it is cancelled.
  for (const type of startableTypes.filter((name) => name !== 'backfill')) {
    it(`of ${type} needs no input: {} and the example of the catalogue will do`, async () => {
      for (const input of [{}, catalogue[type].example]) await (await line.start(type, input)).result();
    });
  }

  it('takes no input, and null, for {}', async () => {
    for (const input of [undefined, null]) await (await line.start('silver', input)).result();
  });

  const bad: [type: string, input: unknown, message: RegExp][] = [
    [
      'dailyRun',
      { dat: '2025-07-03' },
      /^no field dat, given "2025-07-03"; the fields are date; an example is \{"date": "2025-08-14"\}$/,
    ],
    ['dailyRun', { date: '03/07/2025' }, /^date: "03\/07\/2025" is not valid; an example is "2025-08-14"$/],
    ['dailyRun', { date: '2025-02-30' }, /^date: "2025-02-30" is not valid; an example is "2025-08-14"$/],
    ['dailyRun', { date: '2025-13-01' }, /^date: "2025-13-01" is not valid; an example is "2025-08-14"$/],
    ['dailyRun', { date: 20250703 }, /^date: 20250703 is not valid; an example is "2025-08-14"$/],
    ['dailyRun', 'now', /^the input "now" is not a JSON object such as \{\} or \{"date": "2025-08-14"\}$/],
    ['dailyRun', ['2025-07-03'], /^the input \["2025-07-03"\] is not a JSON object/],
    ['dailyRun', { toString: 1 }, /^no field toString, given 1; the fields are date; /],
    [
      'bronzeBatch',
      { masters: ['users', 'pets'] },
      /^masters: \["users","pets"\] is not valid; an example is \["customers_orgs"\], out of customers_orgs, users, /,
    ],
    [
      'bronzeBatch',
      { effective: '2025-08-31' },
      /^effective: "2025-08-31" is not valid; an example is "2025-08-14T00:00:00Z"$/,
    ],
    ['bronzeBatch', { correctsFrom: 'T0T0' }, /^correctsFrom: "T0T0" is not valid/],
    ['bronzeStream', { mode: 'sometimes' }, /^mode: "sometimes" is not valid; an example is "availableNow"/],
    [
      'silver',
      { tables: ['gold.org_monthly_revenue'] },
      /^tables: \["gold.org_monthly_revenue"\] is not valid; an example is \["silver.dim_orgs"\]/,
    ],
    ['silver', { dates: ['2025-7-3'] }, /^dates: \["2025-7-3"\] is not valid; an example is \["2025-08-14"\]$/],
    ['gold', { dates: '2025-07-03' }, /^dates: "2025-07-03" is not valid; an example is \["2025-08-14"\]$/],
    ['serving', { rebuild: 'yes' }, /^rebuild: "yes" is not valid; an example is true$/],
    [
      'serving',
      { marts: ['org_monthly_revenue'] },
      /^marts: .* is not valid; an example is \["gold.org_daily_usage_by_service"\]/,
    ],
    [
      'audit',
      { readBack: { 'gold.org_monthly_revenue': { publication: 1.5, rows: 240 } } },
      /^readBack: .* is not valid; an example is \{"gold\.org_daily_usage_by_service": \{"publication": 1, "rows": 1\}\}/,
    ],
    [
      'bronzeStream',
      '{"mode": "continuous"}',
      /^the input "\{.*\}" is not a JSON object such as \{\} or \{"mode": "availableNow"\}$/,
    ],
    ['silver', { dates: [['2025-07-03']] }, /^dates: \[\["2025-07-03"\]\] is not valid/],
    ['gold', { tables: 'x'.repeat(300) }, /^tables: "x{199}… is not valid/],
    ['audit', { scope: 'half' }, /^scope: "half" is not valid; an example is "changed" or "everything"$/],
  ];
  for (const [type, input, message] of bad) {
    it(`of ${type} refuses ${JSON.stringify(input)}, naming the field, the value and an example`, async () => {
      assert.match(await failureOf(type, input), message);
    });
  }

  it('of an unknown type fails at once and lists the types', async () => {
    const message = await failureOf('nightlyRun', {});
    assert.match(message, /^no workflow type nightlyRun; the types are:\n/);
    for (const type of startableTypes)
      assert.ok(message.includes(`- ${type}: ${catalogue[type].summary}; input {} or ${exampleOf(type)}`));
  });

  it('carries layer, tables, logical date, who started it and how it ended as search attributes', async () => {
    const { searchAttributes } = await daily.describe();
    assert.deepEqual([searchAttributes.CpaLayer, searchAttributes.CpaLogicalDate], [['all'], ['2025-07-03']]);
    assert.deepEqual([searchAttributes.CpaRunKind, searchAttributes.CpaOutcome], [['manual'], ['done']]);
    const child = await line.client.workflow.getHandle(`${daily.workflowId}/silver`).describe();
    assert.deepEqual(
      [child.searchAttributes.CpaLayer, child.searchAttributes.CpaLogicalDate, child.searchAttributes.CpaRunKind],
      [['silver'], ['2025-07-03'], ['daily']],
    );
    assert.equal(await child.staticSummary(), catalogue.silver.summary);
    assert.ok((child.searchAttributes.CpaTable as string[]).includes('silver.usage_events'));
  });

  it('shows what it did: in its details and by the query `progress`', async () => {
    const { stage, tables } = await daily.query(progressQuery);
    assert.equal(stage, 'done');
    assert.equal(tables.find((t) => t.table === 'bronze.usage_events')?.read, 1);
    const metadata = (await daily.query('__temporal_workflow_metadata')) as { currentDetails?: string };
    assert.match(metadata.currentDetails ?? '', /^\*\*Done\.\*\*\n\n\*\*Rows in all:\*\* \d+ read, /);
    assert.match(metadata.currentDetails ?? '', /\n- \*\*silver\.usage_events\*\*: 1 read, 1 written; 1 partitions, /);
    assert.match(
      metadata.currentDetails ?? '',
      /\*\*Rows in Cassandra:\*\* .*\n\n\*\*Checks:\*\* \d+ passed, 0 failed; /,
    );
  });

  it('keeps a short history: a warm daily run is at most 150 events', async () => {
    const warm = await line.start('dailyRun');
    const result = (await warm.result()) as DailyRunResult;
    assert.equal(result.audit?.passed, true);
    const { historyLength } = await warm.describe();
    assert.ok(historyLength <= 150, `${historyLength} events`);
  });

  it('labels itself with the day before it starts, unless told a date', async () => {
    const result = (await (await line.start('dailyRun')).result()) as DailyRunResult;
    assert.equal(result.date, new Date(Date.now() - 86_400_000).toISOString().slice(0, 10));
    assert.equal(((await daily.result()) as DailyRunResult).date, '2025-07-03');
  });
});
