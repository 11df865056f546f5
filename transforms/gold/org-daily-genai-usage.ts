/** GenAI tokens and cost by organisation and day. */
import type { Table } from 'apache-arrow';
import { countRows, sumDecimal } from '../../engine/columnar/aggregate.ts';
import { multiplyDecimals } from '../../engine/columnar/decimal.ts';
import { groupBy } from '../../engine/columnar/group.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { selectedIndices, takeColumn } from '../../engine/columnar/take.ts';
import { validMask } from '../../engine/columnar/validity.ts';
import * as contracts from '../../schemas/gold.ts';
import { genaiPricePer1kTokensUsd } from '../../schemas/pricing.ts';
import { textMask } from '../masks.ts';
import { underContract } from '../under-contract.ts';
import { constantDecimal, measure, ratioOf } from './measures.ts';

/** The mart over rows of `silver.usage_events` (any number of whole days): those of service `genai`. */
export function orgDailyGenaiUsage({ events }: { readonly events: Table }): Table {
  const service = textMask(columnOf(events, 'service'), ['genai']) ?? new Uint8Array(events.numRows);
  const rows = selectedIndices(service);
  const column = (name: string) => takeColumn(columnOf(events, name), rows);
  const keys = [column('org_id'), column('event_date'), column('service')] as const;
  const grouping = groupBy(keys);
  const [org, day, name] = keys.map((key) => takeColumn(key, grouping.first));
  const [cost, tokens] = [column('cost_usd'), column('genai_tokens')];
  const tokenSums = sumDecimal(tokens, grouping);
  const stated = sumDecimal(cost, grouping, { where: validMask(tokens) });
  const { count } = grouping;
  const usd = { precision: 38, scale: 6 };
  return underContract(contracts.orgDailyGenaiUsage, {
    org_id: org!,
    event_date: day!,
    service_name: name!,
    genai_tokens: tokenSums,
    genai_daily_cost: sumDecimal(cost, grouping),
    genai_stated_cost: stated,
    genai_estimated_cost: multiplyDecimals(tokenSums, pricePerToken(count), usd),
    genai_requests_count: measure(column('value'), grouping, textMask(column('metric'), ['requests'])),
    cost_per_1k_tokens: ratioOf(multiplyDecimals(stated, constantDecimal('1000', 0, count), usd), tokenSums),
    event_count: countRows(grouping),
  });
}

/** The configured price of one token, exact: three more decimals than that of 1,000. */
function pricePerToken(length: number) {
  return { ...constantDecimal(genaiPricePer1kTokensUsd, 6, length), scale: 9 };
}
