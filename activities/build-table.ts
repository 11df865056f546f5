/** Builds what is dirty of one Silver table or Gold mart: tasks on compute threads, one commit for a group of them. */

import { dayNumber } from '../engine/columnar/cell.ts';
import { type AddFile, CommitConflict, type Snapshot } from '../engine/delta/types.ts';
import { bronzeUsageEvents } from '../schemas/bronze.ts';
import { contractOf } from '../schemas/catalog.ts';
import { caughtUpId, consumedId, metadataWith, type TableContract } from '../schemas/contract.ts';
import { dimOrgs, dimResources, silverUsageEvents } from '../schemas/silver.ts';
import { checkBalance, workInfo } from './commit-info.ts';
import type { BuildPartitionsInput, BuiltPartitions } from './compute/build-partitions.ts';
import { mapTasks } from './compute/compute.ts';
import { Imbalance } from './compute/conserved.ts';
import type { ActivityContext, Run } from './context.ts';
import { dayAfter, type ExtraVersions, fixedVersions, isPinned, monthOf, recompute, wholeTable } from './dirty.ts';
import { partitionOf } from './partition.ts';
import { reconcileSilverQuarantine } from './quarantine.ts';
import { keptSnapshots } from './snapshots.ts';
import { upstreamFiles } from './upstream-files.ts';

export interface BuildRequest {
  readonly table: string;
  readonly partitions: readonly string[];
  /** Upstream → version to read. */
  readonly pinned: Readonly<Record<string, number>>;
  readonly extra: ExtraVersions;
  /** Whether these are all partitions that the pinned versions make dirty. */
  readonly complete: boolean;
  /** Why, for the ledger. */
  readonly reason: string;
}

const targetChunkRows = 150_000;
const leastChunkRows = 10_000;
/** Tasks behind one commit. */
const tasksPerCommit = 64;

/**
 * Builds the partitions from the pinned upstream versions. Partitions that were built from these versions or later ones
 * meanwhile, and those that a restore has pinned, are left alone, so a second, late or concurrent attempt adds nothing. Throws `OutdatedPlan` when that is so for
 * some upstream only, and `Imbalance` when rows or amounts are not conserved.
 */
export async function buildTable(context: ActivityContext, run: Run, request: BuildRequest): Promise<void> {
  const contract = contractOf(request.table);
  const table = context.lake.table(contract.name);
  const startedMs = context.clock();
  let rows = 0;
  for (;;) {
    run.signal.throwIfAborted();
    const base = await table.latest();
    const open = request.partitions.filter(
      (p) => !isBuilt(contract, base, p, request) && !isPinned(contract, base, p, request.extra),
    );
    if (open.some((p) => isOutdated(contract, base, p, request))) {
      throw new OutdatedPlan(
        `${contract.name}: others built from later versions than ${JSON.stringify(request.pinned)}`,
      );
    }
    checkRules(contract, base, open);
    if (open.length === 0) return;
    // A partition that somebody has pinned since the plan was made has missed what makes it dirty.
    const isComplete = request.complete && !request.partitions.some((p) => isPinned(contract, base, p, request.extra));
    const upstream = await upstreamSnapshots(context, request.pinned);
    const chunks = chunksOf(contract, upstream, open, context.compute.threads);
    const group = chunks.slice(0, tasksPerCommit);
    const groupStartedMs = context.clock();
    let done = request.partitions.length - open.length;
    const built = await mapTasks(context.compute, group, async (chunk) => {
      const result = await runChunk(context, run, contract, base, upstream, chunk, request.extra);
      rows += result.read;
      done += chunk.length;
      run.report({
        layer: contract.layer,
        table: contract.name,
        done,
        total: request.partitions.length,
        unit: chunk[0] === wholeTable ? 'table' : 'partitions',
        rows,
        rowsPerSecond: Math.round((rows * 1000) / Math.max(1, context.clock() - startedMs)),
      });
      return result;
    });
    const partitions = group.flat();
    const rejected = built.flatMap((b) => b.rejects.map((reject, i) => ({ reject, raw: b.raws[i] ?? null })));
    const counts = {
      read: sum(built, 'read'),
      written: sum(built, 'written'),
      unchanged: sum(built, 'unchanged'),
      quarantined: rejected.length,
      duplicate: 0,
      late: sum(built, 'late'),
    };
    if (contract.layer === 'silver') checkBalance(contract.name, counts);
    if (contract.name === 'silver.usage_events') {
      await reconcileSilverQuarantine(context, run, partitions, rejected, request.pinned['bronze.usage_events'] ?? -1);
    }
    const adds = built.flatMap((b) => b.adds);
    checkPartitions(contract.name, adds, partitions);
    const removes = built.flatMap((b) => b.removes);
    try {
      await table.commit({
        base,
        reads: readsOf(contract, partitions),
        adds,
        removes,
        txns: {
          ...consumedVersions(contract, base, partitions, request, upstream),
          ...(isComplete && group.length === chunks.length ? caughtUp(contract, request) : {}),
        },
        metadata: metadataWith(contract, base?.metadata ?? null),
        dataChange: true,
        operation: 'WRITE',
        info: workInfo(run, counts, {
          partitions: partitions.length,
          bytes: adds.reduce((b, a) => b + a.size, 0),
          upstream: request.pinned,
          reason: request.reason,
          startedMs: groupStartedMs,
          nowMs: context.clock(),
        }),
      });
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error;
    }
  }
}

