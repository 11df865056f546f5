/**
 * What an audit looks at: partitions touched since the last audit that passed, or all of them. While it looks, others may write: each
 * table is taken before those it is made of, so that whatever it was made from is in what is held against it, and partitions that
 * are behind that are known.
 */
import type { Lake } from '../../engine/delta/lake.ts';
import type { AddFile, Snapshot } from '../../engine/delta/types.ts';
import { catalog, contractOf } from '../../schemas/catalog.ts';
import type { Layer } from '../../schemas/contract.ts';
import { audits } from '../../schemas/ops.ts';
import { workOf } from '../commit-info.ts';
import { mapTasks } from '../compute/compute.ts';
import type { Profile, ProfileInput } from '../compute/profile.ts';
import type { ActivityContext, Run } from '../context.ts';
import { partitionsBehind, pinnedPartitions, wholeTable } from '../dirty.ts';
import { partitionOf } from '../partition.ts';
import { auditedId } from './audit-log.ts';
import type { AuditRequest, LeftOut } from './report.ts';

export interface AuditScope {
  readonly kind: AuditRequest['scope'];
  /** Tables at the versions under audit; those that do not exist are absent. */
  readonly snapshots: ReadonlyMap<string, Snapshot>;
  /** Partition values to look into; null for all. */
  readonly touched: (table: string) => ReadonlySet<string> | null;
  /**
   * Partitions of a table that builds and micro-batches of an upstream have left behind, those never built among them: to be built
   * again, and not to be compared until then; and those that a restore has pinned. A commit that is nobody's work leaves nothing
   * behind.
   */
  readonly behind: (table: string, upstream: string) => Promise<ReadonlySet<string>>;
  /** Partitions of a table that a restore has pinned. */
  readonly pinned: (table: string) => ReadonlySet<string>;
}

/** Silver is taken before the quarantine of what it rejected, which is before the rows both are of. */
const order: readonly Layer[] = ['gold', 'silver', 'quarantine', 'bronze'];

/** Newest versions of the tables that exist, each table looked at before those it is made of. */
export async function versionsNow(lake: Lake): Promise<ReadonlyMap<string, number>> {
  const versions = new Map<string, number>();
  const tables = order.flatMap((layer) => catalog.filter((contract) => contract.layer === layer).reverse());
  for (const { name } of tables) {
    const snapshot = await lake.table(name).latest();
    if (snapshot !== null) versions.set(name, snapshot.version);
  }
  return versions;
}

/** The scope of an audit of these versions. */
export async function auditScope(
  lake: Lake,
  kind: AuditRequest['scope'],
  versions: ReadonlyMap<string, number>,
): Promise<AuditScope> {
  const audited = (await lake.table(audits.name).latest())?.txns ?? new Map<string, number>();
  const snapshots = new Map<string, Snapshot>();
  const touched = new Map<string, ReadonlySet<string>>();
  for (const [name, version] of versions) {
    const snapshot = await lake.table(name).at(version);
    snapshots.set(name, snapshot);
    const before = audited.get(auditedId(name));
    touched.set(name, partitionsThatDiffer(before === undefined ? null : await lake.table(name).at(before), snapshot));
  }
  const behind = new Map<string, Promise<ReadonlySet<string>>>();
  return {
    kind,
    snapshots,
    touched: (table) => (kind === 'everything' ? null : (touched.get(table) ?? new Set())),
    behind: (table, upstream) => {
      const key = `${table}←${upstream}`;
      const found = behind.get(key) ?? findBehind(lake, snapshots, table, upstream);
      behind.set(key, found);
      return found;
    },
    pinned: (table) => {
      const snapshot = snapshots.get(table);
      return snapshot === undefined ? new Set() : pinnedPartitions(contractOf(table), snapshot);
    },
  };
}

/** Partitions that do not have the same files in both: files never change. */
function partitionsThatDiffer(before: Snapshot | null, after: Snapshot): ReadonlySet<string> {
  const earlier = new Map(before?.files.map((file) => [file.path, file]));
  const added = after.files.filter((file) => !earlier.delete(file.path));
  return new Set([...added, ...earlier.values()].map(partitionOf));
}

