/**
 * What has to be built: partitions whose upstream changed since they consumed it.
 *
 * A built partition records, for each upstream, the version it consumed, as a Delta `txn` with the application id
 * `<target>/<partition>←<upstream>`. It is dirty when a later commit of the upstream changed data that maps to it. A build of all that is
 * dirty records, as `<target>←<upstream>`, that the other partitions have missed nothing up to that version: what was looked at once
 * is not looked at again.
 */
import type { Lake } from '../engine/delta/lake.ts';
import type { Commit, Snapshot } from '../engine/delta/types.ts';
import { contractOf } from '../schemas/catalog.ts';
import { caughtUpId, consumedId, type TableContract, type Upstream } from '../schemas/contract.ts';
import { dimensionChanges } from './dimension-changes.ts';
import { partitionOf } from './partition.ts';
import { snapshotOf } from './snapshots.ts';

/**
 * Name under which a partition records what a backfill recomputed it for: its number, the milliseconds since 1970 at which it was asked for.
 * A build that is given a number takes every partition with a smaller one for dirty.
 */
export const recompute = 'recompute';

/**
 * Name under which a restored partition records when that was asked for, in milliseconds since 1970: it stays as it is until it is recomputed for
 * a later number.
 */
export const pin = 'pin';

/** The whole table as one partition: the unit of tables with an upstream that maps to all of it. */
export const wholeTable = '*';

export interface Work {
  readonly table: string;
  /** Dirty partitions (values as in the Delta log), oldest first; `*` for tables built whole. */
  readonly partitions: readonly string[];
  /** Upstream → version to build from; upstream tables that do not exist are left out. */
  readonly pinned: Readonly<Record<string, number>>;
  /** Dirty partition → why: each upstream, or other version, that it has not consumed. */
  readonly why: ReadonlyMap<string, readonly string[]>;
  /** Partitions, of those asked for, that a restore has pinned. */
  readonly held: readonly string[];
}

/** Extra versions a target consumes besides tables: name → version. */
export type ExtraVersions = Readonly<Record<string, number>>;

/** Whether a table is built whole: one of its upstreams maps to every partition, or it has none. */
export function isWhole(contract: TableContract): boolean {
  return contract.partition === null || contract.upstream.some((u) => u.map.kind === 'whole');
}

/** Versions besides tables that every partition consumes: the rules, and what the caller adds. */
export function fixedVersions(contract: TableContract, extra: ExtraVersions): ExtraVersions {
  return { rules: contract.rulesVersion, ...extra };
}

/** An upstream at the version that is looked at. */
export interface UpstreamState {
  readonly upstream: Upstream;
  readonly snapshot: Snapshot;
}

/** Plans a table, of the partitions that `only` takes; what a restore has pinned is left out. Reads logs, and key columns when a dimension changed. */
export async function planTable(
  lake: Lake,
  contract: TableContract,
  extra: ExtraVersions = {},
  only: (partition: string) => boolean = () => true,
): Promise<Work> {
  const target = await lake.table(contract.name).latest();
  const upstreams: UpstreamState[] = [];
  for (const upstream of contract.upstream) {
    const snapshot = await lake.table(upstream.table).latest();
    if (snapshot !== null) upstreams.push({ upstream, snapshot });
  }
  const pinned = Object.fromEntries(upstreams.map((u) => [u.upstream.table, u.snapshot.version]));
  if (upstreams.length === 0) return { table: contract.name, partitions: [], pinned, why: new Map(), held: [] };

  const consumed = consumedBy(contract, target);
  const candidates = candidatesOf(contract, target, upstreams);
  const why = new Map<string, string[]>();
  const add = (stale: readonly string[], reason: string): void => {
    for (const p of stale) if (only(p)) why.set(p, [...(why.get(p) ?? []), reason]);
  };
  for (const [name, version] of Object.entries(fixedVersions(contract, extra))) {
    const stale = candidates.filter((p) => consumed(p, name) < version);
    add(stale, name === recompute ? 'asked for' : `${name} ${version}`);
  }
  for (const state of upstreams) {
    const stale = await staleBy(lake, contract, state, candidates, consumed);
    add(stale, `${state.upstream.table} ${state.snapshot.version}`);
  }
  const held = [...why.keys()].filter((p) => isPinned(contract, target, p, extra)).sort();
  for (const p of held) why.delete(p);
  return { table: contract.name, partitions: [...why.keys()].sort(), pinned, why, held };
}

/** Whether a restore has pinned the partition, and neither a recomputation since nor the one of `extra` unpins it. */
export function isPinned(
  contract: TableContract,
  target: Snapshot | null,
  partition: string,
  extra: ExtraVersions = {},
): boolean {
  const at = (name: string): number => target?.txns.get(consumedId(contract.name, partition, name)) ?? -1;
  return at(pin) > Math.max(at(recompute), extra[recompute] ?? -1);
}

/** The partitions that a restore has pinned. */
export function pinnedPartitions(contract: TableContract, target: Snapshot): ReadonlySet<string> {
  return new Set(recordedPartitions(contract, target).filter((p) => isPinned(contract, target, p)));
}

/** Takes the partitions that hold one of the days; a table built whole holds them all. */
export function holdingOneOf(contract: TableContract, days: readonly string[]): (partition: string) => boolean {
  const wanted = new Set(contract.partition === 'month' ? days.map(monthOf) : days);
  return (partition) => partition === wholeTable || wanted.has(partition);
}

