/** Task: landing ranges → Bronze data files of the events that are new. */
import type { Column } from '../../engine/columnar/column.ts';
import { filterColumns } from '../../engine/columnar/filter.ts';
import { tableOf } from '../../engine/columnar/table.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import type { AddFile, TableMetadata } from '../../engine/delta/types.ts';
import { openStore } from '../../engine/storage/open.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { metadataOf, pathOf } from '../../schemas/contract.ts';
import { judgeRepeats } from '../../transforms/bronze/repeats.ts';
import type { Reject } from '../../transforms/reject.ts';
import type { Counts } from '../counts.ts';
import type { Ask } from './ask.ts';
import { type DecodeInput, decodeEvents } from './decode-events.ts';
import { buffersOf, type Identities } from './identities.ts';
import { type Lateness, latenessOf } from './lateness.ts';
import type { UnreadableFile } from './measure-files.ts';

export interface IngestInput extends DecodeInput {
  readonly lake: string;
  /** The table as it is; null before its first commit. */
  readonly metadata: TableMetadata | null;
  readonly nowMs: number;
}

/** What became of the ranges. The files are not part of the table before a commit adds them. */
export interface IngestedShare {
  readonly adds: readonly AddFile[];
  readonly counts: Counts;
  /** What the decoder and the rules rejected. */
  readonly rejects: readonly Reject[];
  /** The raw line of each of these. */
  readonly raws: readonly Uint8Array[];
  /** Repeats of an id with other content. */
  readonly conflicts: readonly Reject[];
  /** Planned ranges that are not there any more. */
  readonly lost: readonly UnreadableFile[];
  /** The late rows among those written, by how late they are. */
  readonly lateness: Lateness;
  /** Columns that its files have. */
  readonly columns: readonly string[];
}

/** Columns that schema version 2 brought: the table gets them when the first event states them. */
export const evolvingColumns: readonly string[] = ['carbon_kg', 'genai_tokens'];

/**
 * Decodes the ranges in order, asks for a verdict on every row (a `VERDICT`), and writes the new ones, a file for each date.
 * The columns stay on this thread all along.
 */
export async function ingestEvents(input: IngestInput, ask: Ask<Identities, Uint8Array>): Promise<IngestedShare> {
  const { columns, identities, rejects, raws, lost, rows } = decodeEvents(input);
  const verdicts = await ask(identities, buffersOf(identities));
  const repeats = judgeRepeats(columns, verdicts);
  const keep = repeats.fresh;
  const lateness = latenessOf(columns, keep, input.watermarkUs);
  const metadata = withColumns(input.metadata, statedIn(columns));
  const table = tableOf(keep === null ? columns : filterColumns(columns, keep), metadata.columns);
  const { lake, nowMs } = input;
  const adds =
    table.numRows === 0 ? [] : await writeDataFiles(openStore(lake), pathOf(metadata.name), metadata, table, { nowMs });
  return {
    adds,
    counts: {
      read: rows + rejects.length,
      written: table.numRows,
      unchanged: 0,
      quarantined: rejects.length + repeats.rejects.length,
      duplicate: repeats.duplicates,
      late: lateness.reduce((a, b) => a + b),
    },
    lateness,
    rejects,
    raws,
    conflicts: repeats.rejects,
    lost,
    columns: metadata.columns.map((c) => c.name),
  };
}

/** The metadata of the table with the columns named: those that it has stay, and only evolving ones may be missing. */
export function withColumns(base: TableMetadata | null, names: ReadonlySet<string>): TableMetadata {
  const full = metadataOf(bronzeUsageEvents);
  const present = new Set(base?.columns.map((c) => c.name) ?? []);
  const columns = full.columns.filter(
    (c) => !evolvingColumns.includes(c.name) || present.has(c.name) || names.has(c.name),
  );
  return { ...(base ?? full), columns };
}

/** Columns with a value in some row. */
function statedIn(columns: Readonly<Record<string, Column>>): ReadonlySet<string> {
  const stated = Object.entries(columns).filter(
    ([, { length, validity }]) => length > 0 && (validity === null || validity.some((byte) => byte !== 0)),
  );
  return new Set(stated.map(([name]) => name));
}
