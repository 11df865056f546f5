import type { LayerResult } from './bronze-batch.ts';
import { buildLayer } from './build-layer.ts';
import { concluded } from './conclude.ts';
import type { BuildOrder } from './in-order.ts';

/** Its tables in the order of their making. */
export const goldPlan: BuildOrder = {
  'gold.org_daily_usage_by_service': [],
  'gold.org_daily_support_metrics': [],
  'gold.org_daily_genai_usage': [],
  'gold.org_monthly_revenue': [],
  'gold.org_monthly_engagement': [],
  'gold.org_monthly_reconciliation': ['gold.org_daily_usage_by_service', 'gold.org_monthly_revenue'],
  'gold.org_daily_cost_anomalies': ['gold.org_daily_usage_by_service'],
  'gold.daily_usage_rollup': ['gold.org_daily_usage_by_service'],
  'gold.daily_support_rollup': ['gold.org_daily_support_metrics'],
  'gold.monthly_revenue_rollup': ['gold.org_monthly_revenue'],
  'gold.daily_cost_anomalies': ['gold.org_daily_cost_anomalies', 'gold.org_daily_usage_by_service'],
};

/** Every mart. */
export const martNames = Object.keys(goldPlan);

/**
 * Gold: the marts, each after the marts it is made of; whatever is dirty, or the dates named.
 * Input (all optional): `{"tables": ["gold.org_daily_usage_by_service"], "dates": ["2025-08-14"], "date": "2025-08-14"}`.
 */
export function gold(input?: unknown): Promise<LayerResult> {
  return concluded('gold', (board) => buildLayer('gold', board, goldPlan, input));
}
