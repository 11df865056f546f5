/** The tables of a lake as the commands find them. */
import { Lake } from '../engine/delta/lake.ts';
import { mapBounded } from '../engine/delta/map-bounded.ts';
import type { DeltaTable } from '../engine/delta/table.ts';
import type { Snapshot } from '../engine/delta/types.ts';
import { openStore } from '../engine/storage/open.ts';
import { catalog } from '../schemas/catalog.ts';
import { UsageError } from './usage-error.ts';

/** A table that exists, with its newest version. */
export interface FoundTable {
  readonly name: string;
  readonly table: DeltaTable;
  readonly snapshot: Snapshot;
}

/** Tables whose logs are read at a time. */
const reading = 8;

/** The lake in a folder. Nothing is created. */
export function openLake(folder: string): Lake {
  return new Lake(openStore(folder), Date.now);
}

/** The tables of the catalogue that exist, of those wanted, upstream before downstream. */
export async function existingTables(
  lake: Lake,
  isWanted: (name: string) => boolean = () => true,
): Promise<FoundTable[]> {
  const wanted = catalog.filter(({ name }) => isWanted(name));
  const found = await mapBounded(wanted, reading, async ({ name }) => {
    const table = lake.table(name);
    return { name, table, snapshot: await table.latest() };
  });
  return found.filter((f): f is FoundTable => f.snapshot !== null);
}

/** The table of a name. Throws, naming what exists: `UsageError` when no table is called so, else that it is still empty. */
export async function findTable(lake: Lake, name: string): Promise<FoundTable> {
  const known = catalog.some((contract) => contract.name === name);
  const table = lake.table(name);
  const snapshot = known ? await table.latest() : null;
  if (snapshot !== null) return { name, table, snapshot };
  const names = (await existingTables(lake)).map((t) => t.name);
  const tables = names.length === 0 ? `the lake ${lake.store.root} has no tables yet` : `tables: ${names.join(', ')}`;
  if (known) throw new Error(`nothing was written to ${name} yet; ${tables}`);
  throw new UsageError(`no table ${name}; ${tables}`);
}
