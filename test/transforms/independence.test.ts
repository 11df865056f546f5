/** Same input, same table: whatever the batches, the partitions built together, and the order of rows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from 'apache-arrow';
import fc from 'fast-check';
import { sumDecimal } from '../../engine/columnar/aggregate.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { concatTables } from '../../engine/columnar/concat.ts';
import { oneGroup } from '../../engine/columnar/group.ts';
import { logicalHash } from '../../engine/columnar/hash.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { selectedIndices, takeTable } from '../../engine/columnar/take.ts';
import { contentOf, type TableContract } from '../../schemas/contract.ts';
import * as gold from '../../schemas/gold.ts';
import { silverUsageEvents } from '../../schemas/silver.ts';
import { dailyUsageRollup } from '../../transforms/gold/daily-usage-rollup.ts';
import { orgDailyCostAnomalies } from '../../transforms/gold/org-daily-cost-anomalies.ts';
import { orgDailyGenaiUsage } from '../../transforms/gold/org-daily-genai-usage.ts';
import { orgDailyUsageByService } from '../../transforms/gold/org-daily-usage-by-service.ts';
import { silverEvents } from '../../transforms/silver/events.ts';
import { dayOf } from './rows.ts';
import { bronzeOf, orgs, resources } from './usage.ts';

const days = [1, 2, 3].map((d) => `2025-07-0${d}`);
const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const lines = fc.array(
  fc.record(
    {
      timestamp: fc
        .tuple(oneOf(...days), oneOf('T00:00:00Z', 'T12:00:00', ' 23:59:59.999999+00:00'))
        .map((t) => t.join('')),
      org_id: oneOf<unknown>('o1', 'o2', 'o9', '', 5),
      resource_id: oneOf('r1', 'r2', 'r9', null),
      service: oneOf('compute', 'genai', 'quantum', null),
      metric: oneOf('requests', 'cpu_hours', 'storage_gb_hours', 'magic', null),
      value: oneOf<unknown>(1, 2.5, '3.25', -1, null, 'many', 1e30, 0.12345678),
      unit: oneOf('count', 'hours', null),
      cost_usd_increment: oneOf<unknown>(0, 0.1, 0.2, 12.345678, -0.01, -0.02, '1e3', null, 1e30),
      schema_version: oneOf<unknown>(1, 2, null, 'two'),
      carbon_kg: oneOf<unknown>(0, 0.000000001, 0.5, null, 'low'),
      genai_tokens: oneOf<unknown>(0, 100, null),
    },
    { requiredKeys: ['timestamp', 'org_id', 'cost_usd_increment'] },
  ),
  { maxLength: 60 },
);

const hashOf = (table: Table, contract: TableContract) => logicalHash(table, contentOf(contract));

/** The table's rows by day of a date column, a table a day. */
function byDay(table: Table, name: string): Table[] {
  const column = columnOf(table, name);
  assert.ok(column.kind === 'date');
  return days.map((day) =>
    takeTable(table, selectedIndices(Uint8Array.from(column.values, (d) => Number(d === dayOf(day))))),
  );
}

function total(table: Table, name: string): bigint {
  if (table.numRows === 0) return 0n;
  return (valueAt(sumDecimal(columnOf(table, name), oneGroup(table.numRows)), 0) as bigint | null) ?? 0n;
}

test('days built one by one, together, and from shuffled rows come out the same, and nothing is lost', () => {
  fc.assert(
    fc.property(lines, fc.integer({ min: 1, max: 1000 }), (events, seed) => {
      const bronze = bronzeOf(events.map((event, i) => JSON.stringify({ event_id: `e${i}`, ...event })));
      const whole = silverEvents(bronze, orgs, resources);
      assert.equal(whole.table.numRows + whole.rejects.length, bronze.numRows);
      const apart = byDay(bronze, 'event_date').map((day) => silverEvents(day, orgs, resources));
      const joined = concatTables(apart.map((s) => s.table));
      assert.equal(hashOf(joined, silverUsageEvents), hashOf(whole.table, silverUsageEvents));
      assert.equal(
        apart.reduce((n, s) => n + s.rejects.length, 0),
        whole.rejects.length,
      );

      const order = Int32Array.from({ length: bronze.numRows }, (_, i) => i).sort(
        (a, b) => ((a * seed) % 1009) - ((b * seed) % 1009),
      );
      const shuffled = silverEvents(takeTable(bronze, order), orgs, resources);
      assert.equal(hashOf(shuffled.table, silverUsageEvents), hashOf(whole.table, silverUsageEvents));

      const usage = orgDailyUsageByService({ events: whole.table, orgs });
      const usageApart = apart.map((s) => orgDailyUsageByService({ events: s.table, orgs }));
      assert.equal(
        hashOf(concatTables(usageApart), gold.orgDailyUsageByService),
        hashOf(usage, gold.orgDailyUsageByService),
      );
      const genai = orgDailyGenaiUsage({ events: whole.table });
      const genaiApart = apart.map((s) => orgDailyGenaiUsage({ events: s.table }));
      assert.equal(hashOf(concatTables(genaiApart), gold.orgDailyGenaiUsage), hashOf(genai, gold.orgDailyGenaiUsage));
      const rollup = dailyUsageRollup({ usage });
      const rollupApart = byDay(usage, 'usage_date').map((day) => dailyUsageRollup({ usage: day }));
      assert.equal(hashOf(concatTables(rollupApart), gold.dailyUsageRollup), hashOf(rollup, gold.dailyUsageRollup));

      assert.equal(total(usage, 'daily_cost_usd'), total(whole.table, 'cost_usd'));
      assert.equal(total(usage, 'daily_carbon_kg'), total(whole.table, 'carbon_kg'));
      assert.equal(total(usage, 'daily_genai_tokens'), total(whole.table, 'genai_tokens'));
      assert.equal(total(rollup, 'daily_cost_usd'), total(whole.table, 'cost_usd'));
    }),
    { numRuns: 40 },
  );
});

test('anomalies of a day are the same whether days are scored together or apart', () => {
  const costs = fc.array(fc.option(fc.integer({ min: 0, max: 9 }), { freq: 4 }), { minLength: 20, maxLength: 50 });
  fc.assert(
    fc.property(costs, (byDate) => {
      const first = dayOf('2025-06-01');
      const usage = orgDailyUsageByService({
        orgs,
        events: silverEvents(
          bronzeOf(
            byDate.flatMap((cost, i) => {
              const timestamp = new Date((first + i) * 86_400_000).toISOString();
              return cost === null
                ? []
                : [JSON.stringify({ event_id: `e${i}`, timestamp, org_id: 'o1', cost_usd_increment: cost })];
            }),
          ),
          orgs,
          resources,
        ).table,
      });
      const together = orgDailyCostAnomalies({ usage, fromDay: first, toDay: first + byDate.length });
      const apart = byDate.map((_, i) => orgDailyCostAnomalies({ usage, fromDay: first + i, toDay: first + i }));
      assert.equal(
        hashOf(concatTables(apart), gold.orgDailyCostAnomalies),
        hashOf(together, gold.orgDailyCostAnomalies),
      );
      assert.equal(together.numRows, usage.numRows);
    }),
    { numRuns: 12 },
  );
});
