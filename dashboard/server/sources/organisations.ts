/** Organisations as they are now, from the lake: read again when their table has a new version. */
import { filterColumns } from '../../../engine/columnar/filter.ts';
import { columnsOf } from '../../../engine/columnar/table.ts';
import { maskFromBits } from '../../../engine/columnar/validity.ts';
import type { Lake } from '../../../engine/delta/lake.ts';
import { readFiles } from '../../../engine/delta/read.ts';
import { pathOf } from '../../../schemas/contract.ts';
import { dimOrgs } from '../../../schemas/silver.ts';
import { readerOf } from '../../../serving/cell-value.ts';
import type { Organisation } from '../../api.ts';

export interface Organisations {
  /** In order of their names; version −1 and none while the table does not exist. */
  now(): Promise<{ readonly version: number; readonly all: readonly Organisation[] }>;
}

const shown = ['org_id', 'org_name', 'hq_region', 'plan_tier'] as const;

export function organisationsOf(lake: Lake): Organisations {
  let kept: { readonly version: number; readonly all: readonly Organisation[] } = { version: -1, all: [] };
  return {
    now: async () => {
      const snapshot = await lake.table(dimOrgs.name).latest();
      if (snapshot === null || snapshot.version === kept.version) return kept;
      const rows = await readFiles(lake.store, pathOf(dimOrgs.name), snapshot.metadata, snapshot.files, [
        ...shown,
        'is_current',
      ]);
      const columns = columnsOf(rows);
      const current = columns.is_current!;
      if (current.kind !== 'bool') throw new Error(`${dimOrgs.name}.is_current is a column of ${current.kind}`);
      const kepts = filterColumns(columns, maskFromBits(current.bits, current.length));
      const readers = shown.map((name) => [name, readerOf(kepts[name]!)] as const);
      const all = Array.from({ length: kepts.org_id!.length }, (_, row) => {
        return Object.fromEntries(readers.map(([name, read]) => [name, read(row)])) as unknown as Organisation;
      });
      const nameOf = ({ org_name, org_id }: Organisation) => org_name ?? org_id;
      kept = { version: snapshot.version, all: all.sort((a, b) => nameOf(a).localeCompare(nameOf(b))) };
      return kept;
    },
  };
}
