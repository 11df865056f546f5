import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventFlagRules, eventRejectRules } from '../../schemas/event-rules.ts';
import { silverUsageEvents } from '../../schemas/silver.ts';
import { silverEvents } from '../../transforms/silver/events.ts';
import { dayOf, rowsOf } from './rows.ts';
import { bronzeOf, orgs, orgsTable, resources, resourcesTable, wholeEvent } from './usage.ts';

const silver = (lines: readonly string[]) => silverEvents(bronzeOf(lines), orgs, resources);
const line = (fields: object) => JSON.stringify({ ...wholeEvent, ...fields });

/** JSON text with a field given as raw JSON. */
const raw = (field: string, json: string) => line({ [field]: '@' }).replace('"@"', json);

test('a whole event is enriched as of its time and not flagged', () => {
  const { table, rejects, flagged } = silver([line({}), line({ event_id: 'e2', timestamp: '2025-07-03T12:00:00Z' })]);
  assert.deepEqual(
    table.schema.names,
    silverUsageEvents.fields.map((f) => f.name),
  );
  assert.deepEqual(rejects, []);
  assert.deepEqual(flagged, {});
  const [before, after] = rowsOf(table);
  assert.deepEqual(
    [before!.plan_tier, before!.org_name, before!.hq_region, before!.resource_state, before!.flags],
    ['free', 'One', 'us-east', 'running', null],
  );
  assert.equal(before!.event_ts, '2025-07-03T10:00:00.000Z');
  assert.equal(before!.cost_usd, '1.25');
  assert.equal(after!.plan_tier, 'pro');
});

test('each rejected event is rejected for the first rule it breaks', () => {
  const cases: readonly (readonly [string, string])[] = [
    [line({ org_id: '' }), 'org_id_missing'],
    [line({ org_id: null, cost_usd_increment: null }), 'org_id_missing'],
    [line({ org_id: 5 }), 'org_id_missing'],
    [line({ cost_usd_increment: null }), 'cost_missing'],
    [line({ cost_usd_increment: undefined }), 'cost_missing'],
    [line({ cost_usd_increment: ' ' }), 'cost_missing'],
    [line({ cost_usd_increment: 'free', value: 'x' }), 'cost_missing'],
    [line({ cost_usd_increment: true }), 'cost_missing'],
    [line({ cost_usd_increment: 'NaN' }), 'cost_missing'],
    [line({ cost_usd_increment: -0.010001 }), 'cost_non_negative'],
    [line({ cost_usd_increment: -5, value: {} }), 'cost_non_negative'],
    [line({ value: {} }), 'value_not_numeric'],
    [line({ value: 'many', cost_usd_increment: 1e30 }), 'value_not_numeric'],
    [line({ value: false }), 'value_not_numeric'],
    // Around numbers the decoder trims ASCII white space only.
    [line({ value: '\u00a05' }), 'value_not_numeric'],
    [line({ cost_usd_increment: '\u00a05' }), 'cost_missing'],
    [line({ cost_usd_increment: '5\ufeff' }), 'cost_missing'],
    [raw('value', '1000000000000'), 'value_out_of_range'],
    [raw('value', '"1e400"'), 'value_out_of_range'],
    [raw('cost_usd_increment', '1e30'), 'cost_usd_increment_out_of_range'],
    [raw('cost_usd_increment', '" -1e30 "'), 'cost_usd_increment_out_of_range'],
    [raw('carbon_kg', '1e400'), 'carbon_kg_out_of_range'],
    [raw('genai_tokens', '"123456789012345678901234567890"'), 'genai_tokens_out_of_range'],
    [raw('schema_version', '99999999999'), 'schema_version_out_of_range'],
    [raw('schema_version', '"-3e9 "'), 'schema_version_out_of_range'],
    [raw('schema_version', '1e400'), 'schema_version_out_of_range'],
  ];
  const { table, rejects } = silver([line({ event_id: 'good' }), ...cases.map(([text]) => text)]);
  assert.deepEqual(rowsOf(table, ['event_id']), [{ event_id: 'good' }]);
  assert.deepEqual(
    rejects.map((r) => r.ruleId),
    cases.map(([, rule]) => rule),
  );
  const tested = new Set(cases.map(([, rule]) => rule));
  assert.deepEqual(
    eventRejectRules.filter((r) => !tested.has(r.id)).map((r) => r.id),
    [],
  );
});

