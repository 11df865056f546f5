/** Task: the logical hash and row count of a table's files: its content, whatever the files. */
import { LogicalHash } from '../../engine/columnar/hash.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, TableMetadata } from '../../engine/delta/types.ts';
import { openStore } from '../../engine/storage/open.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { contentOf, metadataOf, pathOf } from '../../schemas/contract.ts';

export interface HashTableInput {
  readonly lake: string;
  readonly table: string;
  readonly metadata: TableMetadata;
  readonly files: readonly AddFile[];
}

/** Reads file by file, so memory does not grow with the table. */
export async function hashTable(input: HashTableInput): Promise<{ hash: string; rows: number }> {
  const contract = contractOf(input.table);
  const content = contentOf(contract);
  // A column that nothing has stated yet is not in the table, and counts as null.
  const metadata = { ...input.metadata, columns: metadataOf(contract).columns };
  const hash = new LogicalHash(content);
  let rows = 0;
  for (const file of input.files) {
    const table = await readFiles(openStore(input.lake), pathOf(input.table), metadata, [file]);
    hash.add(table);
    rows += table.numRows;
  }
  return { hash: hash.digest(), rows };
}
