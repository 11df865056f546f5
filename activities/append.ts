/** Appending rows to one of the tables of ops. */
import { type ColumnValue, columnOfValues } from '../engine/columnar/column-of.ts';
import { tableOf } from '../engine/columnar/table.ts';
import { writeDataFiles } from '../engine/delta/data-file.ts';
import { CommitConflict, type CommitRequest, type ReadSet, type Snapshot } from '../engine/delta/types.ts';
import { metadataOf, pathOf, type TableContract } from '../schemas/contract.ts';
import type { PlainRow } from './alerts/appended-rows.ts';
import type { ActivityContext } from './context.ts';

/**
 * Appends rows, at least one, in one commit on top of `base`; values that a row lacks are null. False when somebody was first who
 * changed what `reads` names, or recorded one of `txns`, or made the table: nothing was appended then. With an `identity` among them a
 * repeat is told, which appends nothing and counts as done.
 */
export async function append(
  { lake, clock }: Pick<ActivityContext, 'lake' | 'clock'>,
  contract: TableContract,
  rows: readonly PlainRow[],
  base: Snapshot | null,
  reads: ReadSet,
  marks: Pick<CommitRequest, 'txns' | 'identity'> = { txns: {} },
): Promise<boolean> {
  const metadata = metadataOf(contract);
  const columns = contract.fields.map(({ name, type }) => {
    const values = rows.map((row): ColumnValue => row[name] ?? null);
    return [name, columnOfValues(type, values)] as const;
  });
  const table = tableOf(Object.fromEntries(columns), metadata.columns);
  const adds = await writeDataFiles(lake.store, pathOf(contract.name), metadata, table, { nowMs: clock() });
  try {
    await lake.table(contract.name).commit({
      base,
      reads,
      adds,
      removes: [],
      ...marks,
      ...(base === null ? { metadata } : {}),
      dataChange: true,
      operation: 'WRITE',
      info: {},
    });
    return true;
  } catch (error) {
    if (error instanceof CommitConflict) return false;
    throw error;
  }
}
