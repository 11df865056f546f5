/** In which order a backfill builds tables: what all days need, then day by day, then what is made of many days. */
import { contractOf } from '../../schemas/catalog.ts';
import type { TableContract } from '../../schemas/contract.ts';
import { isWhole } from '../dirty.ts';

export interface BackfillStages {
  /** Silver tables that are built whole. */
  readonly first: readonly string[];
  /** Tables of which each day is made of the same day: days can be built side by side. */
  readonly daily: readonly string[];
  /** Marts that are built whole, by month, or over a window of days, and those made of them. */
  readonly last: readonly string[];
}

/** Sorts tables of Silver and Gold, given in any order. Throws naming one that is neither. */
export function stagesOf(tables: readonly string[]): BackfillStages {
  const stages = { first: [] as string[], daily: [] as string[], last: [] as string[] };
  for (const contract of tables.map(contractOf)) {
    if (contract.layer !== 'silver' && contract.layer !== 'gold')
      throw new Error(`${contract.name} is not built from other tables: it cannot be backfilled`);
    const stage = isDaily(contract) ? 'daily' : contract.layer === 'silver' ? 'first' : 'last';
    stages[stage].push(contract.name);
  }
  return stages;
}

/** Whether each day is made of the same day alone, of Bronze in the end. */
function isDaily(contract: TableContract): boolean {
  if (contract.layer === 'bronze') return true;
  if (contract.partition === 'month' || isWhole(contract)) return false;
  return contract.upstream.every(
    ({ table, map }) => map.kind === 'dimension' || (map.kind === 'same' && isDaily(contractOf(table))),
  );
}
