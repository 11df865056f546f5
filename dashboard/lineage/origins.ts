/** The origin of every table that is made of others. */
import type { Origin } from './origin.ts';
import { anomalyOrigins } from './origins/anomalies.ts';
import { engagementOrigins } from './origins/engagement.ts';
import { eventOrigins } from './origins/events.ts';
import { reconciliationOrigins } from './origins/reconciliation.ts';
import { revenueOrigins } from './origins/revenue.ts';
import { rollupOrigins } from './origins/rollups.ts';
import { silverOrigins } from './origins/silver.ts';
import { supportOrigins } from './origins/support.ts';

/** Table → its origin; none for Bronze, quarantine, ops and the increments of the speed layer (`incrementEvents`). */
export const origins: Readonly<Record<string, Origin>> = {
  ...silverOrigins,
  ...eventOrigins,
  ...supportOrigins,
  ...revenueOrigins,
  ...reconciliationOrigins,
  ...anomalyOrigins,
  ...engagementOrigins,
  ...rollupOrigins,
};
