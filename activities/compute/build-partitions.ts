/** Task: upstream partitions → partitions of a Silver table or a Gold mart. */
import type { Table } from 'apache-arrow';
import { countTrue } from '../../engine/columnar/aggregate.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { selectedIndices, takeTable } from '../../engine/columnar/take.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, TableMetadata } from '../../engine/delta/types.ts';
import { openStore } from '../../engine/storage/open.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { contentOf, pathOf } from '../../schemas/contract.ts';
import type { Reject } from '../../transforms/reject.ts';
import { changedPartitions } from './changed-partitions.ts';
import { checkConserved } from './conserved.ts';
import { readEventLines } from './read-event-lines.ts';
import { type RecipeContext, recipes } from './recipes.ts';

export interface BuildPartitionsInput {
  readonly lake: string;
  /** Landing zone to read rejected lines from again. */
  readonly landing: string;
  readonly table: string;
  readonly metadata: TableMetadata;
  /** Upstream table → its files that map to the partitions. */
  readonly inputs: Readonly<Record<string, { readonly metadata: TableMetadata; readonly files: readonly AddFile[] }>>;
  /** Files that hold the partitions now. */
  readonly current: readonly AddFile[];
  /** Whether to leave partitions alone whose content comes out the same. */
  readonly compare: boolean;
  readonly context: RecipeContext;
  readonly nowMs: number;
}

export interface BuiltPartitions {
  readonly adds: readonly AddFile[];
  readonly removes: readonly AddFile[];
  /** Rows of the first upstream. */
  readonly read: number;
  readonly written: number;
  readonly unchanged: number;
  readonly rejects: readonly Reject[];
  /** The raw line of each reject; null when its landing file is gone or replaced. */
  readonly raws: readonly (Uint8Array | null)[];
  readonly late: number;
  readonly rowsAfter: number;
}

/** Reads, transforms, checks that counts and sums are conserved, and writes the files. */
export async function buildPartitions(input: BuildPartitionsInput): Promise<BuiltPartitions> {
  const contract = contractOf(input.table);
  const recipe = recipes[input.table];
  if (recipe === undefined) throw new Error(`no recipe for ${input.table}`);
  const store = openStore(input.lake);
  const tables: Record<string, Table> = {};
  for (const [name, { metadata, files }] of Object.entries(input.inputs)) {
    tables[name] = await readFiles(store, pathOf(name), metadata, files, recipe.columns[name]);
  }
  const { table, rejects } = recipe.build(tables, input.context);
  checkConserved(input.table, tables, table, rejects.length);
  const path = pathOf(input.table);
  let written = table;
  let removes = input.current;
  let unchanged = 0;
  if (input.compare) {
    const before = await readFiles(store, path, input.metadata, input.current);
    const diff = changedPartitions(before, table, contract.partition, contentOf(contract));
    written = takeTable(table, selectedIndices(diff.inChanged));
    removes = input.current.filter((f) => diff.changed.has(Object.values(f.partitionValues)[0] ?? null));
    unchanged = diff.unchanged;
  }
  const adds =
    written.numRows === 0 ? [] : await writeDataFiles(store, path, input.metadata, written, { nowMs: input.nowMs });
  return {
    adds,
    removes,
    read: tables[contract.upstream[0]!.table]!.numRows,
    written: table.numRows - unchanged,
    unchanged,
    rejects,
    raws: readEventLines({ landing: input.landing, rejects }),
    late: contract.name === 'silver.usage_events' ? countTrue(columnOf(table, 'is_late')) : 0,
    rowsAfter: table.numRows,
  };
}
