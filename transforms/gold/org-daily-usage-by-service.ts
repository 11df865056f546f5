/** Cost and usage by organisation, day and service. */
import type { Table } from 'apache-arrow';
import { countRows, sumDecimal } from '../../engine/columnar/aggregate.ts';
import type { Int32Column } from '../../engine/columnar/column.ts';
import { groupBy } from '../../engine/columnar/group.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import { validMask } from '../../engine/columnar/validity.ts';
import * as contracts from '../../schemas/gold.ts';
import { textMask } from '../masks.ts';
import { asOf } from '../silver/as-of.ts';
import { endOfDays } from '../time.ts';
import { underContract } from '../under-contract.ts';
import { measure, orUnknown, ratioOf, statedBits } from './measures.ts';

/**
 * The mart over rows of `silver.usage_events` (any number of whole days), with each organisation as of the end of its
 * day from `silver.dim_orgs`. Of the events it reads organisation, day, service, metric, value, cost, carbon and tokens.
 */
export function orgDailyUsageByService({ events, orgs }: { readonly events: Table; readonly orgs: Table }): Table {
  const column = (name: string) => columnOf(events, name);
  const keys = [column('org_id'), column('event_date'), orUnknown(column('service'))] as const;
  const grouping = groupBy(keys);
  const [org, day, service] = keys.map((key) => takeColumn(key, grouping.first));
  const [cost, value, tokens, carbon, metric] = [
    column('cost_usd'),
    column('value'),
    column('genai_tokens'),
    column('carbon_kg'),
    column('metric'),
  ];
  const costs = sumDecimal(cost, grouping);
  const [ofRequests, ofCpu, ofStorage] = ['requests', 'cpu_hours', 'storage_gb_hours'].map((m) =>
    textMask(metric, [m]),
  );
  const requests = measure(value, grouping, ofRequests!);
  const carbons = sumDecimal(carbon, grouping);
  const carbonCosts = sumDecimal(cost, grouping, { where: validMask(carbon) });
  const organisation = asOf(orgs, 'org_id', org!, endOfDays(day as Int32Column));
  return underContract(contracts.orgDailyUsageByService, {
    org_id: org!,
    usage_date: day!,
    service_name: service!,
    org_name: organisation('org_name'),
    hq_region: organisation('hq_region'),
    plan_tier: organisation('plan_tier'),
    daily_cost_usd: costs,
    daily_requests: requests,
    daily_cpu_hours: measure(value, grouping, ofCpu!),
    daily_storage_gb_hours: measure(value, grouping, ofStorage!),
    daily_genai_tokens: sumDecimal(tokens, grouping),
    daily_carbon_kg: carbons,
    daily_carbon_cost_usd: carbonCosts,
    daily_genai_stated_cost_usd: sumDecimal(cost, grouping, { where: validMask(tokens) }),
    cost_per_request: ratioOf(costs, requests),
    carbon_per_dollar: ratioOf(carbons, carbonCosts),
    stated_measures: statedBits(value, grouping, [ofRequests!, ofCpu!, ofStorage!]),
    event_count: countRows(grouping),
  });
}