async function findBehind(
  lake: Lake,
  snapshots: AuditScope['snapshots'],
  table: string,
  upstream: string,
): Promise<ReadonlySet<string>> {
  const contract = contractOf(table);
  const [target, snapshot] = [snapshots.get(table), snapshots.get(upstream)];
  if (target === undefined || snapshot === undefined) return new Set();
  const map = contract.upstream.find((u) => u.table === upstream)!;
  return partitionsBehind(lake, contract, target, { upstream: map, snapshot }, (commit) => workOf(commit) !== null);
}

/**
 * The partitions of `table` to compare: of `days` (null: all that it and `upstream` have) those that are not behind. Null: all there
 * are.
 */
export function comparable(
  scope: AuditScope,
  table: string,
  upstream: readonly string[],
  days: ReadonlySet<string> | null,
  behind: ReadonlySet<string>,
): { readonly only: ReadonlySet<string> | null; readonly leftOut: LeftOut } {
  if (behind.size === 0) return { only: days, leftOut: { behind: 0, pinned: [] } };
  const partitions = (name: string): string[] => (scope.snapshots.get(name)?.files ?? []).map(partitionOf);
  const all = days ?? new Set([table, ...upstream].flatMap(partitions));
  const whole = behind.has(wholeTable);
  const only = new Set(whole ? [] : [...all].filter((day) => !behind.has(day)));
  return {
    only,
    leftOut: leftOutOf(
      scope,
      table,
      [...all].filter((day) => !only.has(day)),
    ),
  };
}

/** Why partitions of a table are not compared. */
export function leftOutOf(scope: AuditScope, table: string, partitions: readonly string[]): LeftOut {
  const pins = scope.pinned(table);
  const pinned = partitions.filter((p) => pins.has(p) || pins.has(wholeTable));
  return { behind: partitions.length - pinned.length, pinned: pinned.sort() };
}

/** What is asked of each partition of a table. */
export type Question = Pick<ProfileInput, 'key' | 'sums' | 'texts'>;

/** Profiles of a table by partition, on compute threads; `only` null takes all partitions. */
export async function profiles(
  context: ActivityContext,
  run: Run,
  snapshot: Snapshot,
  only: ReadonlySet<string> | null,
  ask: Question,
): Promise<ReadonlyMap<string, Profile>> {
  const files = new Map<string, AddFile[]>();
  for (const file of snapshot.files) {
    const partition = partitionOf(file);
    if (only !== null && !only.has(partition)) continue;
    files.set(partition, [...(files.get(partition) ?? []), file]);
  }
  const entries = [...files];
  // Three tasks a thread: enough for the threads to end together, few enough not to wait for messages.
  const size = Math.max(1, Math.ceil(entries.length / (context.compute.threads * 3)));
  const shares = Array.from({ length: Math.ceil(entries.length / size) }, (_, i) =>
    entries.slice(i * size, (i + 1) * size),
  );
  const results = await mapTasks(context.compute, shares, (share) =>
    context.compute.run(
      'profile',
      { lake: context.lakeRoot, metadata: snapshot.metadata, partitions: share.map(([, list]) => list), ...ask },
      { signal: run.signal },
    ),
  );
  const profiled = results.flat();
  return new Map(entries.map(([partition], i) => [partition, profiled[i]!]));
}

/** Rows by partition, from the log alone. */
export function rowsByPartition(snapshot: Snapshot | undefined): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  for (const file of snapshot?.files ?? []) {
    rows.set(partitionOf(file), (rows.get(partitionOf(file)) ?? 0) + file.stats.numRecords);
  }
  return rows;
}

/** Rows of a table, from the log alone. */
export function rowsIn(snapshot: Snapshot | undefined): number {
  return (snapshot?.files ?? []).reduce((n, f) => n + f.stats.numRecords, 0);
}
