/** Task: committed Bronze files → the hashes the dedupe index holds. */
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, TableMetadata } from '../../engine/delta/types.ts';
import { openStore } from '../../engine/storage/open.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { metadataOf, pathOf } from '../../schemas/contract.ts';
import { contentColumns } from '../../transforms/bronze/events.ts';
import { buffersOf, type Identities, identitiesOf } from './identities.ts';
import { moved } from './transfer.ts';

export interface ReadIdsInput {
  readonly lake: string;
  readonly metadata: TableMetadata;
  readonly files: readonly AddFile[];
  readonly seed: number;
}

/** Hashes of `event_id` and of the content of every row of the files. */
export async function readIds(input: ReadIdsInput): Promise<Identities> {
  const { lake, metadata, files, seed } = input;
  // By the contract: a column that no event has stated yet is not in the table, and reads as null.
  const full = { ...metadata, columns: metadataOf(bronzeUsageEvents).columns };
  const table = await readFiles(openStore(lake), pathOf(metadata.name), full, files, ['event_id', ...contentColumns]);
  const identities = identitiesOf(table, seed);
  return moved(identities, buffersOf(identities));
}
