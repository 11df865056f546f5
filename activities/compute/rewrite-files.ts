/** Task: the rows of some small files in new, larger ones. */
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, TableMetadata } from '../../engine/delta/types.ts';
import { openStore } from '../../engine/storage/open.ts';
import { pathOf } from '../../schemas/contract.ts';

export interface RewriteFilesInput {
  readonly lake: string;
  /** Of the table, whose name it has. */
  readonly metadata: TableMetadata;
  readonly files: readonly AddFile[];
  readonly nowMs: number;
}

/** Writes the rows of the files, in their order, to as few files as hold them, beside the table: nobody sees them before a commit. */
export async function rewriteFiles({ lake, metadata, files, nowMs }: RewriteFilesInput): Promise<AddFile[]> {
  const store = openStore(lake);
  const path = pathOf(metadata.name);
  return writeDataFiles(store, path, metadata, await readFiles(store, path, metadata, files), { nowMs });
}