/** Throws when a file holds a partition that nobody asked for: its rows would be there twice. */
function checkPartitions(table: string, adds: readonly AddFile[], partitions: readonly string[]): void {
  if (partitions[0] === wholeTable) return;
  const asked = new Set(partitions);
  const stray = adds.find((a) => !asked.has(partitionOf(a)));
  if (stray !== undefined) {
    throw new Imbalance(`${table}: rows of partition ${partitionOf(stray)} while building ${partitions.join(', ')}`);
  }
}

/** The versions to build from are behind what a partition has consumed meanwhile: plan again. */
export class OutdatedPlan extends Error {
  override readonly name = 'OutdatedPlan';
}

/** Whether building would take the partition back to an earlier version of some upstream. */
function isOutdated(contract: TableContract, base: Snapshot | null, partition: string, request: BuildRequest): boolean {
  const { [recompute]: _, ...extra } = request.extra;
  return Object.entries({ ...request.pinned, ...extra }).some(
    ([name, version]) => (base?.txns.get(consumedId(contract.name, partition, name)) ?? -1) > version,
  );
}

/** Throws when a worker with later rules has built one of the partitions: such a worker builds it again. */
function checkRules(contract: TableContract, base: Snapshot | null, partitions: readonly string[]): void {
  for (const partition of partitions) {
    const rules = base?.txns.get(consumedId(contract.name, partition, 'rules')) ?? -1;
    if (rules <= contract.rulesVersion) continue;
    throw new Error(
      `${contract.name}/${partition} was built by rules ${rules}, this worker has ${contract.rulesVersion}: a worker of that release has to build it`,
    );
  }
}

/** Whether the partition has consumed the pinned versions, or later ones. */
function isBuilt(contract: TableContract, base: Snapshot | null, partition: string, request: BuildRequest): boolean {
  return Object.entries({ ...request.pinned, ...fixedVersions(contract, request.extra) }).every(
    ([name, version]) => (base?.txns.get(consumedId(contract.name, partition, name)) ?? -1) >= version,
  );
}

function consumedVersions(
  contract: TableContract,
  base: Snapshot | null,
  partitions: readonly string[],
  request: BuildRequest,
  upstream: ReadonlyMap<string, Snapshot>,
): Record<string, number> {
  const txns: Record<string, number> = {};
  for (const partition of partitions) {
    for (const [name, version] of Object.entries({ ...request.pinned, ...fixedVersions(contract, request.extra) })) {
      const id = consumedId(contract.name, partition, name);
      // Of two backfills that recompute it, the one that was asked for first may come last.
      txns[id] = name === recompute ? Math.max(version, base?.txns.get(id) ?? -1) : version;
    }
    if (contract.serving?.speed == null) continue;
    // Carried through Silver: what the speed layer must not add to this partition any more.
    const silver = silverUsageEvents.name;
    const version = upstream.get(silver)?.txns.get(consumedId(silver, partition, bronzeUsageEvents.name));
    if (version !== undefined) txns[consumedId(contract.name, partition, bronzeUsageEvents.name)] = version;
  }
  return txns;
}

