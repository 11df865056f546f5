/** The speed layer's increments against the Bronze commits they are made of. */
import { valueAt } from '../../engine/columnar/column-of.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile, Snapshot } from '../../engine/delta/types.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { pathOf } from '../../schemas/contract.ts';
import { orgDailyUsageByService, orgDailyUsageByServiceSpeed as speed } from '../../schemas/gold.ts';
import { servedMart } from '../../serving/cql-type.ts';
import { consumedBronze, isConsumed } from '../../serving/served-snapshot.ts';
import type { ActivityContext, Run } from '../context.ts';
import { losingRows, partitionOf } from '../partition.ts';
import { type AuditCheck, equalCheck } from './report.ts';
import { type AuditScope, profiles } from './scope.ts';

const mart = servedMart(orgDailyUsageByService);

/** Unique keys, versions of commits that are there, and no more events of a day than its commits brought. */
export async function auditSpeed(context: ActivityContext, run: Run, scope: AuditScope): Promise<AuditCheck[]> {
  const increments = scope.snapshots.get(speed.name);
  const bronze = scope.snapshots.get(bronzeUsageEvents.name);
  if (increments === undefined || bronze === undefined) return [];
  const { key } = speed;
  const facts = [...(await profiles(context, run, increments, null, { key, sums: [], texts: [] })).values()];
  const rows = facts.reduce((n, f) => n + f.rows, 0);
  const distinct = facts.reduce((n, f) => n + f.distinctKeys, 0);
  return [
    equalCheck(`${speed.name}: (${key.join(', ')}) is unique`, ['rows', rows], ['distinct', distinct], rows),
    versionsCheck(increments, bronze),
    await eventsCheck(context, scope, increments),
  ];
}

function versionsCheck({ files, txns }: Snapshot, bronze: Snapshot): AuditCheck {
  const position = txns.get('bronze') ?? -1;
  const newest = Math.max(-1, ...files.map(({ stats }) => Number(stats.maxValues?.bronze_version ?? -1)));
  return {
    name: `${speed.name}: increments are of Bronze versions that are there and done`,
    passed: newest <= position && position <= bronze.version,
    compared: files.length,
    finding: `newest increment of version ${newest}, done up to ${position}, Bronze at ${bronze.version}`,
  };
}

/** Of every day, the events of increments that are served, and the rows of the Bronze commits they are of. */
async function eventsCheck(context: ActivityContext, scope: AuditScope, increments: Snapshot): Promise<AuditCheck> {
  const batch = scope.snapshots.get(orgDailyUsageByService.name) ?? null;
  const consumed = (file: Pick<AddFile, 'partitionValues'>): number => consumedBronze(mart, batch, partitionOf(file));
  const open = increments.files.filter((file) => !isConsumed(file, consumed(file)));
  const days = new Map(open.map((file) => [partitionOf(file), consumed(file)]));
  const events = await eventsByDay(context, increments, open, days);
  const rows = await rowsByDay(context, days, increments.txns.get('bronze') ?? -1);
  const over = [...events].filter(([day, n]) => n > (rows.get(day) ?? 0)).sort();
  const [all, of] = [events, rows].map((counts) => [...counts.values()].reduce((a, b) => a + b, 0));
  return {
    name: `${speed.name}: events served are no more than the commits they are of brought, day by day`,
    passed: over.length === 0,
    compared: all!,
    finding:
      over.length === 0
        ? `${days.size} days: ${all} events of ${of} rows that the batch layer has not consumed`
        : over
            .slice(0, 5)
            .map(([day, n]) => `${day}: ${n} events of ${rows.get(day) ?? 0} rows`)
            .join('; '),
  };
}

async function eventsByDay(
  { lake }: ActivityContext,
  { metadata }: Snapshot,
  files: readonly AddFile[],
  days: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> {
  const columns = ['usage_date', 'bronze_version', 'event_count'];
  const table = await readFiles(lake.store, pathOf(speed.name), metadata, files, columns);
  const [date, version, events] = columns.map((name) => columnOf(table, name));
  const counts = new Map<string, number>();
  for (let row = 0; row < table.numRows; row++) {
    const day = new Date((valueAt(date!, row) as number) * 86_400_000).toISOString().slice(0, 10);
    if (Number(valueAt(version!, row)) <= days.get(day)!) continue;
    counts.set(day, (counts.get(day) ?? 0) + Number(valueAt(events!, row)));
  }
  return counts;
}

/** Rows that Bronze commits brought to the days after the versions given, up to `position`; those that took rows out of a day brought it none. */
async function rowsByDay(
  { lake }: ActivityContext,
  days: ReadonlyMap<string, number>,
  position: number,
): Promise<ReadonlyMap<string, number>> {
  const rows = new Map<string, number>();
  if (days.size === 0) return rows;
  const since = Math.min(...days.values());
  for await (const commit of lake.table(bronzeUsageEvents.name).eachCommitSince(since, position)) {
    const losing = losingRows(commit);
    for (const file of commit.adds) {
      const day = partitionOf(file);
      if (!file.dataChange || losing.has(day) || commit.version <= (days.get(day) ?? position)) continue;
      rows.set(day, (rows.get(day) ?? 0) + file.stats.numRecords);
    }
  }
  return rows;
}
