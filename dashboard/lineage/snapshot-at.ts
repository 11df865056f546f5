/** The version of a table that is asked about. */
import type { Lake } from '../../engine/delta/lake.ts';
import type { Snapshot } from '../../engine/delta/types.ts';
import { catalog } from '../../schemas/catalog.ts';
import { BadQuestion } from './explanation.ts';

/** The table at a version, newest by default. Throws `BadQuestion` for a table or version that there is not. */
export async function snapshotAt(lake: Lake, name: string, version: number | undefined): Promise<Snapshot> {
  if (!catalog.some((contract) => contract.name === name)) {
    throw new BadQuestion(`no table ${name}; tables: ${catalog.map((contract) => contract.name).join(', ')}`);
  }
  const table = lake.table(name);
  const newest = await table.latest();
  if (newest === null) throw new BadQuestion(`nothing was written to ${name} yet`);
  if (version === undefined || version === newest.version) return newest;
  if (version > newest.version)
    throw new BadQuestion(`${name} has no version ${version}: the newest is ${newest.version}`);
  return table.at(version);
}
