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
import { caughtUpId, consumedId, type TableContract, type Upstream } from '../schemas/contract.ts';
import { dimensionChanges } from './dimension-changes.ts';
import { partitionOf } from './partition.ts';
import { snapshotOf } from './snapshots.ts';

/** The whole table as one partition: the unit of tables with an upstream that maps to all of it. */
export const wholeTable = '*';

export interface Work {
  readonly table: string;
  /** Dirty partitions (values as in the Delta log), oldest first; `*` for tables built whole. */
  readonly partitions: readonly string[];
  /** Upstream → version to build from; upstream tables that do not exist are left out. */
  readonly pinned: Readonly<Record<string, number>>;
  /** Why: one line for each upstream that changed. */
  readonly reasons: readonly string[];
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

/** Plans a table. `only` keeps the partitions that hold one of these days; a table built whole holds them all. Reads logs, and key columns when a dimension changed. */
export async function planTable(
  lake: Lake,
  contract: TableContract,
  extra: ExtraVersions = {},
  only: readonly string[] | null = null,
): Promise<Work> {
  const target = await lake.table(contract.name).latest();
  const upstreams: UpstreamState[] = [];
  for (const upstream of contract.upstream) {
    const snapshot = await lake.table(upstream.table).latest();
    if (snapshot !== null) upstreams.push({ upstream, snapshot });
  }
  const pinned = Object.fromEntries(upstreams.map((u) => [u.upstream.table, u.snapshot.version]));
  if (upstreams.length === 0) return { table: contract.name, partitions: [], pinned, reasons: [] };

  const consumed = consumedBy(contract, target);
  const candidates = candidatesOf(contract, target, upstreams);
  const dirty = new Set<string>();
  const reasons: string[] = [];
  for (const [name, version] of Object.entries(fixedVersions(contract, extra))) {
    const stale = candidates.filter((p) => consumed(p, name) < version);
    for (const p of stale) dirty.add(p);
    if (stale.length > 0) reasons.push(`${name} ${version}: ${stale.length} partitions`);
  }
  for (const state of upstreams) {
    const stale = await staleBy(lake, contract, state, candidates, consumed);
    for (const p of stale) dirty.add(p);
    const { upstream, snapshot } = state;
    if (stale.length > 0) reasons.push(`${upstream.table} version ${snapshot.version}: ${stale.length} partitions`);
  }
  const partitions = [...dirty].filter((p) => only === null || holdsOneOf(contract, p, only)).sort();
  return { table: contract.name, partitions, pinned, reasons };
}

function holdsOneOf(contract: TableContract, partition: string, days: readonly string[]): boolean {
  if (partition === wholeTable) return true;
  return contract.partition === 'month' ? days.some((d) => monthOf(d) === partition) : days.includes(partition);
}

/**
 * Partitions of a table (at `target`) that one upstream is ahead of: a commit up to its snapshot, of those that `counts`, changed what
 * maps to them after the version they consumed.
 */
export async function partitionsBehind(
  lake: Lake,
  contract: TableContract,
  target: Snapshot,
  state: UpstreamState,
  counts: (commit: Commit) => boolean,
): Promise<ReadonlySet<string>> {
  const candidates = candidatesOf(contract, target, [state]);
  return new Set(await staleBy(lake, contract, state, candidates, consumedBy(contract, target), counts));
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
  const partitions = new Set<string>();
  const prefix = `${contract.name}/`;
  for (const id of target?.txns.keys() ?? []) {
    const arrow = id.indexOf('←');
    if (id.startsWith(prefix) && arrow > 0) partitions.add(id.slice(prefix.length, arrow));
  }
  for (const { upstream, snapshot } of upstreams) {
    if (upstream.map.kind === 'dimension') continue;
    for (const file of snapshot.files) {
      const value = partitionOf(file);
      partitions.add(upstream.map.kind === 'month' ? monthOf(value) : value);
    }
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