/** Partitions that are not dirty have missed nothing, those that were have been built. */
function caughtUp(contract: TableContract, { pinned }: BuildRequest): Record<string, number> {
  return Object.fromEntries(
    Object.entries(pinned).map(([upstream, version]) => [caughtUpId(contract.name, upstream), version]),
  );
}

function readsOf(contract: TableContract, partitions: readonly string[]) {
  const column = contract.partition;
  return column === null || partitions[0] === wholeTable
    ? ({ kind: 'table' } as const)
    : ({ kind: 'partitions', partitions: partitions.map((p) => ({ [column]: p })) } as const);
}

async function upstreamSnapshots(
  context: ActivityContext,
  pinned: Readonly<Record<string, number>>,
): Promise<ReadonlyMap<string, Snapshot>> {
  const snapshots = new Map<string, Snapshot>();
  for (const [name, version] of Object.entries(pinned)) snapshots.set(name, await context.lake.table(name).at(version));
  return snapshots;
}

/** Partitions, in order, in groups of similar row counts, small enough for memory, enough to busy every thread. */
function chunksOf(
  contract: TableContract,
  upstream: ReadonlyMap<string, Snapshot>,
  partitions: readonly string[],
  threads: number,
): string[][] {
  if (partitions[0] === wholeTable) return [[wholeTable]];
  const first = contract.upstream[0]!;
  const rows = new Map<string, number>();
  for (const file of upstream.get(first.table)?.files ?? []) {
    const value = partitionOf(file);
    const partition = first.map.kind === 'month' ? monthOf(value) : value;
    rows.set(partition, (rows.get(partition) ?? 0) + file.stats.numRecords);
  }
  const total = partitions.reduce((n, p) => n + (rows.get(p) ?? 0), 0);
  const size = Math.min(targetChunkRows, Math.max(leastChunkRows, Math.ceil(total / threads)));
  const chunks: string[][] = [];
  let current: string[] = [];
  let held = 0;
  for (const partition of partitions) {
    const here = rows.get(partition) ?? 0;
    // A window is read as one range of days: only days side by side may share it.
    const gap = first.map.kind === 'window' && current.length > 0 && dayAfter(current.at(-1)!, 1) !== partition;
    if (current.length > 0 && (held + here > size || gap)) {
      chunks.push(current);
      current = [];
      held = 0;
    }
    current.push(partition);
    held += here;
  }
  if (current.length > 0) chunks.push(current);
  return chunks;
}

async function runChunk(
  context: ActivityContext,
  run: Run,
  contract: TableContract,
  base: Snapshot | null,
  upstream: ReadonlyMap<string, Snapshot>,
  partitions: readonly string[],
  extra: ExtraVersions,
): Promise<BuiltPartitions> {
  const metadata = metadataWith(contract, base?.metadata ?? null);
  const whole = partitions[0] === wholeTable;
  const current = (base?.files ?? []).filter((f) => whole || partitions.includes(partitionOf(f)));
  const common = { lake: context.lakeRoot, table: contract.name, metadata, current, nowMs: context.clock() };
  const dimension = [dimOrgs, dimResources].find((d) => d.name === contract.name);
  if (dimension !== undefined) {
    const source = `bronze.${dimension.source}`;
    const snapshots = await keptSnapshots(context.lake, source, upstream.get(source)!.version);
    return context.compute.run(
      'buildDimension',
      { ...common, sourceMetadata: upstream.get(source)!.metadata, snapshots },
      { signal: run.signal },
    );
  }
  const input: BuildPartitionsInput = {
    ...common,
    landing: context.landing,
    inputs: Object.fromEntries(
      contract.upstream.map(({ table, map }) => {
        const snapshot = upstream.get(table);
        const files = snapshot === undefined ? [] : upstreamFiles(snapshot, map, whole ? null : partitions);
        return [table, { metadata: metadataWith(contractOf(table), snapshot?.metadata ?? null), files }];
      }),
    ),
    compare: whole,
    context: {
      fromDay: whole ? null : dayNumber(partitions[0]!),
      toDay: whole ? null : dayNumber(partitions.at(-1)!),
      usersMonthDay: extra.users_snapshot_month ?? null,
    },
  };
  return context.compute.run('buildPartitions', input, { signal: run.signal });
}

function sum(built: readonly BuiltPartitions[], key: 'read' | 'written' | 'unchanged' | 'late'): number {
  return built.reduce((n, b) => n + b[key], 0);
}
