/** When lines landed, and what was consumed of their files, from the plans of micro-batches. */
import { valueAt } from '../../engine/columnar/column-of.ts';
import { columnsOf } from '../../engine/columnar/table.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { pathOf } from '../../schemas/contract.ts';
import { landingFiles } from '../../schemas/ops.ts';
import type { ConsumedPart } from '../compute/retry-lines.ts';

export interface Landed {
  /** When the line at a place landed, microseconds; null when no plan says so. */
  readonly at: (file: string, generation: number, offset: number) => number | null;
  /** The last part consumed of a generation of a file; null when no plan says so. */
  readonly consumed: (file: string, generation: number) => ConsumedPart | null;
}

interface Range extends ConsumedPart {
  readonly modifiedUs: number;
}

const columns = ['source_file', 'source_generation', 'to_byte', 'head_hash', 'tail_hash', 'modified_at'];

/** Of the files named. */
export async function landedOf(lake: Lake, files: ReadonlySet<string>): Promise<Landed> {
  const ranges = new Map<string, Range[]>();
  const keyOf = (file: string, generation: number): string => `${generation} ${file}`;
  const snapshot = await lake.table(landingFiles.name).latest();
  for (const part of snapshot?.files ?? []) {
    const table = await readFiles(lake.store, pathOf(landingFiles.name), snapshot!.metadata, [part], columns);
    const column = columnsOf(table);
    for (let row = 0; row < table.numRows; row++) {
      const file = String(valueAt(column.source_file!, row));
      if (!files.has(file)) continue;
      const key = keyOf(file, Number(valueAt(column.source_generation!, row)));
      const range = {
        toByte: Number(valueAt(column.to_byte!, row)),
        headHash: String(valueAt(column.head_hash!, row)),
        tailHash: String(valueAt(column.tail_hash!, row)),
        modifiedUs: Number(valueAt(column.modified_at!, row)),
      };
      const list = ranges.get(key);
      if (list === undefined) ranges.set(key, [range]);
      else list.push(range);
    }
  }
  for (const list of ranges.values()) list.sort((a, b) => a.toByte - b.toByte);
  return {
    at: (file, generation, offset) =>
      ranges.get(keyOf(file, generation))?.find(({ toByte }) => toByte > offset)?.modifiedUs ?? null,
    consumed: (file, generation) => ranges.get(keyOf(file, generation))?.at(-1) ?? null,
  };
}
