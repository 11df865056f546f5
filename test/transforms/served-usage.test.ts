/** Batch rows and increments together are what one build over all events gives, however the events were cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from 'apache-arrow';
import fc from 'fast-check';
import { constantColumn } from '../../engine/columnar/column-of.ts';
import { concatTables } from '../../engine/columnar/concat.ts';
import { columnsOf, tableOf } from '../../engine/columnar/table.ts';
import { orgDailyUsageByServiceSpeed } from '../../schemas/gold.ts';
import { silverUsageEvents } from '../../schemas/silver.ts';
import { orgDailyUsageByService } from '../../transforms/gold/org-daily-usage-by-service.ts';
import { batchUsage, servedUsage } from '../../transforms/gold/served-usage.ts';
import { type Row, rowsOf, tableFrom } from './rows.ts';
import { orgs } from './usage.ts';

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const amount = fc.constantFrom('0', '1.5', '-0.01', '99999999999.999999');
const event: fc.Arbitrary<Row> = fc.record({
  org_id: fc.constantFrom('o1', 'o2', 'o9'),
  event_date: fc.constantFrom('2025-07-02', '2025-07-03'),
  service: maybe(fc.constantFrom('compute', 'genai')),
  metric: maybe(fc.constantFrom('requests', 'cpu_hours', 'storage_gb_hours', 'magic')),
  value: maybe(amount),
  cost_usd: amount,
  carbon_kg: maybe(fc.constantFrom('0', '0.001')),
  genai_tokens: maybe(amount),
});

function usageOf(events: readonly Row[]): Table {
  const rows = events.map((row, i) => ({
    event_id: `e${i}`,
    event_ts: `${row.event_date}T00:00:00Z`,
    cost_outlier: false,
    ...row,
  }));
  return orgDailyUsageByService({ events: tableFrom(silverUsageEvents.fields, rows), orgs });
}

function increments(events: readonly Row[], version: number): Table {
  const usage = usageOf(events);
  const bronze_version = constantColumn({ kind: 'int64' }, BigInt(version), usage.numRows);
  return tableOf({ ...columnsOf(usage), bronze_version }, orgDailyUsageByServiceSpeed.fields);
}

function batch(events: readonly Row[]): Table {
  const usage = usageOf(events);
  return batchUsage(usage, constantColumn({ kind: 'int64' }, 7n, usage.numRows));
}

const keyOf = (row: Row): string => [row.org_id, row.usage_date, row.service_name].join(' ');
const sorted = (rows: readonly Row[]): Row[] => [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));

test('batch rows plus increments = one build, in one go or increment by increment', () => {
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 12 }),
      fc.array(fc.array(event, { maxLength: 8 }), { maxLength: 3 }),
      (first, later) => {
        const parts = later.map((events, i) => increments(events, 8 + i));
        const none = increments([], 0);
        const atOnce = servedUsage(batch(first), concatTables([none, ...parts]));
        const oneByOne = parts.reduce((served, part) => servedUsage(served, part), batch(first));
        assert.deepEqual(sorted(rowsOf(oneByOne)), sorted(rowsOf(atOnce)));
        const whole = sorted(rowsOf(usageOf([first, ...later].flat())));
        const content = sorted(rowsOf(atOnce)).map(({ layer: _, bronze_version: __, ...row }) => row);
        assert.deepEqual(content, whole);
      },
    ),
    { numRuns: 150 },
  );
});

test('a row names the layer that wrote it last and the newest version in it', () => {
  const first: Row = { org_id: 'o1', event_date: '2025-07-02', service: 'compute', cost_usd: '1' };
  const served = servedUsage(batch([first, { ...first, org_id: 'o2' }]), increments([first], 9));
  const named = sorted(
    rowsOf(served, ['org_id', 'usage_date', 'service_name', 'layer', 'bronze_version', 'daily_cost_usd']),
  );
  assert.deepEqual(
    named.map((row) => [row.org_id, row.layer, row.bronze_version, row.daily_cost_usd]),
    [
      ['o1', 'speed', 9, '2'],
      ['o2', 'batch', 7, '1'],
    ],
  );
});
