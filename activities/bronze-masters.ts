/** The CSV masters to Bronze: a snapshot each. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CommitConflict } from '../engine/delta/types.ts';
import { masters } from '../schemas/bronze.ts';
import { metadataOf } from '../schemas/contract.ts';
import { checkBalance, workInfo } from './commit-info.ts';
import type { ActivityContext, Run, TableResult } from './context.ts';
import { problem } from './problem.ts';
import { appendQuarantine } from './quarantine.ts';
import { emptyResult } from './run-result.ts';
import { keptSnapshots, type LoadedSnapshot, loadedSnapshots, type SnapshotInfo } from './snapshots.ts';

export interface MasterRequest {
  readonly source: string;
  /** When the snapshot takes effect, ISO 8601; default: when its file landed. */
  readonly effective: string | null;
  /** Rewrite history from this instant, ISO 8601; default: no correction. */
  readonly correctsFrom: string | null;
}

/**
 * Loads a master's file as a snapshot, unless this very snapshot was loaded before. An older snapshot that comes late is
 * kept in the history of the table; its latest content stays.
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
  const contract = source.contract;
  const table = context.lake.table(contract.name);
  const file = await fingerprint(join(context.landing, source.file));
  const instantUs = instantOf(request.effective, 'effective') ?? file.modifiedUs;
  const correctsFromUs = instantOf(request.correctsFrom, 'correctsFrom');
  for (;;) {
    const base = await table.latest();
    const loaded = await loadedSnapshots(context.lake, contract.name);
    const known = loaded.find(
      (s) => s.hash === file.hash && s.instantUs === instantUs && s.correctsFromUs === correctsFromUs,
    );
    if (known !== undefined) {
      await restoreLatest(context, request.source);
      return { ...emptyResult(contract.name), version: base!.version, ms: context.clock() - startedMs };
    }
    const info: SnapshotInfo = {
      instantUs,
      correctsFromUs,
      file: source.file,
      hash: file.hash,
      generation: generationOf(loaded, file.hash),
    };
    const result = await context.compute.run(
      'loadMaster',
      {
        lake: context.lakeRoot,
        landing: context.landing,
        source: source.name,
        generation: info.generation,
        ingestUs: startedMs * 1000,
        nowMs: startedMs,
        metadata: base?.metadata ?? metadataOf(contract),
        current: base?.files ?? [],
        instantUs,
        correctsFromUs,
        kept: base === null ? [] : await keptSnapshots(context.lake, contract.name, base.version),
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
    const counts = {
      read: result.read,
      written: result.written,
      unchanged: result.unchanged,
      quarantined: result.rejects.length,
      duplicate: result.duplicate,
      late: 0,
    };
    checkBalance(contract.name, counts);
    await appendQuarantine(
      context,
      run,
      source.name,
      result.rejects.map((reject, i) => ({ reject, raw: result.raws[i] ?? null })),
      // By content: the file may be another one when an attempt that died here is repeated.
      { appId: `master/${source.name}/${file.hash}`, version: 1 },
    );
    const bytes = result.adds.reduce((n, a) => n + a.size, 0);
    try {
      const { snapshot } = await table.commit({
        base,
        reads: { kind: 'table' },
        adds: result.adds,
        removes: result.removes,
        txns: { [`snapshot/${instantUs}/${file.hash}`]: 1 },
        ...(base === null ? { metadata: metadataOf(contract) } : {}),
        dataChange: true,
        operation: 'WRITE',
        info: {
          snapshot: info,
          ...workInfo(run, counts, {
            partitions: new Set([...result.adds, ...result.removes].map((f) => Object.values(f.partitionValues)[0]))
              .size,
            bytes,
            upstream: {},
            startedMs,
            nowMs: context.clock(),
          }),
        },
      });
      await restoreLatest(context, request.source);
      const { late: _, ...rest } = counts;
      return {
        ...emptyResult(contract.name),
        ...rest,
        version: snapshot.version,
        partitions: result.adds.length,
        bytes,
        ms: context.clock() - startedMs,
      };
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error;
    }
  }
}

/** Puts the content of the snapshot with the latest instant back on top, when an older one was loaded after it. */
async function restoreLatest(context: ActivityContext, source: string): Promise<void> {
  const table = context.lake.table(`bronze.${source}`);
  const loaded = await loadedSnapshots(context.lake, `bronze.${source}`);
  const newest = loaded.reduce((a, b) => (b.instantUs >= a.instantUs ? b : a));
  if (newest === loaded.at(-1)) return;
  const base = await table.latest();
  const { files } = await table.at(newest.version);
  const paths = new Set(files.map((f) => f.path));
  const present = new Set(base!.files.map((f) => f.path));
  const removes = base!.files.filter((f) => !paths.has(f.path));
  const adds = files.filter((f) => !present.has(f.path));
  if (adds.length === 0 && removes.length === 0) return;
  await table.commit({
    base,
    reads: { kind: 'table' },
    adds,
    removes,
    txns: {},
    dataChange: true,
    operation: 'RESTORE',
    info: { reason: `the snapshot of version ${newest.version} is the latest` },
  });
}

/** The file's generation: the number of different contents seen, this one included. */
function generationOf(loaded: readonly LoadedSnapshot[], hash: string): number {
  const same = loaded.find((s) => s.hash === hash);
  return same?.generation ?? new Set(loaded.map((s) => s.hash)).size + 1;
}

async function fingerprint(path: string): Promise<{ hash: string; modifiedUs: number }> {
  try {
    const { mtimeMs } = await stat(path);
    const hash = createHash('sha256')
      .update(await readFile(path))
      .digest('base64url')
      .slice(0, 22);
    return { hash, modifiedUs: Math.floor(mtimeMs * 1000) };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw problem(
      missing ? 'MasterMissing' : 'MasterUnreadable',
      `cannot read ${path}: ${(error as Error).message}`,
      error,
    );
  }
}

function instantOf(text: string | null, field: string): number | null {
  if (text === null) return null;
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw problem('BadInput', `${field}: ${JSON.stringify(text)} is not an instant such as 2025-08-31T00:00:00Z`);
  return ms * 1000;
}
