/** Where the stream stands: which bytes of which landing file went into which micro-batch, read from the lake. */
import { type Stats, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { int32Column, int64Column, timestampColumn, utf8Column, valueAt } from '../engine/columnar/column-of.ts';
import { columnOf, tableOf } from '../engine/columnar/table.ts';
import { writeDataFiles } from '../engine/delta/data-file.ts';
import type { Lake } from '../engine/delta/lake.ts';
import { readFiles } from '../engine/delta/read.ts';
import type { Snapshot } from '../engine/delta/types.ts';
import { metadataOf, pathOf } from '../schemas/contract.ts';
import { landingFiles } from '../schemas/ops.ts';
import type { KnownFile, MeasuredRange } from './compute/measure-files.ts';

/** Folder of the event files in the landing zone. */
export const eventsFolder = 'usage_events_stream';

/** One range of one micro-batch, as planned. */
export interface PlannedRange extends MeasuredRange {
  readonly file: string;
  readonly generation: number;
  readonly modifiedUs: number;
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

export type ConsumedFile = NonNullable<KnownFile['consumed']> & { readonly modifiedUs: number };

const noWatermark = 0;

/** Reads the whole state. */
export async function readLandingState(lake: Lake): Promise<LandingState> {
  const snapshot = await lake.table(landingFiles.name).latest();
  if (snapshot === null) return { snapshot, files: new Map(), last: null };
  const rows = await readFiles(lake.store, pathOf(landingFiles.name), snapshot.metadata, snapshot.files);
  const column = Object.fromEntries(landingFiles.fields.map((f) => [f.name, columnOf(rows, f.name)]));
  const number = (name: string, i: number): number => Number(valueAt(column[name]!, i));
  const text = (name: string, i: number): string => String(valueAt(column[name]!, i));
  const files = new Map<string, ConsumedFile>();
  const ranges: PlannedRange[] = [];
  let batch = -1;
  let watermark = noWatermark;
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
    };
    const n = number('batch', i);
    if (n > batch) {
      batch = n;
      watermark = number('watermark', i);
      ranges.length = 0;
    }
    if (n === batch) ranges.push(range);
    const known = files.get(range.file);
    if (
      known === undefined ||
      range.generation > known.generation ||
      (range.generation === known.generation && range.toByte > known.toByte)
    ) {
      files.set(range.file, {
        generation: range.generation,
        toByte: range.toByte,
        nextLine: range.fromLine + range.lines,
        headHash: range.headHash,
        tailHash: range.tailHash,
        modifiedUs: range.modifiedUs,
      });
    }
  }
  if (batch < 0) return { snapshot, files, last: null };
  return { snapshot, files, last: { batch, watermarkUs: watermark === noWatermark ? null : watermark, ranges } };
}

/**
 * Event files that may hold something new: all of them, without those whose size and time are as consumed. What is no
 * readable file is among them: measuring it says why.
 */
export async function changedFiles(landing: string, state: LandingState): Promise<KnownFile[]> {
  const folder = join(landing, eventsFolder);
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const inputs = names.filter((n) => /\.jsonl$/.test(n) && !/^[_.]/.test(n)).sort();
  const found: { known: KnownFile; modifiedUs: number }[] = [];
  for (const [i, name] of inputs.entries()) {
    // The system answers from memory: handing each question to another thread takes eight times as long.
    if (i % 1000 === 999) await setImmediate();
    const s = statOf(join(folder, name));
    const file = `${eventsFolder}/${name}`;
    const consumed = state.files.get(file) ?? null;
    const modifiedUs = Math.floor((s?.mtimeMs ?? 0) * 1000);
    if (s !== null && consumed !== null && consumed.toByte === s.size && consumed.modifiedUs === modifiedUs) continue;
    found.push({ known: { file, consumed }, modifiedUs });
  }
  found.sort((a, b) => a.modifiedUs - b.modifiedUs || (a.known.file < b.known.file ? -1 : 1));
  return found.map((f) => f.known);
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** Plans a micro-batch in one commit, unless somebody planned this number already: then false. */
export async function commitPlan(lake: Lake, state: LandingState, plan: PlannedBatch, nowMs: number): Promise<boolean> {
  const table = lake.table(landingFiles.name);
  const metadata = metadataOf(landingFiles);
  const { ranges } = plan;
  const rows = tableOf(
    {
      source_file: utf8Column(ranges.map((r) => r.file)),
      source_generation: int32Column(ranges.map((r) => r.generation)),
      batch: int64Column(ranges.map(() => plan.batch)),
      from_byte: int64Column(ranges.map((r) => r.fromByte)),
      to_byte: int64Column(ranges.map((r) => r.toByte)),
      from_line: int64Column(ranges.map((r) => r.fromLine)),
      lines: int64Column(ranges.map((r) => r.lines)),
      head_hash: utf8Column(ranges.map((r) => r.headHash)),
      tail_hash: utf8Column(ranges.map((r) => r.tailHash)),
      watermark: timestampColumn(ranges.map(() => plan.watermarkUs ?? noWatermark)),
      modified_at: timestampColumn(ranges.map((r) => r.modifiedUs)),
    },
    metadata.columns,
  );
  const adds = await writeDataFiles(lake.store, pathOf(landingFiles.name), metadata, rows, { nowMs });
  const result = await table.commit({
    base: state.snapshot,
    reads: { kind: 'table' },
    adds,
    removes: [],
    txns: { stream: plan.batch },
    identity: 'stream',
    ...(state.snapshot === null ? { metadata } : {}),
    dataChange: true,
    operation: 'STREAMING UPDATE',
    info: {},
  });
  return result.outcome === 'committed';
}
