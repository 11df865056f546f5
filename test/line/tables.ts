/** The tables of a lake as plain rows, for tests. */
import type { Table } from 'apache-arrow';
import type { Lake } from '../../engine/delta/lake.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { pathOf } from '../../schemas/contract.ts';
import { type Row, rowsOf } from '../transforms/rows.ts';

/** The newest rows of a table. Throws when the table does not exist. */
export async function readTable(lake: Lake, name: string): Promise<Table> {
  const snapshot = await lake.table(name).latest();
  if (snapshot === null) throw new Error(`${name} does not exist`);
  return readFiles(lake.store, pathOf(name), snapshot.metadata, snapshot.files);
}

/** The newest rows of a table, sorted by the columns named; none when there is no table. */
export async function rowsIn(lake: Lake, name: string, ...order: readonly string[]): Promise<Row[]> {
  if ((await lake.table(name).latest()) === null) return [];
  const textOf = (cell: Row[string]): string => (typeof cell === 'number' ? String(cell).padStart(15) : String(cell));
  const key = (row: Row): string => order.map((column) => textOf(row[column] ?? null)).join('\u0000');
  return rowsOf(await readTable(lake, name)).sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** A quarantined row as a test states it: where it stood, which rule, why. */
export type Quarantined = readonly [file: string, row: number, rule: string, reason: string];

/** What is in quarantine, by file and line. */
export async function quarantined(lake: Lake, source = 'usage_events'): Promise<Quarantined[]> {
  const rows = await rowsIn(lake, `quarantine.${source}`, 'source_file', 'source_generation', 'source_row');
  return rows.map((r) => [
    String(r.source_file).replace('usage_events_stream/', ''),
    Number(r.source_row),
    String(r.rule_id),
    String(r.reason),
  ]);
}

/** Rows in quarantine by rule. */
export async function quarantinedByRule(
  lake: Lake,
  source: string,
  layer: string,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { rule_id, layer: by } of await rowsIn(lake, `quarantine.${source}`)) {
    if (by === layer) counts[String(rule_id)] = (counts[String(rule_id)] ?? 0) + 1;
  }
  return counts;
}
