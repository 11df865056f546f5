import type { LayerResult } from './bronze-batch.ts';
import { buildLayer } from './build-layer.ts';
import { concluded } from './conclude.ts';
import type { BuildOrder } from './in-order.ts';

/** Its tables in the order of their making. */
export const silverPlan: BuildOrder = {
  'silver.dim_orgs': [],
  'silver.dim_resources': [],
  'silver.usage_events': ['silver.dim_orgs', 'silver.dim_resources'],
  'silver.dim_users': ['silver.dim_orgs'],
  'silver.support_tickets': ['silver.dim_orgs'],
  'silver.billing_monthly': ['silver.dim_orgs'],
  'silver.marketing_touches': ['silver.dim_orgs'],
  'silver.nps_surveys': ['silver.dim_orgs'],
};

/**
 * Silver: dimensions, then conformed tables and usage events; whatever is dirty, or the dates named.
 * Input (all optional): `{"tables": ["silver.usage_events"], "dates": ["2025-08-14"], "date": "2025-08-14"}`.
 */
export function silver(input?: unknown): Promise<LayerResult> {
  return concluded('silver', (board) => buildLayer('silver', board, silverPlan, input));
}
