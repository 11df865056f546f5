/** Which dates a changed slowly changing dimension touches. */

import { dayNumber } from '../engine/columnar/cell.ts';
import { valueAt } from '../engine/columnar/column-of.ts';
import { rowHashes } from '../engine/columnar/hash.ts';
import { columnOf } from '../engine/columnar/table.ts';
import type { Lake } from '../engine/delta/lake.ts';
import { readFiles } from '../engine/delta/read.ts';
import type { Snapshot } from '../engine/delta/types.ts';
import { contractOf } from '../schemas/catalog.ts';
import { contentOf, pathOf, type TableContract } from '../schemas/contract.ts';
import { partitionOf } from './partition.ts';

const dayUs = 86_400_000_000;

/**
 * Candidates that hold a key whose versions changed since what they consumed, from the changed version's first day on.
 * A change of a key's earliest version reaches back to the beginning: earlier events fall back to it.
 */
export async function dimensionChanges(
  lake: Lake,
  contract: TableContract,
  dimension: string,
  key: string,
  now: Snapshot,
  candidates: readonly string[],
  consumed: (partition: string, upstream: string) => number,
): Promise<string[]> {
  const facts = contract.upstream[0]!.table;
  const snapshot = await lake.table(facts).latest();
  const changesByVersion = new Map<number, Map<string, number>>();
  const stale: string[] = [];
  for (const partition of candidates) {
    const version = consumed(partition, dimension);
    if (version < 0) {
      stale.push(partition);
      continue;
    }
    let changes = changesByVersion.get(version);
    if (changes === undefined) {
      changes = changedKeys(
        await versionsOf(lake, dimension, await lake.table(dimension).at(version)),
        await versionsOf(lake, dimension, now),
      );
      changesByVersion.set(version, changes);
    }
    const reached = new Set<string>();
    for (const [k, fromDay] of changes) if (dayNumber(partition) >= fromDay) reached.add(k);
    if (reached.size === 0 || snapshot === null) continue;
    const held = await keysIn(lake, facts, snapshot, partition, key);
    if ([...reached].some((k) => held.has(k))) stale.push(partition);
  }
  return stale;
}

interface Version {
  readonly fromUs: number;
  readonly hash: string;
}

async function versionsOf(lake: Lake, dimension: string, snapshot: Snapshot): Promise<Map<string, Version[]>> {
  const contract = contractOf(dimension);
  const table = await readFiles(lake.store, pathOf(dimension), snapshot.metadata, snapshot.files);
  const keys = columnOf(table, contract.key[0]!);
  const from = columnOf(table, 'valid_from');
  const content = contentOf(contract).filter((name) => name !== 'valid_to' && name !== 'is_current');
  const { lo, hi } = rowHashes(
    content.map((name) => columnOf(table, name)),
    0,
  );
  const versions = new Map<string, Version[]>();
  for (let i = 0; i < table.numRows; i++) {
    const key = String(valueAt(keys, i));
    const list = versions.get(key) ?? [];
    list.push({ fromUs: Number(valueAt(from, i)), hash: `${lo[i]}:${hi[i]}` });
    versions.set(key, list);
  }
  for (const list of versions.values()) list.sort((a, b) => a.fromUs - b.fromUs);
  return versions;
}

/** Key → first day (since 1970-01-01) on which its versions differ; −∞ when its earliest version does. */
export function changedKeys(before: Map<string, Version[]>, after: Map<string, Version[]>): Map<string, number> {
  const changes = new Map<string, number>();
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(key) ?? [];
    const fresh = after.get(key) ?? [];
    let i = 0;
    while (i < old.length && i < fresh.length && old[i]!.hash === fresh[i]!.hash) i++;
    if (i === old.length && i === fresh.length) continue;
    const from = Math.min(old[i]?.fromUs ?? Number.POSITIVE_INFINITY, fresh[i]?.fromUs ?? Number.POSITIVE_INFINITY);
    changes.set(key, i === 0 ? Number.NEGATIVE_INFINITY : Math.floor(from / dayUs));
  }
  return changes;
}

/** Distinct values of a text column in one partition of a table at a snapshot. */
async function keysIn(
  lake: Lake,
  table: string,
  snapshot: Snapshot,
  partition: string,
  key: string,
): Promise<Set<string>> {
  const files = snapshot.files.filter((f) => partitionOf(f) === partition);
  const rows = await readFiles(lake.store, pathOf(table), snapshot.metadata, files, [key]);
  const column = columnOf(rows, key);
  if (column.kind !== 'dictionary') throw new Error(`${table}.${key} is ${column.kind}, expected dictionary`);
  return new Set(column.values);
}
