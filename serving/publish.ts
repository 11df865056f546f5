/**
 * Publishing a mart: Cassandra is brought from the last closed publication to the mart's newest version by writing what differs.
 *
 * The order makes it safe to stop anywhere and to run twice at once. A publication is opened in the lake before anything is
 * read; every write carries its number as the timestamp; whatever a publication opened since the last closed one may have
 * written is written again; Cassandra remembers the number before the lake closes the publication.
 */
import type { Lake } from '../engine/delta/lake.ts';
import type { TableContract } from '../schemas/contract.ts';
import { type ServedMart, servedMart } from './cql-type.ts';
import { planPartitions } from './diff.ts';
import { closePublication, openPublication, type PublicationLog, readPublications } from './publication-log.ts';
import { mismatchOf, PublicationMismatch, publicationState, recordState } from './publication-state.ts';
import { type MartReader, martReader } from './served-rows.ts';
import { newestServed, pinsOf, type ServedSnapshot, servedAt } from './served-snapshot.ts';
import type { Session } from './session.ts';
import { type PublishProgress, writePartitions } from './write-publication.ts';

export interface PublishRequest {
  readonly lake: Lake;
  readonly session: Session;
  readonly mart: TableContract;
  /** Who asked, for the log's readers. */
  readonly runId: string;
  readonly onProgress?: (progress: PublishProgress) => void;
  /** Default: one of its own. */
  readonly reader?: MartReader;
}

export interface PublishResult {
  readonly mart: string;
  /** Number and mart version that Cassandra now holds; null when the mart was never built. */
  readonly number: number | null;
  readonly version: number | null;
  readonly written: number;
  readonly deleted: number;
  /** True when there was nothing to do; then nothing was written, not in the lake either. */
  readonly unchanged: boolean;
  readonly ms: number;
}

const maxAttempts = 50;

/**
 * Publishes the newest version of a mart. Throws `PublicationMismatch` when Cassandra does not hold what the lake says it holds,
 * `CassandraUnavailable` when it does not answer; after any failure the next call repairs what this one left.
 */
export async function publish(request: PublishRequest): Promise<PublishResult> {
  const { lake, session, runId } = request;
  const mart = servedMart(request.mart);
  const { name } = mart.contract;
  const start = performance.now();
  const result = (number: number | null, version: number | null, counts?: { written: number; deleted: number }) => ({
    mart: name,
    number,
    version,
    written: counts?.written ?? 0,
    deleted: counts?.deleted ?? 0,
    unchanged: counts === undefined,
    ms: performance.now() - start,
  });

  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const log = await agreedLog(lake, session, name);
    // After the log: every publication in it pins these versions or older ones.
    const next = await newestServed(lake, mart);
    const [closed] = log.closed;
    const pins = pinsOf(next);
    if (next.batch === null && (closed?.version ?? -1) >= 0) {
      throw new Error(`${name} is gone from the lake, its publication ${closed!.number} is not`);
    }
    if (closed === undefined && log.open.length === 0 && next.batch === null && next.speed === null) {
      return result(null, null);
    }
    const base = closed === undefined ? null : await servedAt(lake, mart, closed);
    const unclosed = await unclosedVersions(lake, mart, log);
    const partitions = planPartitions(mart, { next, base, unclosed, rebuild: false });
    const isSame = closed?.version === pins.version && partitions.length === 0;
    if (closed !== undefined && isSame && log.open.length === 0) return result(closed.number, closed.version);

    const opened = await openPublication(lake, log, { mart: name, ...pins, rebuild: false }, runId);
    if (opened === null) continue;
    const { publication, lakeId } = opened;
    const { number, version } = publication;
    const { reader = martReader(lake), onProgress = () => undefined } = request;
    const context = { reader, session, mart, number, onProgress };
    const counts = await writePartitions(context, partitions);
    // Before closing: Cassandra may know more than the lake has closed, never less.
    await recordState(session, name, { lakeId, number, version });
    await closePublication(lake, publication, counts, runId);
    return result(number, version, counts);
  }
  throw new Error(`publishing ${name}: others opened publications ${maxAttempts} times in a row`);
}

/** What publications that were opened and not closed may have written. */
export async function unclosedVersions(
  lake: Lake,
  mart: ServedMart,
  log: PublicationLog,
): Promise<{ snapshot: ServedSnapshot; rebuild: boolean }[]> {
  const distinct = new Map(log.open.map((p) => [`${p.version}/${p.speedVersion}/${p.rebuild}`, p]));
  return Promise.all(
    [...distinct.values()].map(async (p) => ({ snapshot: await servedAt(lake, mart, p), rebuild: p.rebuild })),
  );
}

/** The log of a mart's publications, once Cassandra agrees with it. Throws `PublicationMismatch`. */
async function agreedLog(lake: Lake, session: Session, mart: string): Promise<PublicationLog> {
  let log = await readPublications(lake, mart);
  for (;;) {
    const mismatch = mismatchOf(mart, log, await publicationState(session), session.place);
    if (mismatch === null) return log;
    // Somebody may have published between the two looks.
    const later = await readPublications(lake, mart);
    if (later.snapshot?.version === log.snapshot?.version) throw new PublicationMismatch(mismatch);
    log = later;
  }
}
