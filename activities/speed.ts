/**
 * The speed layer: increments of every Bronze commit, in the order of the commits, each once (`txn` `bronze`: the last
 * version that is in). A commit's events of a day are left out when the batch layer has consumed that version of the day already.
 * Increments cannot say that a row went out: they stop before a commit that takes rows out until the batch layer has consumed it, so
 * that no row is served at a version whose commits it does not have. Days that a restore has pinned are not waited for: they are served
 * without what such commits did to them.
 */
import { type AddFile, type Commit, CommitConflict, type Snapshot } from '../engine/delta/types.ts';
import { bronzeUsageEvents } from '../schemas/bronze.ts';
import { metadataOf } from '../schemas/contract.ts';
import { orgDailyUsageByService, orgDailyUsageByServiceSpeed as speed } from '../schemas/gold.ts';
import { dimOrgs, dimResources, silverUsageEvents } from '../schemas/silver.ts';
import { servedMart } from '../serving/cql-type.ts';
import { consumedBronze, isConsumed } from '../serving/served-snapshot.ts';
import type { ActivityContext, Run } from './context.ts';
import { isPinned } from './dirty.ts';
import { losingRows, partitionOf } from './partition.ts';

const mart = servedMart(orgDailyUsageByService);

/** Bronze rows behind one commit of increments, more or less: what a compute thread holds at a time. */
const rowsAtATime = 400_000;
/** Bronze versions without an increment that may go by before the position is written down. */
const idleVersions = 64;

/**
 * Makes the increments of what Bronze has and the speed mart does not, one commit for as many Bronze versions as fit. Returns the
 * events read. Tells `committed` of each commit how long it took, milliseconds. Safe beside itself. Throws when the next commit took
 * rows out of Bronze that the batch layer still has and is going to build without them.
 */
export async function advanceSpeed(
  context: ActivityContext,
  run: Run,
  committed: (ms: number) => void = () => undefined,
): Promise<number> {
  let events = 0;
  for (;;) {
    const start = performance.now();
    const next = await nextIncrements(context);
    if (next === null) return events;
    const { base, upTo, commits, bronze } = next;
    const made = commits.length === 0 ? { adds: [], events: 0 } : await incrementsOf(context, run, bronze, commits);
    // Later versions may have increments: the position goes along with them.
    if (made.adds.length === 0 && upTo === bronze.version && upTo - next.done < idleVersions) return events;
    try {
      const { outcome } = await context.lake.table(speed.name).commit({
        base,
        reads: { kind: 'nothing' },
        adds: made.adds,
        removes: [],
        txns: { bronze: upTo },
        identity: 'bronze',
        ...(base === null ? { metadata: metadataOf(speed) } : {}),
        dataChange: true,
        operation: 'STREAMING UPDATE',
        info: {},
      });
      if (outcome === 'committed') events += made.events;
      committed(performance.now() - start);
    } catch (error) {
      // Another worker was first: look again what is left.
      if (!(error instanceof CommitConflict)) throw error;
    }
  }
}

/**
 * Takes increments out that the batch layer has consumed; returns how many files. Whoever reads the speed mart reads it before the
 * mart, so nobody misses them. Files that hold later increments too stay until those are consumed. Safe beside itself.
 */
export async function dropConsumed(context: Pick<ActivityContext, 'lake'>): Promise<number> {
  for (;;) {
    const base = await context.lake.table(speed.name).latest();
    const batch = await context.lake.table(orgDailyUsageByService.name).latest();
    const removes = (base?.files ?? []).filter((file) =>
      isConsumed(file, consumedBronze(mart, batch, partitionOf(file))),
    );
    if (base === null || removes.length === 0) return 0;
    try {
      await context.lake.table(speed.name).commit({
        base,
        reads: { kind: 'nothing' },
        adds: [],
        removes,
        txns: {},
        dataChange: true,
        operation: 'DELETE',
        info: { reason: 'consumed by the batch layer' },
      });
      return removes.length;
    } catch (error) {
      // A compaction took some of them away.
      if (!(error instanceof CommitConflict)) throw error;
    }
  }
}

/** A day built before marts recorded this: its increments would count events that its rows hold already. */
function unrecorded(day: string): string {
  return `${mart.contract.name} does not say which version of ${bronzeUsageEvents.name} its rows of ${day} are made from; run the batch layer first`;
}

interface NextIncrements {
  readonly base: Snapshot | null;
  readonly bronze: Snapshot;
  readonly done: number;
  /** Bronze version that is in when these are committed. */
  readonly upTo: number;
  readonly commits: readonly { readonly version: number; readonly files: readonly AddFile[] }[];
}

async function nextIncrements({ lake }: ActivityContext): Promise<NextIncrements | null> {
  const base = await lake.table(speed.name).latest();
  const bronze = await lake.table(bronzeUsageEvents.name).latest();
  if (bronze === null) return null;
  const batch = await lake.table(orgDailyUsageByService.name).latest();
  const silver = await lake.table(silverUsageEvents.name).latest();
  const built = new Set(batch?.files.map(partitionOf));
  const consumed = (day: string): number => {
    const version = consumedBronze(mart, batch, day);
    if (version < 0 && built.has(day)) throw new Error(`${speed.name}: ${unrecorded(day)}`);
    return version;
  };
  const isHeld = (day: string): boolean =>
    isPinned(silverUsageEvents, silver, day) || isPinned(orgDailyUsageByService, batch, day);
  // What the batch layer has consumed of every day needs no look at its commits.
  const everywhere = Math.min(bronze.version, ...new Set(bronze.files.map((file) => consumed(partitionOf(file)))));
  const done = Math.max(base?.txns.get('bronze') ?? -1, everywhere);
  if (done >= bronze.version) return null;
  const commits = [];
  let rows = 0;
  let upTo = done;
  for await (const commit of lake.table(bronzeUsageEvents.name).eachCommitSince(done, bronze.version)) {
    if (rows > 0 && rows + rowsOf(commit) > rowsAtATime) break;
    const losing = losingRows(commit);
    if ([...losing].some((day) => consumed(day) < commit.version && !isHeld(day))) {
      if (upTo > done) break;
      throw new Error(`${speed.name}: ${rowsWentOut(commit)}`);
    }
    const files = commit.adds.filter((file) => {
      const day = partitionOf(file);
      return file.dataChange && !losing.has(day) && consumed(day) < commit.version;
    });
    if (files.length > 0) commits.push({ version: commit.version, files });
    rows += files.reduce((n, file) => n + file.stats.numRecords, 0);
    upTo = commit.version;
  }
  return { base, bronze, done, upTo, commits };
}

function rowsOf({ adds }: Commit): number {
  return adds.reduce((n, file) => n + (file.dataChange ? file.stats.numRecords : 0), 0);
}

function rowsWentOut({ version }: Commit): string {
  return `version ${version} of ${bronzeUsageEvents.name} takes rows out; run the batch layer first`;
}

async function incrementsOf(context: ActivityContext, run: Run, bronze: Snapshot, commits: NextIncrements['commits']) {
  const files = async (table: string) => (await context.lake.table(table).latest())?.files ?? [];
  return context.compute.run(
    'speedIncrements',
    {
      lake: context.lakeRoot,
      bronze: bronze.metadata,
      commits,
      orgs: await files(dimOrgs.name),
      resources: await files(dimResources.name),
      nowMs: context.clock(),
    },
    { signal: run.signal },
  );
}
