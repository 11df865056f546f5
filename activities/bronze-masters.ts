/** The CSV masters to Bronze: a snapshot each. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeltaTable } from '../engine/delta/table.ts';
import { CommitConflict } from '../engine/delta/types.ts';
import { type MasterSource, masters } from '../schemas/bronze.ts';
import { metadataOf } from '../schemas/contract.ts';
import { quarantineOf } from '../schemas/quarantine.ts';
import { checkBalance, workInfo } from './commit-info.ts';
import { contentHash } from './compute/content-hash.ts';
import type { ActivityContext, Run, TableResult } from './context.ts';
import { partitionOf } from './partition.ts';
import { problem } from './problem.ts';
import { appendQuarantine, writeQuarantine } from './quarantine.ts';
import { resultOfRun } from './run-result.ts';
import { type LoadedSnapshot, type MasterState, masterState, type SnapshotInfo, withFiles } from './snapshots.ts';

export interface MasterRequest {
  readonly source: string;
  /** When the snapshot takes effect, ISO 8601; default: when its file landed. */
  readonly effective: string | null;
  /** Rewrite history from this instant, ISO 8601; default: no correction. */
  readonly correctsFrom: string | null;
}

/**
 * Loads a master's file as a snapshot, unless it is the one loaded last for its instant. An older snapshot that comes late
 * is kept in the history of the table; its latest content stays.
 *
 * The commit on Bronze names the files of rejected rows. They are committed to the quarantine after it: by whoever comes
 * next, when this attempt does not live to do it.
 */
export async function loadMasterSnapshot(
  context: ActivityContext,
  run: Run,
  request: MasterRequest,
): Promise<TableResult> {
  const source = masters.find((m) => m.name === request.source);
  if (source === undefined) {
    throw problem('BadInput', `no master ${request.source}; masters: ${masters.map((m) => m.name).join(', ')}`);
  }
  const startedMs = context.clock();
  const table = context.lake.table(source.contract.name);
  const effectiveUs = instantOf(request.effective, 'effective');
  const correctsFromUs = instantOf(request.correctsFrom, 'correctsFrom');
  let state: MasterState | null = null;
  while (state === null) {
    const found = await masterState(table);
    await finishQuarantine(context, source, found.loaded);
    // Again after every lost race: the file may be another one by now.
    const { hash, modifiedUs } = await fingerprint(join(context.landing, source.file));
    const instantUs = effectiveUs ?? modifiedUs;
    const generation = generationOf(found.loaded, hash);
    const snapshot: SnapshotInfo = { instantUs, correctsFromUs, file: source.file, hash, generation };
    state = isLoaded(found.loaded, snapshot) ? found : await load(context, run, source, found, snapshot, startedMs);
  }
  await finishQuarantine(context, source, state.loaded.slice(-1));
  await restoreLatest(table, state);
  return resultOfRun(context, run, source.contract.name, startedMs);
}

/** Commits the snapshot on top of `base`. Null when somebody else committed first. */
async function load(
  context: ActivityContext,
  run: Run,
  source: MasterSource,
  { base, loaded }: MasterState,
  snapshot: SnapshotInfo,
  startedMs: number,
): Promise<MasterState | null> {
  const { contract } = source;
  const { instantUs, correctsFromUs, hash, generation } = snapshot;
  const result = await context.compute.run(
    'loadMaster',
    {
      lake: context.lakeRoot,
      landing: context.landing,
      source: source.name,
      hash,
      generation,
      ingestUs: startedMs * 1000,
      nowMs: startedMs,
      metadata: base?.metadata ?? metadataOf(contract),
      current: base?.files ?? [],
      instantUs,
      correctsFromUs,
      kept: await withFiles(context.lake, contract.name, loaded),
    },
    { signal: run.signal },
  );
  // An older snapshot that comes late may well be smaller: only the latest one is held against what there is.
  const isLatest = loaded.every((s) => s.instantUs <= instantUs);
  if (isLatest && result.rowsBefore > 0 && result.rowsAfter * 2 <= result.rowsBefore) {
    throw problem(
      'DimensionShrunk',
      `${source.file} holds ${result.rowsAfter} rows, no more than half of the ${result.rowsBefore} before: not loaded`,
    );
  }
  const { adds, removes, read, written, unchanged, duplicate } = result;
  const counts = { read, written, unchanged, quarantined: result.rejects.length, duplicate, late: 0 };
  checkBalance(contract.name, counts);
  const rejected = result.rejects.map((reject, i) => ({ reject, raw: result.raws[i] ?? null }));
  const quarantine = await writeQuarantine(context, run, source.name, rejected);
  try {
    const { snapshot: after } = await context.lake.table(contract.name).commit({
      base,
      reads: { kind: 'table' },
      adds,
      removes,
      txns: nextTxn(base),
      ...(base === null ? { metadata: metadataOf(contract) } : {}),
      dataChange: true,
      operation: 'WRITE',
      info: {
        snapshot,
        quarantine,
        ...workInfo(run, counts, {
          partitions: new Set([...adds, ...removes].map(partitionOf)).size,
          bytes: adds.reduce((n, a) => n + a.size, 0),
          upstream: {},
          reason: reasonOf(snapshot),
          startedMs,
          nowMs: context.clock(),
        }),
      },
    });
    return { base: after, loaded: [...loaded, { ...snapshot, version: after.version, quarantine }] };
  } catch (error) {
    if (error instanceof CommitConflict) return null;
    throw error;
  }
}

