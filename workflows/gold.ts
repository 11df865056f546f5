import type { LayerResult } from './bronze-batch.ts';
import { buildLayer } from './build-layer.ts';

const waves = [
  [
    'gold.org_daily_usage_by_service',
    'gold.org_daily_support_metrics',
    'gold.org_daily_genai_usage',
    'gold.org_monthly_revenue',
    'gold.org_monthly_engagement',
  ],
  [
    'gold.org_monthly_reconciliation',
    'gold.org_daily_cost_anomalies',
    'gold.daily_usage_rollup',
    'gold.daily_support_rollup',
    'gold.monthly_revenue_rollup',
  ],
] as const;

/** Every mart. */
export const martNames = waves.flat();

/**
 * Gold: the marts, then the marts made of marts; whatever is dirty, or the dates named.
 * Input (all optional): `{"tables": ["gold.org_daily_usage_by_service"], "dates": ["2025-08-14"], "date": "2025-08-14"}`.
 */
export function gold(input?: unknown): Promise<LayerResult> {
  return buildLayer('gold', waves, 'Builds the Gold partitions whose upstream changed.', input);
}
