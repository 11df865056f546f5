/**
 * Re-drive: events that Bronze's rules rejected are tried again by the rules of now. Those that pass are appended with where they came
 * from, and leave the quarantine.
 */
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import type { Snapshot } from '../../engine/delta/types.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { metadataOf, pathOf } from '../../schemas/contract.ts';
import { quarantineOf } from '../../schemas/quarantine.ts';
import { settleLines } from '../../transforms/bronze/retried.ts';
import { workInfo, workOf } from '../commit-info.ts';
import { evolvingColumns, withColumns } from '../compute/ingest-events.ts';
import type { ActivityContext, Run, TableResult } from '../context.ts';
import { partitionOf } from '../partition.ts';
import { writeQuarantine } from '../quarantine.ts';
import { commitsOfRun } from '../run-result.ts';
import { watermark } from '../watermark.ts';
import { checkRules } from './check-rules.ts';
import { type Chunk, chunksOf, readChunk } from './chunk.ts';
import { committedStatements, findCommitted } from './committed.ts';
import { buildEmptied } from './emptied.ts';
import { judgeChunk } from './judged.ts';
import { commitMoves, countsOf, type Moves, movesOf, settledBronze } from './moves.ts';
import type { Selection } from './selection.ts';
import { supersededRows } from './superseded.ts';

export interface RedriveRequest extends Selection {
  /** Whether events with other content than the committed one replace it. */
  readonly acceptConflicts: boolean;
  /** Kept in the commits. */
  readonly reason: string | null;
}

export interface RedrivenEvents extends TableResult {
  /** Of the rows written: those that stand in the place of a committed one. */
  readonly replaced: number;
}

const held = quarantineOf('usage_events');

/**
 * Tries the selected rows again, some thousands in each commit. The result counts what this run has done to Bronze in whichever attempt:
 * `unchanged` are the rows that stay in quarantine under their rule, `quarantined` those that another rule holds now, replaced ones
 * among them. Safe to repeat, beside itself and beside the stream.
 */
export async function redriveEvents(
  context: ActivityContext,
  run: Run,
  request: RedriveRequest,
): Promise<RedrivenEvents> {
  checkRules(request.rules);
  const startedMs = context.clock();
  const tried = new Set<string>();
  let unchanged = 0;
  for (let isOver = false; !isOver; ) {
    const bronze = await settledBronze(context);
    const quarantine = await context.lake.table(held.name).latest();
    if (bronze === null || quarantine === null) break;
    const chunks = await chunksOf(context, quarantine, request);
    const open = chunks.map((rows) => rows.filter(({ place }) => !tried.has(place))).filter((rows) => rows.length > 0);
    const total = tried.size + open.reduce((n, rows) => n + rows.length, 0);
    isOver = true;
    for (const rows of open) {
      run.signal.throwIfAborted();
      report(context, run, startedMs, tried.size, total);
      const chunk = await readChunk(context, rows);
      const done = await tryChunk(context, run, request, bronze, quarantine.version, chunk);
      if (done !== null) {
        unchanged += done.unchanged;
        for (const place of chunk.places) tried.add(place);
      }
      // Both tables are others now: look again what there is.
      isOver = done !== null && done.unchanged === rows.length;
      if (!isOver) break;
    }
  }
  return resultOf(context, run, unchanged, startedMs);
}