function reasonOf({ file, instantUs, correctsFromUs }: SnapshotInfo): string {
  const text = (us: number): string => new Date(us / 1000).toISOString();
  return `snapshot ${file} of ${text(instantUs)}${correctsFromUs === null ? '' : `, correcting from ${text(correctsFromUs)}`}`;
}

/**
 * Commits the rejects of snapshots to the quarantine, where they are missing. The identity is the content of the file: what
 * it holds is rejected once, however often and for whatever instants it is loaded.
 */
async function finishQuarantine(
  context: ActivityContext,
  source: MasterSource,
  loaded: readonly LoadedSnapshot[],
): Promise<void> {
  const withRejects = loaded.filter((s) => s.quarantine.length > 0);
  if (withRejects.length === 0) return;
  const present = (await context.lake.table(quarantineOf(source.name).name).latest())?.txns;
  for (const { hash, quarantine } of withRejects) {
    const appId = `master/${source.name}/${hash}`;
    if (present?.has(appId) !== true) await appendQuarantine(context, source.name, quarantine, { appId, version: 1 });
  }
}

/** Puts the content of the snapshot with the latest instant back on top, when an older one was loaded after it. */
async function restoreLatest(table: DeltaTable, state: MasterState): Promise<void> {
  for (let { base, loaded } = state; ; { base, loaded } = await masterState(table)) {
    const newest = loaded.reduce((a, b) => (b.instantUs >= a.instantUs ? b : a));
    if (newest === loaded.at(-1)) return;
    const { files } = await table.at(newest.version);
    const paths = new Set(files.map((f) => f.path));
    const present = new Set(base!.files.map((f) => f.path));
    const removes = base!.files.filter((f) => !paths.has(f.path));
    const adds = files.filter((f) => !present.has(f.path));
    if (adds.length === 0 && removes.length === 0) return;
    try {
      await table.commit({
        base,
        reads: { kind: 'table' },
        adds,
        removes,
        txns: nextTxn(base),
        dataChange: true,
        operation: 'RESTORE',
        info: { reason: `the snapshot of version ${newest.version} is the latest` },
      });
      return;
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error;
    }
  }
}

/** Loads and restores share an application id: none of them goes on top of another that it has not seen. */
function nextTxn(base: MasterState['base']): Record<string, number> {
  return { snapshots: (base?.version ?? -1) + 1 };
}

/** Whether this is what was loaded last for its instant: content that another one has replaced since is loaded again. */
function isLoaded(loaded: readonly LoadedSnapshot[], { instantUs, correctsFromUs, hash }: SnapshotInfo): boolean {
  return loaded.findLast((s) => s.instantUs === instantUs && s.correctsFromUs === correctsFromUs)?.hash === hash;
}

/** The file's generation: the number of different contents loaded so far, this one included. */
function generationOf(loaded: readonly LoadedSnapshot[], hash: string): number {
  const same = loaded.find((s) => s.hash === hash);
  return same?.generation ?? new Set(loaded.map((s) => s.hash)).size + 1;
}

/** Errors of the file system that last until somebody mends the landing zone. */
const lasting = new Set(['EACCES', 'EISDIR', 'ENOTDIR', 'ELOOP']);

async function fingerprint(path: string): Promise<{ hash: string; modifiedUs: number }> {
  try {
    const { mtimeMs } = await stat(path);
    return { hash: contentHash(await readFile(path)), modifiedUs: Math.floor(mtimeMs * 1000) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code !== 'ENOENT' && !lasting.has(code)) throw error;
    const type = code === 'ENOENT' ? 'MasterMissing' : 'MasterUnreadable';
    throw problem(type, `cannot read ${path}: ${(error as Error).message}`, error);
  }
}

function instantOf(text: string | null, field: string): number | null {
  if (text === null) return null;
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw problem('BadInput', `${field}: ${JSON.stringify(text)} is not an instant such as 2025-08-31T00:00:00Z`);
  return ms * 1000;
}
