/** Cost and usage over all organisations by day, service, region and plan. */
import type { Table } from 'apache-arrow';
import { countRows, sumDecimal, sumInt64 } from '../../engine/columnar/aggregate.ts';
import { groupBy } from '../../engine/columnar/group.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import * as contracts from '../../schemas/gold.ts';
import { underContract } from '../under-contract.ts';
import { orUnknown, ratioOf } from './measures.ts';

const sums = [
  'daily_cost_usd',
  'daily_requests',
  'daily_cpu_hours',
  'daily_storage_gb_hours',
  'daily_genai_tokens',
  'daily_carbon_kg',
  'daily_carbon_cost_usd',
  'daily_genai_stated_cost_usd',
] as const;

/**
 * The mart over rows of `gold.org_daily_usage_by_service` (any number of whole days). Ratios are ratios of sums; a sum is
 * null when all of its organisations are.
 */
export function dailyUsageRollup({ usage }: { readonly usage: Table }): Table {
  const column = (name: string) => columnOf(usage, name);
  const keys = {
    usage_date: column('usage_date'),
    service_name: column('service_name'),
    hq_region: orUnknown(column('hq_region')),
    plan_tier: orUnknown(column('plan_tier')),
  };
  const grouping = groupBy(Object.values(keys));
  const total = Object.fromEntries(sums.map((name) => [name, sumDecimal(column(name), grouping)]));
  return underContract(contracts.dailyUsageRollup, {
    ...Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, takeColumn(key, grouping.first)])),
    ...total,
    cost_per_request: ratioOf(total.daily_cost_usd!, total.daily_requests!),
    carbon_per_dollar: ratioOf(total.daily_carbon_kg!, total.daily_carbon_cost_usd!),
    // The mart has one row for an organisation, day and service.
    organisations: countRows(grouping),
    event_count: sumInt64(column('event_count'), grouping),
  });
}
