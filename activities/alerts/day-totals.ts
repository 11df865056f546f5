/** What organisations have spent on a day, over all services. */
import type { Table } from 'apache-arrow';
import { maximum, sumDecimal } from '../../engine/columnar/aggregate.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { groupBy } from '../../engine/columnar/group.ts';
import { columnOf } from '../../engine/columnar/table.ts';

export interface DayTotal {
  readonly orgId: string;
  /** Unscaled, six digits after the point. */
  readonly costUsd: bigint;
  /** The newest Bronze version in it; −1 when not known. */
  readonly bronzeVersion: number;
}

/** The totals of the served rows of `org_daily_usage_by_service` of one day. */
export function dayTotals(rows: Table): DayTotal[] {
  const orgs = columnOf(rows, 'org_id');
  const grouping = groupBy([orgs]);
  const costs = sumDecimal(columnOf(rows, 'daily_cost_usd'), grouping);
  const versions = maximum(columnOf(rows, 'bronze_version'), grouping);
  return Array.from(grouping.first, (row, group) => ({
    orgId: String(valueAt(orgs, row)),
    costUsd: valueAt(costs, group) as bigint,
    bronzeVersion: Number(valueAt(versions, group)),
  }));
}