test('a reject says what was wrong and what it holds', () => {
  const { rejects } = silver([line({ cost_usd_increment: -5.5 }), line({ value: 'many' })]);
  const [cost, value] = rejects;
  assert.match(cost!.reason, /-5\.5 US dollars/);
  assert.match(value!.reason, /"many"/);
  assert.deepEqual(
    [cost!.moneyHeld, cost!.eventId, cost!.orgId, cost!.eventDate, cost!.layer, cost!.sourceRow, cost!.sourceFile],
    [-5_500_000n, 'e1', 'o1', dayOf('2025-07-03'), 'silver', 1, 'a.jsonl'],
  );
});

test('each flag rule flags its events, which stay', () => {
  const cases: readonly (readonly [string, string])[] = [
    [line({ unit: null }), 'unit_imputed'],
    [line({ unit: undefined, metric: 'requests' }), 'unit_imputed'],
    [line({ org_id: 'o9' }), 'unknown_organisation,resource_of_other_organisation'],
    [line({ org_id: 'o2', resource_id: 'r1' }), 'absent_organisation,resource_of_other_organisation'],
    [line({ resource_id: 'r9' }), 'unknown_resource'],
    [line({ resource_id: null }), 'unknown_resource'],
    [line({ org_id: 'o2', resource_id: 'r2' }), 'absent_organisation,absent_resource'],
    [line({ service: 'quantum' }), 'unknown_service'],
    [line({ service: '' }), 'unknown_service'],
    [line({ metric: 'magic' }), 'unknown_metric'],
    [line({ metric: null, unit: null }), 'unknown_metric'],
    [line({ value: -1 }), 'negative_value'],
    [line({ carbon_kg: -1 }), 'negative_value'],
    [line({ unit: 'count' }), 'unit_contradicts_metric'],
    [line({ timestamp: '2025-07-03T10:00:00' }), 'timestamp_without_zone'],
    [line({ schema_version: undefined }), 'schema_version_absent'],
    [`${line({}).slice(0, -1)},"value":3}`, 'repeated_key'],
    [`${line({ _repeated: 'often' }).slice(0, -1)},"value":3}`, 'repeated_key'],
    [line({ _repeated: true }), ''],
    [line({ _repeated: [] }), ''],
    [line({ _repeated: [1] }), ''],
    [line({ _repeated: { value: 2 } }), ''],
    [line({ _repeated: ['value'], colour: 'red' }), ''],
    [raw('value', '2.1234567'), 'rounded'],
    [raw('carbon_kg', '"0.1234567891"'), 'rounded'],
    [line({ region: 5 }), 'wrong_type'],
    [line({ carbon_kg: 'low' }), 'wrong_type'],
    [line({ schema_version: 'two' }), 'wrong_type'],
    [raw('schema_version', '1.5'), 'wrong_type'],
    [raw('schema_version', '" 3000000000.5"'), 'wrong_type'],
    [raw('schema_version', '1.00000000000000000001'), 'wrong_type'],
    [line({ timestamp: '2025-07-01T23:59:59Z' }), 'resource_created_after_event'],
    [line({ timestamp: '2025-06-30T23:59:59Z' }), 'resource_created_after_event,event_before_signup'],
    [line({ timestamp: '2025-07-02T00:00:00Z' }), ''],
    [line({ unit: null, value: null }), ''],
    [line({ unit: '', metric: 'cpu_hours', value: ' 2.5 ' }), 'unit_imputed'],
    [line({ schema_version: 1, carbon_kg: undefined }), ''],
    [line({ cost_usd_increment: -0.01 }), ''],
    [line({ colour: 'red' }), ''],
  ];
  const { table, rejects, flagged } = silver(cases.map(([text]) => text));
  assert.deepEqual(rejects, []);
  assert.deepEqual(
    rowsOf(table, ['flags']).map((r) => r.flags ?? ''),
    cases.map(([, flags]) => flags),
  );
  const named = cases.flatMap(([, flags]) => flags.split(',')).filter((id) => id !== '');
  for (const id of new Set(named)) assert.equal(flagged[id], named.filter((n) => n === id).length, id);
  assert.deepEqual(
    eventFlagRules.filter((r) => !named.includes(r.id)).map((r) => r.id),
    [],
  );
});

