/** Where the stream stands: which bytes of which landing file went into which micro-batch, read from the lake. */
import { isValid } from '../engine/columnar/column.ts';
import { int32Column, int64Column, timestampColumn, utf8Column, valueAt } from '../engine/columnar/column-of.ts';
import { columnsOf, tableOf } from '../engine/columnar/table.ts';
import { writeDataFiles } from '../engine/delta/data-file.ts';
import type { Lake } from '../engine/delta/lake.ts';
import { readFiles } from '../engine/delta/read.ts';
import { type AddFile, CommitConflict, type CommitResult, type Snapshot } from '../engine/delta/types.ts';
import { ObjectNotFound } from '../engine/storage/object-store.ts';
import { metadataOf, pathOf } from '../schemas/contract.ts';
import { landingFiles } from '../schemas/ops.ts';
import type { KnownFile, MeasuredRange } from './compute/measure-files.ts';

/** One range of one micro-batch, as planned. */
export interface PlannedRange extends MeasuredRange {
  readonly file: string;
  readonly generation: number;
  readonly modifiedUs: number;
  /** Bytes on disk of the file, when the range ends where its content does: then nothing of it is left. Null otherwise. */
  readonly fileSize: number | null;
}

export interface PlannedBatch {
  readonly batch: number;
  readonly watermarkUs: number | null;
  readonly ranges: readonly PlannedRange[];
}

/** The state of the stream at a version of `ops.landing_files`. */
export interface LandingState {
  readonly snapshot: Snapshot | null;
  /** File → its latest consumed position. */
  readonly files: ReadonlyMap<string, ConsumedFile>;
  readonly last: PlannedBatch | null;
}

export type ConsumedFile = NonNullable<KnownFile['consumed']> & Pick<PlannedRange, 'modifiedUs' | 'fileSize'>;

const noWatermark = 0;

/** The state when micro-batch `batch` had been planned, and no later one. */
export async function landingStateOf(lake: Lake, batch: number): Promise<LandingState> {
  const snapshot = await lake.table(landingFiles.name).latest();
  return snapshot === null ? none() : withRows(lake, none(), snapshot, snapshot.files, batch);
}

/** The state now. Of what came after `before`, a state read earlier and given up, only what is new is read. */
export async function readLandingState(lake: Lake, before: LandingState | null = null): Promise<LandingState> {
  const snapshot = await lake.table(landingFiles.name).latest();
  if (snapshot === null) return { snapshot, files: new Map(), last: null };
  const known = before?.snapshot ?? null;
  if (before === null || known === null || known.version > snapshot.version)
    return withRows(lake, none(), snapshot, snapshot.files);
  if (known.version === snapshot.version) return before;
  const later = await lake.table(landingFiles.name).commitsSince(known.version, snapshot.version);
  const added = later.flatMap((commit) => commit.adds.filter((file) => file.dataChange));
  try {
    return await withRows(lake, before, snapshot, added);
  } catch (error) {
    if (!(error instanceof ObjectNotFound)) throw error;
    // `before` is so old that files added since were compacted and removed.
    return withRows(lake, none(), snapshot, snapshot.files);
  }
}

function none(): LandingState {
  return { snapshot: null, files: new Map(), last: null };
}

/** The state with the rows of more files, of micro-batches up to `upTo`. Takes over the map of `before`. */
async function withRows(
  lake: Lake,
  before: LandingState,
  snapshot: Snapshot,
  added: readonly AddFile[],
  upTo = Number.POSITIVE_INFINITY,
): Promise<LandingState> {
  const rows = await readFiles(lake.store, pathOf(landingFiles.name), snapshot.metadata, added);
  const column = columnsOf(rows);
  const number = (name: string, i: number): number => Number(valueAt(column[name]!, i));
  const text = (name: string, i: number): string => String(valueAt(column[name]!, i));
  // Lakes from before this column get it with their next micro-batch.
  const sizes = column.file_size;
  const files = before.files as Map<string, ConsumedFile>;
  let ranges: readonly PlannedRange[] = before.last?.ranges ?? [];
  let fresh: PlannedRange[] = [];
  let batch = before.last?.batch ?? -1;
  let watermark = before.last?.watermarkUs ?? noWatermark;
  for (let i = 0; i < rows.numRows; i++) {
    const range: PlannedRange = {
      file: text('source_file', i),
      generation: number('source_generation', i),
      fromByte: number('from_byte', i),
      toByte: number('to_byte', i),
      fromLine: number('from_line', i),
      lines: number('lines', i),
      headHash: text('head_hash', i),
      tailHash: text('tail_hash', i),
      modifiedUs: number('modified_at', i),
      fileSize: sizes === undefined || !isValid(sizes, i) ? null : number('file_size', i),
    };
    const n = number('batch', i);
    if (n > upTo) continue;
    if (n > batch) {
      batch = n;
      watermark = number('watermark', i);
      fresh = [];
      ranges = fresh;
    }
    if (n === batch && !isLost(range)) fresh.push(range);
    const known = files.get(range.file);
    const isNewer =
      known === undefined ||
      range.generation > known.generation ||
      (range.generation === known.generation && !isLost(known) && (isLost(range) || range.toByte > known.toByte));
    if (isNewer) {
      files.set(range.file, {
        generation: range.generation,
        toByte: range.toByte,
        nextLine: range.fromLine + range.lines,
        headHash: range.headHash,
        tailHash: range.tailHash,
        modifiedUs: range.modifiedUs,
        fileSize: range.fileSize,
      });
    }
  }
  if (batch < 0) return { snapshot, files, last: null };
  return { snapshot, files, last: { batch, watermarkUs: watermark === noWatermark ? null : watermark, ranges } };
}

