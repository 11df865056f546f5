/** All that later work can see of a lake, in a form two lakes can be compared in. */
import { Lake } from '../../engine/delta/lake.ts';
import { openStore } from '../../engine/storage/open.ts';
import { catalog } from '../../schemas/catalog.ts';
import { pathOf } from '../../schemas/contract.ts';
import { hashTable } from '../../worker/compute/thread.ts';
import { rowsIn } from '../line/tables.ts';
import type { Objects } from './faulty-store.ts';

export interface TableState {
  readonly version: number;
  readonly txns: Readonly<Record<string, number>>;
  readonly content: unknown;
}

/** The tables that `wanted` takes, by name, as a process that starts now finds them. */
export async function lakeState(
  lakeRoot: string,
  wanted: (table: string) => boolean = () => true,
): Promise<Readonly<Record<string, TableState>>> {
  const lake = new Lake(openStore(lakeRoot), Date.now);
  const states: Record<string, TableState> = {};
  for (const { name, layer } of catalog) {
    if (!wanted(name)) continue;
    const snapshot = await lake.table(name).latest();
    if (snapshot === null) continue;
    const { version, txns, metadata, files } = snapshot;
    states[name] = {
      version,
      txns: Object.fromEntries([...txns].sort()),
      content:
        layer === 'ops' ? await opsRows(lake, name) : await hashTable({ lake: lakeRoot, table: name, metadata, files }),
    };
  }
  return states;
}

/** Columns that tell one run from another: not content. */
const ofTheRun = [
  'workflow_id',
  'run_id',
  'bytes_written',
  'started_at',
  'duration_ms',
  'run_date',
  'upstream_versions',
];

async function opsRows(lake: Lake, name: string): Promise<readonly string[]> {
  const rows = await rowsIn(lake, name);
  return rows.map((row) => JSON.stringify(Object.entries(row).filter(([column]) => !ofTheRun.includes(column)))).sort();
}

/** The tables that have other objects in one lake than in the other. */
export function changed(before: Objects, after: Objects): (table: string) => boolean {
  const folders = new Set(
    [...after.keys()].filter((p) => !before.has(p)).map((p) => p.split('/').slice(0, 2).join('/')),
  );
  return (table) => folders.has(pathOf(table));
}
