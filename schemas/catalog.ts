/** Every table of the lake by name. */
import { bronzeUsageEvents, masters } from './bronze.ts';
import type { TableContract } from './contract.ts';
import { marts, orgDailyUsageByServiceSpeed } from './gold.ts';
import { alertDeliveries, alerts, audits, backfills, landingFiles, ledger, notices, publications } from './ops.ts';
import { quarantineOf } from './quarantine.ts';
import { conformedMasters, dimOrgs, dimResources, silverUsageEvents } from './silver.ts';

/** All contracts, upstream before downstream. */
export const catalog: readonly TableContract[] = [
  ...masters.map((m) => m.contract),
  bronzeUsageEvents,
  dimOrgs,
  dimResources,
  ...conformedMasters,
  silverUsageEvents,
  ...marts,
  orgDailyUsageByServiceSpeed,
  ...masters.map((m) => quarantineOf(m.name)),
  quarantineOf('usage_events'),
  landingFiles,
  ledger,
  publications,
  backfills,
  alerts,
  alertDeliveries,
  notices,
  audits,
];

/** The contract of a table. Throws with the list of tables when there is none of that name. */
export function contractOf(table: string): TableContract {
  const contract = catalog.find((c) => c.name === table);
  if (contract === undefined) {
    throw new Error(`no table ${table}; tables: ${catalog.map((c) => c.name).join(', ')}`);
  }
  return contract;
}