/** The days `from` to `to`, both included, `YYYY-MM-DD`. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

/** Takes the partitions that are made of one of the days: with a window, its own or an upstream table's, days after them too. */
export function madeOf(contract: TableContract, { from, to }: DayRange): (partition: string) => boolean {
  const [first, last] =
    contract.partition === 'month' ? [monthOf(from), monthOf(to)] : [from, dayAfter(to, daysReached(contract))];
  return (partition) => partition === wholeTable || (partition >= first && partition <= last);
}

/** The most days after a day in which the table holds what is made of it. */
function daysReached(contract: TableContract): number {
  const reaches = contract.upstream.map(
    ({ table, map }) => (map.kind === 'window' ? map.days : 0) + daysReached(contractOf(table)),
  );
  return Math.max(0, ...reaches);
}

/**
 * Partitions of a table (at `target`) that one upstream is ahead of: a commit up to its snapshot, of those that `counts`, changed what
 * maps to them after the version they consumed; and those that a restore has pinned.
 */
export async function partitionsBehind(
  lake: Lake,
  contract: TableContract,
  target: Snapshot,
  state: UpstreamState,
  counts: (commit: Commit) => boolean,
): Promise<ReadonlySet<string>> {
  const candidates = candidatesOf(contract, target, [state]);
  const stale = await staleBy(lake, contract, state, candidates, consumedBy(contract, target), counts);
  return new Set([...stale, ...candidates.filter((p) => isPinned(contract, target, p))]);
}

/** The version of an upstream (or of what else is consumed) up to which a partition has missed nothing; −1: it has consumed none. */
function consumedBy(contract: TableContract, target: Snapshot | null): (partition: string, upstream: string) => number {
  const at = (id: string): number => target?.txns.get(id) ?? -1;
  return (partition, upstream) =>
    Math.max(at(consumedId(contract.name, partition, upstream)), at(caughtUpId(contract.name, upstream)));
}

function candidatesOf(
  contract: TableContract,
  target: Snapshot | null,
  upstreams: readonly UpstreamState[],
): readonly string[] {
  if (isWhole(contract)) return [wholeTable];
  const partitions = new Set(recordedPartitions(contract, target));
  for (const { upstream, snapshot } of upstreams) {
    if (upstream.map.kind === 'dimension') continue;
    for (const file of snapshot.files) {
      const value = partitionOf(file);
      partitions.add(upstream.map.kind === 'month' ? monthOf(value) : value);
    }
  }
  return [...partitions];
}

/** Partitions that have recorded anything, each once. */
function recordedPartitions(contract: TableContract, target: Snapshot | null): readonly string[] {
  const partitions = new Set<string>();
  const prefix = `${contract.name}/`;
  for (const id of target?.txns.keys() ?? []) {
    const arrow = id.indexOf('←');
    if (id.startsWith(prefix) && arrow > 0) partitions.add(id.slice(prefix.length, arrow));
  }
  return [...partitions];
}

/** Candidates that a data change of the upstream after what they consumed maps to; only of commits that `counts`, where it is given. */
async function staleBy(
  lake: Lake,
  contract: TableContract,
  { upstream, snapshot }: UpstreamState,
  candidates: readonly string[],
  consumed: (partition: string, upstream: string) => number,
  counts?: (commit: Commit) => boolean,
): Promise<string[]> {
  const behind = candidates.filter((p) => consumed(p, upstream.table) < snapshot.version);
  if (behind.length === 0) return [];
  const least = Math.min(...behind.map((p) => consumed(p, upstream.table)));
  const changes = async function* (): AsyncGenerator<Commit> {
    for await (const commit of lake.table(upstream.table).eachCommitSince(least, snapshot.version)) {
      if (counts?.(commit) ?? true) yield commit;
    }
  };
  if (upstream.map.kind === 'dimension') {
    let last = counts === undefined ? snapshot.version : -1;
    if (counts !== undefined) for await (const { version } of changes()) last = version;
    const overtaken = behind.filter((p) => consumed(p, upstream.table) < last);
    return dimensionChanges(lake, contract, upstream.table, upstream.map.key, snapshot, overtaken, consumed);
  }
  const touched = new Map<string, number>();
  for await (const commit of changes()) {
    for (const file of [...commit.adds, ...commit.removes]) {
      if (!file.dataChange) continue;
      const value = partitionOf(file);
      for (const p of isWhole(contract) ? [wholeTable] : mapped(upstream, value)) touched.set(p, commit.version);
    }
    // A snapshot with the content of the latest one still says something: that it held at another instant, or before.
    if (isWhole(contract) && snapshotOf(commit) !== null) touched.set(wholeTable, commit.version);
  }
  return behind.filter((p) => (touched.get(p) ?? -1) > consumed(p, upstream.table));
}

/** Target partitions that an upstream partition maps to. */
function mapped(upstream: Upstream, value: string): string[] {
  switch (upstream.map.kind) {
    case 'same':
      return [value];
    case 'month':
      return [monthOf(value)];
    case 'window':
      return Array.from({ length: upstream.map.days + 1 }, (_, i) => dayAfter(value, i));
    case 'whole':
    case 'dimension':
      return [];
  }
}

/** `2025-07-03` → `2025-07-01`. */
export function monthOf(day: string): string {
  return `${day.slice(0, 7)}-01`;
}

/** The day `days` after a day, both `YYYY-MM-DD`. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
