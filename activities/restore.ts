/** A table of Silver or Gold brought back to what an earlier version says, and pinned there. */
import { mapBounded } from '../engine/delta/map-bounded.ts';
import { type AddFile, CommitConflict, type Snapshot } from '../engine/delta/types.ts';
import { catalog } from '../schemas/catalog.ts';
import { consumedId, type Layer, replacedId, restoredId, type TableContract } from '../schemas/contract.ts';
import { workInfo } from './commit-info.ts';
import { differingFiles } from './compare-versions.ts';
import type { ActivityContext, Run, TableResult } from './context.ts';
import { isWhole, pin, recompute, wholeTable } from './dirty.ts';
import { vacuumTable } from './maintenance.ts';
import { partitionOf } from './partition.ts';
import { problem } from './problem.ts';
import { resultOfRun } from './run-result.ts';

export interface RestoreRequest {
  readonly table: string;
  readonly version: number;
  /** When it was asked for, milliseconds since 1970: what was asked for later stands. */
  readonly askedMs: number;
  /** For the ledger. */
  readonly reason: string | null;
}

/** Files looked for at a time. */
const looking = 16;
/**
 * A file is brought back only if no vacuum removes it that begins within this time: one that has begun removes it neither. As long as
 * an attempt of a restore takes at most.
 */
const marginMs = 2 * 3_600_000;
/** Files that a refusal names. */
const namedFiles = 5;

/**
 * Brings back, in one commit, the files of the version in every partition whose rows were written since, and pins these partitions:
 * no build touches them until a backfill that is asked for later recomputes them. What they have consumed stays recorded, so that
 * neither they nor what is made of them, the speed layer's increments among that, goes back to earlier versions. Partitions that were
 * recomputed for a later number are left alone. Refused, before anything is touched, for a table that is not built from others, a
 * version that is not there, and a version of which files are gone or are about to be removed. A second, late or concurrent attempt adds nothing.
 */
export async function restoreTable(context: ActivityContext, run: Run, request: RestoreRequest): Promise<TableResult> {
  const startedMs = context.clock();
  const contract = restorable(request.table);
  const table = context.lake.table(contract.name);
  for (;;) {
    run.signal.throwIfAborted();
    const base = await table.latest();
    if (base === null || request.version > base.version) throw noSuchVersion(contract, request.version, base);
    const last = base.txns.get(restoredId(contract.name)) ?? -1;
    if (last >= request.askedMs) {
      const result = await resultOfRun(context, run, contract.name, startedMs);
      if (last === request.askedMs || result.partitions > 0) return result;
      throw problem(
        'Overtaken',
        `${contract.name}: a restore that was asked for later has been made; nothing was done`,
      );
    }
    const { partitions, adds, removes } = await changesTo(context, contract, base, request);
    if (partitions.length === 0) return resultOfRun(context, run, contract.name, startedMs);
    await checkLasting(context, run, contract, request.version, adds);
    const rows = adds.reduce((n, file) => n + file.stats.numRecords, 0);
    const counts = { read: rows, written: rows, unchanged: 0, quarantined: 0, duplicate: 0, late: 0 };
    try {
      await table.commit({
        base,
        reads: readsOf(contract, partitions),
        adds,
        removes,
        txns: {
          [restoredId(contract.name)]: request.askedMs,
          [replacedId(contract.name)]: base.version,
          ...Object.fromEntries(
            (isWhole(contract) ? [wholeTable] : partitions).map((p) => [
              consumedId(contract.name, p, pin),
              request.askedMs,
            ]),
          ),
        },
        identity: restoredId(contract.name),
        dataChange: true,
        operation: 'RESTORE',
        info: workInfo(run, counts, {
          partitions: partitions.length,
          bytes: adds.reduce((n, file) => n + file.size, 0),
          upstream: {},
          reason: `restored version ${request.version}${request.reason === null ? '' : `: ${request.reason}`}`,
          startedMs,
          nowMs: context.clock(),
        }),
      });
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error;
    }
  }
}