test('units are imputed from the metric, an absent schema version is 1, an unreadable one null', () => {
  const { table } = silver([
    line({ unit: null, metric: 'requests' }),
    line({ unit: null, metric: 'cpu_hours' }),
    line({ unit: null, metric: 'storage_gb_hours' }),
    line({ unit: null, value: null }),
    line({ unit: 'parsecs', schema_version: undefined }),
    line({ schema_version: 'two' }),
  ]);
  assert.deepEqual(
    rowsOf(table, ['unit', 'schema_version']).map((r) => [r.unit, r.schema_version]),
    [
      ['count', 2],
      ['hours', 2],
      ['gb_hours', 2],
      [null, 2],
      ['parsecs', 1],
      ['hours', null],
    ],
  );
});

test('a cost is an outlier above 3 × the interpolated 99th percentile of its service that day', () => {
  // Of costs 1…101 the 99th percentile is the 100th value, 100.
  const costs = Array.from({ length: 101 }, (_, i) => i + 1);
  const day = (date: string, service: string, values: readonly number[]) =>
    values.map((cost) => line({ timestamp: `${date}T00:00:00Z`, service, cost_usd_increment: cost }));
  const lines = [
    ...day('2025-07-03', 'compute', [...costs.slice(0, 100), 300.01]),
    ...day('2025-07-03', 'storage', [...costs.slice(0, 100), 300]),
    ...day('2025-07-04', 'compute', [1000]),
    // p99 of 1 and 1000 is 990.01.
    ...day('2025-07-05', 'compute', [1, 1000]),
  ];
  const { table } = silver(lines);
  const outliers = rowsOf(table, ['cost_outlier', 'cost_usd']).filter((r) => r.cost_outlier === true);
  assert.deepEqual(
    outliers.map((r) => r.cost_usd),
    ['300.01'],
  );
});

test('no cost is an outlier where the percentile is not above 0', () => {
  const { table } = silver([-0.01, -0.005].map((cost) => line({ cost_usd_increment: cost })));
  assert.deepEqual(
    rowsOf(table, ['cost_outlier']).map((r) => r.cost_outlier),
    [false, false],
  );
  const free = silver([...Array.from({ length: 200 }, () => 0), 1].map((cost) => line({ cost_usd_increment: cost })));
  assert.deepEqual(
    rowsOf(free.table, ['cost_outlier']).filter((r) => r.cost_outlier === true),
    [],
  );
});

test('rejected costs do not count for the percentile', () => {
  const lines = [line({ cost_usd_increment: 5, value: 'x' }), line({ cost_usd_increment: 1 })];
  const { table } = silver(lines);
  assert.deepEqual(rowsOf(table, ['cost_outlier']), [{ cost_outlier: false }]);
});

test('no event, and no dimension rows, are tables all the same', () => {
  const none = silver([]);
  assert.equal(none.table.numRows, 0);
  assert.deepEqual(
    none.table.schema.names,
    silverUsageEvents.fields.map((f) => f.name),
  );
  const { table } = silverEvents(bronzeOf([line({})]), orgsTable([]), resourcesTable([]));
  assert.deepEqual(rowsOf(table, ['flags', 'org_name']), [
    { org_name: null, flags: 'unknown_organisation,unknown_resource' },
  ]);
});