/** Plans a micro-batch in one commit. False when somebody else has planned since `state`: it is to be read and measured again. */
export async function commitPlan(lake: Lake, state: LandingState, plan: PlannedBatch, nowMs: number): Promise<boolean> {
  try {
    const { outcome } = await commitRanges(lake, state.snapshot, plan, 'stream', nowMs);
    return outcome === 'committed';
  } catch (error) {
    if (error instanceof CommitConflict) return false;
    throw error;
  }
}

/**
 * Records, once, that files of a planned micro-batch were gone or replaced when they were to be read: of their generation nothing
 * counts as consumed any more. So whatever stands there later is read from its beginning, also if it is what stood there before.
 */
export async function commitLost(
  lake: Lake,
  plan: PlannedBatch,
  files: ReadonlySet<string>,
  nowMs: number,
): Promise<void> {
  for (;;) {
    const base = await lake.table(landingFiles.name).latest();
    if ((base?.txns.get('lost') ?? -1) >= plan.batch) return;
    const ranges = plan.ranges
      .filter((range, i) => files.has(range.file) && plan.ranges.findIndex((r) => r.file === range.file) === i)
      .map((range) => ({ ...range, ...nothing }));
    try {
      await commitRanges(lake, base, { ...plan, ranges }, 'lost', nowMs);
      return;
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error;
    }
  }
}

/** A range that says that nothing was consumed: no file is taken for one with these hashes. */
const nothing = { fromByte: 0, toByte: 0, fromLine: 1, lines: 0, headHash: '', tailHash: '', fileSize: null };

/** Whether a file was gone or replaced when it was to be read. */
export function isLost({ toByte }: Pick<PlannedRange, 'toByte'>): boolean {
  return toByte === nothing.toByte;
}

async function commitRanges(
  lake: Lake,
  base: Snapshot | null,
  { batch, watermarkUs, ranges }: PlannedBatch,
  identity: 'stream' | 'lost',
  nowMs: number,
): Promise<CommitResult> {
  const { columns } = metadataOf(landingFiles);
  const metadata = { ...(base?.metadata ?? metadataOf(landingFiles)), columns };
  const rows = tableOf(
    {
      source_file: utf8Column(ranges.map((r) => r.file)),
      source_generation: int32Column(ranges.map((r) => r.generation)),
      batch: int64Column(ranges.map(() => batch)),
      from_byte: int64Column(ranges.map((r) => r.fromByte)),
      to_byte: int64Column(ranges.map((r) => r.toByte)),
      from_line: int64Column(ranges.map((r) => r.fromLine)),
      lines: int64Column(ranges.map((r) => r.lines)),
      head_hash: utf8Column(ranges.map((r) => r.headHash)),
      tail_hash: utf8Column(ranges.map((r) => r.tailHash)),
      watermark: timestampColumn(ranges.map(() => watermarkUs ?? noWatermark)),
      modified_at: timestampColumn(ranges.map((r) => r.modifiedUs)),
      file_size: int64Column(ranges.map((r) => r.fileSize)),
    },
    columns,
  );
  return lake.table(landingFiles.name).commit({
    base,
    reads: { kind: 'table' },
    adds: await writeDataFiles(lake.store, pathOf(landingFiles.name), metadata, rows, { nowMs }),
    removes: [],
    txns: { [identity]: batch },
    identity,
    ...(columns.length > (base?.metadata.columns.length ?? 0) ? { metadata } : {}),
    dataChange: true,
    operation: 'STREAMING UPDATE',
    info: {},
  });
}
