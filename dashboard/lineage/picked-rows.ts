/** Rows of a table that a condition picks, with the columns wanted. */
import type { Column } from '../../engine/columnar/column.ts';
import { nullColumn } from '../../engine/columnar/column-of.ts';
import { concatColumns } from '../../engine/columnar/concat.ts';
import { filterColumns } from '../../engine/columnar/filter.ts';
import { hashJoin } from '../../engine/columnar/join.ts';
import { columnsOf } from '../../engine/columnar/table.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { mapBounded } from '../../engine/delta/map-bounded.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, Snapshot } from '../../engine/delta/types.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { metadataWith, pathOf } from '../../schemas/contract.ts';
import type { Mask } from '../../transforms/masks.ts';

export type Columns = Readonly<Record<string, Column>>;

export interface PickedRows {
  readonly columns: Columns;
  readonly length: number;
  /** Files that hold any of them, and the position in `files` of each row's. */
  readonly files: readonly AddFile[];
  readonly fileOf: Int32Array;
}

export interface Pick {
  readonly files: readonly AddFile[];
  /** Columns that the condition looks at. */
  readonly tested: readonly string[];
  /** Columns wanted of the rows picked; those tested come with them. */
  readonly listed: readonly string[];
  readonly picks: (columns: Columns) => Mask;
}

/** Files read at a time: what the condition does not pick is given up before the next ones are read. */
const reading = 4;

/**
 * The rows of the table's files that are picked, in the order of the files. The other columns are read of files that hold one of them
 * only. Throws `ObjectNotFound` when a file is gone.
 */
export async function pickRows(
  lake: Lake,
  table: string,
  snapshot: Snapshot,
  { files, tested, listed, picks }: Pick,
): Promise<PickedRows> {
  const metadata = metadataWith(contractOf(table), snapshot.metadata);
  const read = async (file: AddFile, names: readonly string[]): Promise<Columns> =>
    columnsOf(await readFiles(lake.store, pathOf(table), metadata, [file], names));
  const names = [...new Set([...tested, ...listed])];
  const rest = names.filter((name) => !tested.includes(name));
  const parts = await mapBounded(files, reading, async (file) => {
    const seen = await read(file, tested);
    const mask = picks(seen);
    if (mask?.includes(1) !== true) return null;
    const columns = filterColumns(rest.length === 0 ? seen : { ...seen, ...(await read(file, rest)) }, mask);
    return { file, columns, length: columns[names[0]!]!.length };
  });
  const found = parts.filter((part) => part !== null);
  const typeOf = (name: string) => metadata.columns.find((column) => column.name === name)!.type;
  return {
    columns: Object.fromEntries(
      names.map((name) => [
        name,
        found.length === 0 ? nullColumn(typeOf(name), 0) : concatColumns(found.map((part) => part.columns[name]!)),
      ]),
    ),
    length: found.reduce((n, part) => n + part.length, 0),
    files: found.map((part) => part.file),
    fileOf: Int32Array.from(found.flatMap((part, at) => new Array<number>(part.length).fill(at))),
  };
}

/** Where the columns hold the values of the only row of `keys`; nowhere where one is null. */
export function sameAs(columns: readonly Column[], keys: readonly Column[]): Mask {
  return Uint8Array.from(hashJoin(columns, keys), (row) => (row < 0 ? 0 : 1));
}
