/** The committed rows of events. */
import type { AddFile, TableMetadata } from '../../engine/delta/types.ts';
import type { Statement } from '../../transforms/bronze/restated.ts';
import { mapTasks } from '../compute/compute.ts';
import type { FoundEvent } from '../compute/find-events.ts';
import type { ActivityContext, Run } from '../context.ts';
import { groupsOf } from '../groups.ts';
import { landedOf } from './landed.ts';

/** Rows whose ids one task reads. */
const taskRows = 500_000;

/** The rows of Bronze files that hold one of the events (different ids). */
export async function findCommitted(
  { lakeRoot, compute }: ActivityContext,
  run: Run,
  metadata: TableMetadata,
  files: readonly AddFile[],
  eventIds: readonly string[],
): Promise<FoundEvent[]> {
  if (eventIds.length === 0) return [];
  const groups = groupsOf(files, taskRows, (file) => file.stats.numRecords);
  const found = await mapTasks(compute, groups, (group) =>
    compute.run('findEvents', { lake: lakeRoot, metadata, files: group, eventIds }, { signal: run.signal }),
  );
  return found.flat();
}

/** Committed rows by event, with when their lines landed. */
export async function committedStatements(
  { lake }: ActivityContext,
  found: readonly FoundEvent[],
): Promise<ReadonlyMap<string, Statement>> {
  const landed = await landedOf(lake, new Set(found.map(({ event }) => String(event.source_file))));
  return new Map(
    found.map(({ event }) => {
      const { source_file, source_generation, source_offset, ingest_ts } = event;
      const landedUs = landed.at(String(source_file), Number(source_generation), Number(source_offset));
      return [String(event.event_id), { event, landedUs: landedUs ?? Number(ingest_ts) }];
    }),
  );
}
