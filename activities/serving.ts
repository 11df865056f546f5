/** Publishing a mart to Cassandra, and reading back what changed. */
import { mutexFor } from '../engine/delta/mutex.ts';
import { marts } from '../schemas/gold.ts';
import { readPublications } from '../serving/publication-log.ts';
import { publicationState } from '../serving/publication-state.ts';
import { type PublishResult, publish } from '../serving/publish.ts';
import { rebuild } from '../serving/rebuild.ts';
import { martReader } from '../serving/served-rows.ts';
import { sessionUntil } from '../serving/session-until.ts';
import { verify } from '../serving/verify.ts';
import type { PublishProgress } from '../serving/write-publication.ts';
import type { ActivityContext, Run } from './context.ts';
import { problem } from './problem.ts';
import { dropConsumed } from './speed.ts';
import { verifyFinding } from './verify-finding.ts';

export interface MartPublication extends PublishResult {
  /** Rows read back and found equal; 0 when nothing was published. */
  readonly verified: number;
}

/**
 * Publishes and verifies, then takes out the increments that the mart has consumed. A mart that Cassandra has never held, though
 * the lake has published it (a new keyspace), is rebuilt. Fails with `AuditFailed` when a row read back differs.
 */
export async function publishMart(
  context: ActivityContext,
  run: Run,
  name: string,
  everything: boolean,
): Promise<MartPublication> {
  const mart = marts.find((m) => m.name === name)!;
  const { lake } = context;
  const session = sessionUntil(await context.serving(), run.signal);
  const startedMs = context.clock();
  const onProgress = ({ partitions, partitionsDone, written, deleted }: PublishProgress): void => {
    const rows = written + deleted;
    run.report({
      layer: 'serving',
      table: name,
      done: partitionsDone,
      total: partitions,
      unit: 'partitions',
      rows,
      rowsPerSecond: Math.round((rows * 1000) / Math.max(1, context.clock() - startedMs)),
    });
  };
  const reader = martReader(lake);
  const request = { lake, session, runId: run.runId, onProgress, reader };
  const [published, found] = await publishing(context.lakeRoot, name, async () => {
    const result =
      everything || (await isNewKeyspace(context, name))
        ? (await rebuild({ ...request, marts: [mart] }))[0]!
        : await publish({ ...request, mart });
    // An attempt before this one may have published and not lived to read it back.
    const isRead = result.unchanged && run.attempt === 1;
    return [
      result,
      isRead ? null : await verify({ lake, session, mart, partitions: 'changed', limit: 5, reader }),
    ] as const;
  });
  const wrong = found === null ? 0 : found.missing + found.extra + found.different;
  if (wrong > 0 && (await hasFollower(context, name, published.number))) {
    throw new Error(`${name}: another publication began while ${published.number} was read back; reading it again`);
  }
  if (found !== null && wrong > 0) {
    throw problem('AuditFailed', `${name} read back from ${session.place}: ${verifyFinding(found)}`);
  }
  // Nobody serves them any more: who looks at the increments from now on looks at this version of the mart or a later one.
  if (mart.serving!.speed !== null) await dropConsumed(context);
  return { ...published, verified: found?.rows ?? 0 };
}

/**
 * One publication of a mart at a time in this process: two at once would be right too, but each would write again what the other
 * may have written.
 */
export function publishing<T>(lakeRoot: string, mart: string, work: () => Promise<T>): Promise<T> {
  return mutexFor(`publishing ${mart} of ${lakeRoot}`).run(work);
}

/** Whether a later publication is under way or done: what Cassandra holds then is between the two. */
export async function hasFollower(context: ActivityContext, mart: string, number: number | null): Promise<boolean> {
  const { closed, open } = await readPublications(context.lake, mart);
  return [...closed, ...open].some((p) => p.number > (number ?? 0));
}

async function isNewKeyspace(context: ActivityContext, mart: string): Promise<boolean> {
  const state = await publicationState(await context.serving());
  const log = await readPublications(context.lake, mart);
  return !state.has(mart) && log.closed.length > 0 && [...state.values()].every((s) => s.lakeId === log.lakeId);
}
