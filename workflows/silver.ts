import type { LayerResult } from './bronze-batch.ts';
import { buildLayer } from './build-layer.ts';

const waves = [
  ['silver.dim_orgs', 'silver.dim_resources'],
  [
    'silver.usage_events',
    'silver.dim_users',
    'silver.support_tickets',
    'silver.billing_monthly',
    'silver.marketing_touches',
    'silver.nps_surveys',
  ],
] as const;

/**
 * Silver: dimensions, then conformed tables and usage events; whatever is dirty, or the dates named.
 * Input (all optional): `{"tables": ["silver.usage_events"], "dates": ["2025-08-14"], "date": "2025-08-14"}`.
 */
export function silver(input?: unknown): Promise<LayerResult> {
  return buildLayer('silver', waves, 'Builds the Silver partitions whose upstream changed.', input);
}
