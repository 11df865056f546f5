/** The resources of a landing zone's masters that events can be about. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ColumnSpec } from '../../engine/columnar/column.ts';
import { valuesOf } from '../../engine/columnar/column-of.ts';
import { decodeCsv } from '../../engine/columnar/csv.ts';
import { hasPrice } from '../generate/event.ts';
import type { Resource } from '../generate/organisations.ts';

const maxRecordBytes = 1 << 20;

/**
 * The rows of `resources.csv` whose organisation is in `customers_orgs.csv` and whose service has a price; other rows are left
 * out, as are repeats. Texts are as JSON strings hold them, between the quotes. Throws when a file is missing or no such row
 * is there.
 */
export async function knownResources(landing: string): Promise<Resource[]> {
  const orgs = new Set((await columnsOf(landing, 'customers_orgs.csv', ['org_id'])).map(([org]) => org));
  const rows = await columnsOf(landing, 'resources.csv', ['resource_id', 'org_id', 'service', 'region']);
  const known = new Map<string, Resource>();
  for (const [id, org, service, region] of rows) {
    if (id == null || org == null || service == null || region == null) continue;
    if (known.has(id) || !orgs.has(org) || !hasPrice(service)) continue;
    known.set(id, { id: inJson(id), org: inJson(org), service, region: inJson(region) });
  }
  if (known.size === 0) throw new Error(`no events for ${landing}: resources.csv has none of a known organisation`);
  return [...known.values()];
}

/** The rows of a master as texts of the named columns. */
async function columnsOf(landing: string, file: string, names: readonly string[]): Promise<(string | null)[][]> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(join(landing, file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(`no ${file} in ${landing}: run \`cpa generate\` first, events refer to the masters it writes`);
  }
  const specs = names.map((name): ColumnSpec => ({ name, type: { kind: 'utf8' }, nullable: true }));
  const { columns, rows } = decodeCsv(bytes, specs, { maxRecordBytes });
  const values = names.map((name) => valuesOf(columns[name]!) as (string | null)[]);
  return Array.from({ length: rows }, (_, row) => values.map((column) => column[row]!));
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