/** Tries a chunk and commits what comes of it; null when others changed what it was judged by. */
async function tryChunk(
  context: ActivityContext,
  run: Run,
  request: RedriveRequest,
  bronze: Snapshot,
  quarantineVersion: number,
  chunk: Chunk,
): Promise<{ readonly unchanged: number } | null> {
  const { lake, lakeRoot, landing, compute, clock } = context;
  const startedMs = clock();
  const signal = { signal: run.signal };
  const watermarkUs = await watermark(context);
  const retry = { landing, lines: chunk.lines, ingestUs: startedMs * 1000, watermarkUs };
  const retried = await compute.run('retryLines', retry, signal);
  const eventIds = [...new Set(retried.events.map(({ event }) => String(event.event_id)))];
  const found = await findCommitted(context, run, bronze.metadata, bronze.files, eventIds);
  const settled = settleLines(
    retried.events.map(({ line, event }) => ({ event, landedUs: chunk.lines[line]!.landedUs })),
    await committedStatements(context, found),
    request.acceptConflicts,
  );
  const judged = judgeChunk(chunk.rows, retried, settled, run.runId);
  const left = [...judged.out, ...judged.moved];
  const unchanged = chunk.lines.length - left.length;
  if (left.length === 0) return { unchanged };

  const gone = new Set(settled.replaced.map(({ committed }) => committed.event_id));
  const rowsOut = new Map<string, number[]>();
  for (const { path, row, event } of found) {
    if (gone.has(event.event_id!)) rowsOut.set(path, [...(rowsOut.get(path) ?? []), row]);
  }
  const without = bronze.files
    .filter(({ path }) => rowsOut.has(path))
    .map((file) => ({ file, rows: rowsOut.get(file.path)! }));
  const events = settled.written.map(({ event }) => event);
  const stated = evolvingColumns.filter((name) => events.some((event) => event[name] !== null));
  const metadata = withColumns(bronze.metadata, new Set(stated));
  const nowMs = clock();
  const adds = await compute.run('replaceEvents', { lake: lakeRoot, metadata, events, without, nowMs }, signal);
  const superseded = await supersededRows(context, run, settled.replaced);
  const quarantine = [
    ...(await writeQuarantine(context, run, 'usage_events', superseded)),
    ...(await writeDataFiles(lake.store, pathOf(held.name), metadataOf(held), judged.movedRows, { nowMs })),
  ];
  const moves: Moves = {
    written: events.length,
    replaced: superseded.length,
    duplicate: judged.duplicates,
    quarantined: superseded.length + judged.moved.length,
    left: placesOf(chunk, left),
  };
  const removes = without.map(({ file }) => file);
  await buildEmptied(context, run, bronze, adds, removes);
  const late = events.filter((event) => event.is_late === true).length;
  const isCommitted = await commitMoves(context, run, bronze, quarantineVersion, eventIds, {
    adds,
    removes,
    metadata,
    info: {
      quarantine,
      redrive: moves,
      ...workInfo(run, countsOf(moves, late), {
        partitions: new Set([...adds, ...removes].map(partitionOf)).size,
        bytes: adds.reduce((n, a) => n + a.size, 0),
        upstream: { [held.name]: quarantineVersion },
        reason: `re-drive${request.reason === null ? '' : `: ${request.reason}`}`,
        startedMs,
        nowMs: clock(),
      }),
    },
  });
  return isCommitted ? { unchanged } : null;
}

function placesOf({ lines }: Chunk, numbers: readonly number[]): Moves['left'] {
  const places: Record<string, [number, number][]> = {};
  for (const number of numbers) {
    const { file, generation, offset } = lines[number]!;
    places[file] ??= [];
    places[file].push([generation, offset]);
  }
  return places;
}

/** What the run has done to Bronze, from its commits. */
async function resultOf(
  context: ActivityContext,
  run: Run,
  unchanged: number,
  startedMs: number,
): Promise<RedrivenEvents> {
  const commits = (await commitsOfRun(context, run, bronzeUsageEvents.name)).filter((c) => movesOf(c) !== null);
  const moves = commits.map((commit) => movesOf(commit)!);
  const sum = (pick: (m: Moves) => number): number => moves.reduce((n, m) => n + pick(m), 0);
  const counts = {
    written: sum((m) => m.written),
    unchanged,
    quarantined: sum((m) => m.quarantined),
    duplicate: sum((m) => m.duplicate),
  };
  return {
    table: bronzeUsageEvents.name,
    version: (await context.lake.table(bronzeUsageEvents.name).latest())?.version ?? -1,
    partitions: commits.reduce((n, c) => n + workOf(c)!.partitions, 0),
    read: counts.written + counts.unchanged + counts.quarantined + counts.duplicate,
    ...counts,
    late: commits.reduce((n, c) => n + workOf(c)!.counts.late, 0),
    bytes: commits.reduce((n, c) => n + workOf(c)!.bytes, 0),
    ms: context.clock() - startedMs,
    replaced: sum((m) => m.replaced),
  };
}

function report(context: ActivityContext, run: Run, startedMs: number, tried: number, open: number): void {
  run.report({
    layer: 'bronze',
    table: held.name,
    done: tried,
    total: tried + open,
    unit: 'rows',
    rows: tried,
    rowsPerSecond: Math.round((tried * 1000) / Math.max(1, context.clock() - startedMs)),
  });
}
