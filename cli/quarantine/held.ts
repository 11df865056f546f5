/** Rows of quarantine tables, a file at a time. */
import { everyRow, type Selection, selects } from '../../activities/redrive/selection.ts';
import type { Column } from '../../engine/columnar/column.ts';
import { columnsOf } from '../../engine/columnar/table.ts';
import { partitionKey } from '../../engine/delta/partitions.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { metadataWith } from '../../schemas/contract.ts';
import { existingTables, openLake } from '../lake.ts';
import { lakeFolder } from '../options.ts';

/** The options that say which rows are meant. */
export interface HeldOptions {
  readonly lake?: string;
  readonly source?: string;
  readonly rule?: string;
  readonly date?: string;
}

/** Rows of one file of the quarantine of a source. */
export interface HeldFile {
  readonly source: string;
  readonly columns: Readonly<Record<string, Column>>;
  readonly rows: readonly number[];
}

export function selectionOf({ rule, date }: HeldOptions): Selection {
  return { ...everyRow, rules: rule === undefined ? null : [rule], from: date ?? null, to: date ?? null };
}

/** Sources that have a quarantine. */
export async function heldSources({ lake: folder, source }: HeldOptions): Promise<string[]> {
  const tables = await existingTables(openLake(lakeFolder(folder)));
  return tables
    .filter(({ name }) => name.startsWith('quarantine.'))
    .map(({ name }) => name.replace('quarantine.', ''))
    .filter((name) => source === undefined || name === source);
}

/** The rows meant, source by source, those first that were detected first; no more than one file is in memory. */
export async function* heldFiles(options: HeldOptions): AsyncGenerator<HeldFile> {
  const selection = selectionOf(options);
  const lake = openLake(lakeFolder(options.lake));
  for (const source of await heldSources(options)) {
    const table = lake.table(`quarantine.${source}`);
    const snapshot = (await table.latest())!;
    const metadata = metadataWith(contractOf(`quarantine.${source}`), snapshot.metadata);
    const files = snapshot.files.map((file) => ({ file, key: partitionKey(file.partitionValues) }));
    for (const { file } of files.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))) {
      const columns = columnsOf(await readFiles(lake.store, table.path, metadata, [file]));
      const isSelected = selects(selection, columns);
      const rows = Array.from({ length: columns.raw!.length }, (_, row) => row).filter(isSelected);
      if (rows.length > 0) yield { source, columns, rows };
    }
  }
}
