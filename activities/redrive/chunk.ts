/** Quarantined rows to try again, so many at a time as fit into memory. */
import type { Table } from 'apache-arrow';
import type { Column } from '../../engine/columnar/column.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { concatTables } from '../../engine/columnar/concat.ts';
import { columnsOf } from '../../engine/columnar/table.ts';
import { takeTable } from '../../engine/columnar/take.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, Snapshot } from '../../engine/delta/types.ts';
import { metadataOf, pathOf } from '../../schemas/contract.ts';
import { keptBytes, quarantineOf } from '../../schemas/quarantine.ts';
import type { QuarantinedLine } from '../compute/retry-lines.ts';
import type { ActivityContext } from '../context.ts';
import { groupsOf } from '../groups.ts';
import { type Landed, landedOf } from './landed.ts';
import { isFinal, type Selection, selectingColumns, selects } from './selection.ts';

/** A row of the quarantine. */
interface HeldRow {
  readonly file: AddFile;
  readonly row: number;
  /** Of its line: file, generation and offset. */
  readonly place: string;
  readonly eventId: string;
  readonly bytes: number;
}

export interface Chunk {
  /** The rows as the quarantine has them. */
  readonly rows: Table;
  readonly lines: readonly QuarantinedLine[];
  /** Places of the lines. */
  readonly places: readonly string[];
}

const contract = quarantineOf('usage_events');
const chunkRows = 10_000;
const chunkBytes = 32 * 1024 * 1024;
const columns = [...selectingColumns, 'layer', 'source_generation', 'source_offset', 'byte_length', 'event_id'];

/** The selected rows that Bronze rejected, in groups that are tried together: whatever is known of one event is in one. */
export async function chunksOf(
  { lake, batchBytes }: ActivityContext,
  snapshot: Snapshot,
  selection: Selection,
): Promise<HeldRow[][]> {
  const held: HeldRow[] = [];
  for (const file of snapshot.files) {
    if (file.stats.minValues?.layer === 'silver') continue;
    const column = columnsOf(await readFiles(lake.store, pathOf(contract.name), metadataOf(contract), [file], columns));
    const isSelected = selects(selection, column);
    for (let row = 0; row < column.layer!.length; row++) {
      const isBronze = valueAt(column.layer!, row) === 'bronze' && !isFinal(String(valueAt(column.rule_id!, row)));
      if (!isBronze || !isSelected(row)) continue;
      held.push({
        file,
        row,
        place: placeIn(column, row),
        eventId: String(valueAt(column.event_id!, row) ?? ''),
        bytes: Math.min(keptBytes, Number(valueAt(column.byte_length!, row))),
      });
    }
  }
  held.sort((a, b) => (a.eventId < b.eventId ? -1 : a.eventId > b.eventId ? 1 : 0));
  const events: HeldRow[][] = [];
  for (const row of held) {
    const last = events.at(-1);
    if (row.eventId !== '' && last?.[0]?.eventId === row.eventId) last.push(row);
    else events.push([row]);
  }
  const mostBytes = Math.min(chunkBytes, batchBytes);
  const weight = (rows: readonly HeldRow[]): number =>
    rows.length / chunkRows + rows.reduce((n, { bytes }) => n + bytes, 0) / mostBytes;
  return groupsOf(events, 1, weight).map((group) => group.flat());
}

/** The rows with all they hold. */
export async function readChunk({ lake }: ActivityContext, held: readonly HeldRow[]): Promise<Chunk> {
  const byFile = new Map<AddFile, number[]>();
  for (const { file, row } of held) {
    const rows = byFile.get(file);
    if (rows === undefined) byFile.set(file, [row]);
    else rows.push(row);
  }
  const tables: Table[] = [];
  for (const [file, rows] of byFile) {
    const table = await readFiles(lake.store, pathOf(contract.name), metadataOf(contract), [file]);
    tables.push(takeTable(table, Int32Array.from(rows)));
  }
  const rows = concatTables(tables);
  const column = columnsOf(rows);
  const numbers = Array.from({ length: rows.numRows }, (_, row) => row);
  const landed = await landedOf(lake, new Set(numbers.map((row) => String(valueAt(column.source_file!, row)))));
  return {
    rows,
    lines: numbers.map((row) => lineIn(column, row, landed)),
    places: numbers.map((row) => placeIn(column, row)),
  };
}

function lineIn(column: Readonly<Record<string, Column>>, row: number, landed: Landed): QuarantinedLine {
  const number = (name: string): number => Number(valueAt(column[name]!, row));
  const file = String(valueAt(column.source_file!, row));
  const [generation, offset, byteLength] = ['source_generation', 'source_offset', 'byte_length'].map(number);
  const raw = valueAt(column.raw!, row) as Uint8Array | null;
  return {
    file,
    generation: generation!,
    row: number('source_row'),
    offset: offset!,
    byteLength: byteLength!,
    raw: raw !== null && raw.length === byteLength ? raw : null,
    landedUs: landed.at(file, generation!, offset!) ?? number('first_seen'),
    consumed: landed.consumed(file, generation!),
  };
}

function placeIn(column: Readonly<Record<string, Column>>, row: number): string {
  return ['source_file', 'source_generation', 'source_offset']
    .map((name) => valueAt(column[name]!, row))
    .join('\u0000');
}
