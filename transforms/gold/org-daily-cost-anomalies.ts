/** Cost anomalies by organisation, day and service against the days before. */
import type { Table } from 'apache-arrow';
import type { Int32Column } from '../../engine/columnar/column.ts';
import { boolColumn, float64Column, int32Column } from '../../engine/columnar/column-of.ts';
import { decimalOf, toFloat64 } from '../../engine/columnar/decimal.ts';
import { groupBy } from '../../engine/columnar/group.ts';
import { sortIndices } from '../../engine/columnar/sort.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import * as contracts from '../../schemas/gold.ts';
import { underContract } from '../under-contract.ts';
import { type AnomalyScore, scoreOf } from './anomaly-score.ts';

export interface AnomalyInput {
  /** Rows of `gold.org_daily_usage_by_service` from 28 days before `fromDay` to `toDay`, all of them. */
  readonly usage: Table;
  /** First and last day to score, days since 1970-01-01. */
  readonly fromDay: number;
  readonly toDay: number;
}

/**
 * The mart for every usage row of the days asked for. The baseline of a row are the rows of its organisation and service
 * in the 28 days before its day; days without a row are no points.
 */
export function orgDailyCostAnomalies({ usage, fromDay, toDay }: AnomalyInput): Table {
  const column = (name: string) => columnOf(usage, name);
  const days = (column('usage_date') as Int32Column).values;
  const costs = toFloat64(decimalOf(column('daily_cost_usd'))).values;
  const series = groupBy([column('org_id'), column('service_name')]).ids;
  const order = sortIndices([
    { column: { kind: 'int32', length: series.length, validity: null, values: series } },
    { column: column('usage_date') },
  ]);
  const sorted = Float64Array.from(order, (row) => costs[row]!);
  const rows: number[] = [];
  const scores: AnomalyScore[] = [];
  for (let i = 0, start = 0; i < order.length; i++) {
    const row = order[i]!;
    const earliest = days[row]! - contracts.anomalyWindowDays;
    while (series[order[start]!] !== series[row] || days[order[start]!]! < earliest) start++;
    if (days[row]! < fromDay || days[row]! > toDay) continue;
    rows.push(row);
    scores.push(scoreOf(sorted[i]!, sorted.subarray(start, i)));
  }
  const taken = Int32Array.from(rows);
  const key = (name: string) => takeColumn(column(name), taken);
  return underContract(contracts.orgDailyCostAnomalies, {
    org_id: key('org_id'),
    usage_date: key('usage_date'),
    service_name: key('service_name'),
    actual_cost_usd: key('daily_cost_usd'),
    expected_cost_usd: float64Column(scores.map((s) => s.expected)),
    lower_cost_usd: float64Column(scores.map((s) => s.lower)),
    upper_cost_usd: float64Column(scores.map((s) => s.upper)),
    z_score: float64Column(scores.map((s) => s.z)),
    modified_z_score: float64Column(scores.map((s) => s.modifiedZ)),
    percentile_rank: float64Column(scores.map((s) => s.percentileRank)),
    baseline_points: int32Column(scores.map((s) => s.points)),
    votes: int32Column(scores.map((s) => s.votes)),
    is_anomaly: boolColumn(scores.map((s) => s.votes >= 2)),
    has_history: boolColumn(scores.map((s) => s.expected !== null)),
  });
}