const insteadOf: Readonly<Record<Exclude<Layer, 'silver'>, string>> = {
  bronze:
    'it holds what landed; load the right master as a snapshot (bronzeBatch with correctsFrom), and restore the Silver table or the mart',
  quarantine: 'its rows leave when they pass; restore the Silver table or the mart',
  ops: 'it records what was done and only grows',
  gold: 'its increments are dropped once the mart has consumed them; restore gold.org_daily_usage_by_service',
};

/** The contract of a table that can be restored. Fails saying what to do instead. */
function restorable(name: string): TableContract {
  const contract = catalog.find((c) => c.name === name);
  const built = catalog.filter((c) => c.upstream.length > 0 && (c.layer === 'silver' || c.layer === 'gold'));
  if (contract === undefined)
    throw problem(
      'NoSuchTable',
      `no table ${name}; those that can be restored: ${built.map((c) => c.name).join(', ')}`,
    );
  if (built.includes(contract)) return contract;
  throw problem('BadInput', `${name} is not restored: ${insteadOf[contract.layer as 'bronze']}`);
}

function noSuchVersion({ name }: TableContract, version: number, base: Snapshot | null): Error {
  const there = base === null ? 'nothing was written to it yet' : `its versions are 0 to ${base.version}`;
  return problem('BadInput', `${name} has no version ${version}: ${there}`);
}

/** What has to change to have the rows of the version again. Files that were only arranged differently since then stay. */
async function changesTo(
  { lake }: ActivityContext,
  contract: TableContract,
  base: Snapshot,
  { version, askedMs }: RestoreRequest,
): Promise<{ readonly partitions: readonly string[]; readonly adds: AddFile[]; readonly removes: AddFile[] }> {
  const table = lake.table(contract.name);
  const written = new Set<string>();
  for await (const { adds, removes } of table.eachCommitSince(version, base.version)) {
    for (const file of [...adds, ...removes]) if (file.dataChange) written.add(partitionOf(file));
  }
  const recomputed = (partition: string): number =>
    base.txns.get(consumedId(contract.name, isWhole(contract) ? wholeTable : partition, recompute)) ?? -1;
  const differing = [...differingFiles(base, await table.at(version))].filter(
    ([partition]) => written.has(partition) && recomputed(partition) < askedMs,
  );
  return {
    partitions: differing.map(([partition]) => partition),
    adds: differing.flatMap(([, files]) => files.after),
    removes: differing.flatMap(([, files]) => files.before),
  };
}

/** Fails when files of the version are gone, or a vacuum beside this may remove them. */
async function checkLasting(
  context: ActivityContext,
  run: Run,
  contract: TableContract,
  version: number,
  files: readonly AddFile[],
): Promise<void> {
  const { store, path } = context.lake.table(contract.name);
  const atMs = context.clock() + marginMs;
  const vacuumed = await vacuumTable(context, contract.name, atMs, true, run.signal);
  const going = new Set(vacuumed.files.map((file) => file.path));
  const found = await mapBounded(files, looking, (file) => store.head(`${path}/${file.path}`));
  const gone = files.filter((file, i) => found[i] === null || going.has(file.path)).map((file) => file.path);
  if (gone.length === 0) return;
  const more = gone.length > namedFiles ? ` and ${gone.length - namedFiles} more` : '';
  throw problem(
    'VersionGone',
    `${contract.name} cannot be restored to version ${version}: ${gone.length} of its files are gone or may go at any moment, as vacuum ` +
      `removes what no kept version needs: ${gone.slice(0, namedFiles).join(', ')}${more}; nothing was changed`,
  );
}

function readsOf(contract: TableContract, partitions: readonly string[]) {
  const column = contract.partition;
  return column === null || isWhole(contract)
    ? ({ kind: 'table' } as const)
    : ({ kind: 'partitions', partitions: partitions.map((p) => ({ [column]: p })) } as const);
}
