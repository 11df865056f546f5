/** Which version of each table a query sees. */
import { InvalidArgumentError } from 'commander';
import { millisText } from '../../engine/columnar/cell.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { existingTables, type FoundTable, findTable } from '../lake.ts';

/** The versions asked for: of single tables, and for all others the newest at an instant. */
export interface Versions {
  readonly at: ReadonlyMap<string, number>;
  /** Milliseconds since 1970; null for the newest ones. */
  readonly asOfMs: number | null;
}

/** What lists tables instead of naming them. */
const listsTables = /\b(show|information_schema|duckdb_\w+|pg_catalog|sqlite_master)\b/i;

/**
 * The tables that the SQL may name, each at its version; null for all. A name that stands in it for something else costs the
 * reading of a log, no more. Throws when a table has no such version.
 */
export async function tablesFor(lake: Lake, sql: string | null, versions: Versions): Promise<FoundTable[]> {
  for (const [name, version] of versions.at) await tableAt(await findTable(lake, name), version);
  const words = sql === null || listsTables.test(sql) ? null : new Set(sql.toLowerCase().match(/\w+/g));
  const found = await existingTables(lake, (name) => words?.has(name.slice(name.indexOf('.') + 1)) ?? true);
  const chosen = await Promise.all(
    found.map(async (table) => {
      const version = versions.at.get(table.name);
      if (version !== undefined) return tableAt(table, version);
      if (versions.asOfMs === null) return table;
      const then = await table.table.versionAt(versions.asOfMs);
      if (then !== null) return tableAt(table, then);
      if (words === null) return null;
      const [first] = await table.table.commitsSince(-1, 0);
      const since = first === undefined ? '' : `; its first is of ${millisText(first.timestampMs)}`;
      throw new Error(`${table.name} had no version yet at ${millisText(versions.asOfMs)}${since}`);
    }),
  );
  return chosen.filter((table) => table !== null);
}

async function tableAt(found: FoundTable, version: number): Promise<FoundTable> {
  const newest = found.snapshot.version;
  if (version > newest) throw new Error(`${found.name} has no version ${version}; the newest is ${newest}`);
  return { ...found, snapshot: await found.table.at(version) };
}

/** Reads `gold.org_daily_usage_by_service=12`, onto those before. */
export function parseAt(text: string, before: ReadonlyMap<string, number> = new Map()): Map<string, number> {
  const match = /^(\w+\.\w+)=(\d{1,15})$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Expected <table>=<version>, such as silver.usage_events=3.');
  return new Map(before).set(match[1]!, Number(match[2]));
}

/** Reads a day, or a time in UTC unless it says its zone. Returns milliseconds since 1970. */
export function parseInstant(text: string): number {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/i.exec(text);
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2] ?? '00:00'}${match[3] ?? 'Z'}`);
  if (Number.isNaN(ms))
    throw new InvalidArgumentError('Expected an instant such as 2025-08-14 or 2025-08-14T10:30:00Z.');
  return ms;
}
