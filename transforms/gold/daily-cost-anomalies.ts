/** Cost anomalies over all organisations by day. */
import type { Table } from 'apache-arrow';
import { filterColumns } from '../../engine/columnar/filter.ts';
import { hashJoin } from '../../engine/columnar/join.ts';
import { lookUp, lookupOf } from '../../engine/columnar/lookup.ts';
import { columnOf, columnsOf } from '../../engine/columnar/table.ts';
import * as contracts from '../../schemas/gold.ts';
import { trueMask } from '../masks.ts';
import { underContract } from '../under-contract.ts';

export interface DailyAnomalyInput {
  /** Rows of `gold.org_daily_cost_anomalies`, any number of whole days. */
  readonly anomalies: Table;
  /** Rows of `gold.org_daily_usage_by_service` of the same days: they name the organisations. */
  readonly usage: Table;
}

/** The mart: the rows that are anomalies, each with its organisation as the daily usage of its day shows it. */
export function dailyCostAnomalies({ anomalies, usage }: DailyAnomalyInput): Table {
  const isAnomaly = trueMask(columnOf(anomalies, 'is_anomaly')) ?? new Uint8Array(anomalies.numRows);
  const rows = filterColumns(columnsOf(anomalies), isAnomaly);
  const { key } = contracts.dailyCostAnomalies;
  const usageRows = lookupOf(
    hashJoin(
      key.map((name) => rows[name]!),
      key.map((name) => columnOf(usage, name)),
    ),
  );
  const organisation = (name: string) => lookUp(columnOf(usage, name), usageRows);
  return underContract(contracts.dailyCostAnomalies, {
    ...rows,
    org_name: organisation('org_name'),
    hq_region: organisation('hq_region'),
    plan_tier: organisation('plan_tier'),
  });
}
