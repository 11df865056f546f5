/** What Cassandra itself remembers of publications, so that a wiped, restored or foreign keyspace is noticed. */
import type { PublicationLog } from './publication-log.ts';
import type { Session } from './session.ts';

/** The last publication of one mart according to Cassandra. */
export interface MartState {
  readonly lakeId: string;
  readonly number: number;
  readonly version: number;
}

/** By mart; empty in a keyspace that nothing was ever published to. */
export type PublicationState = ReadonlyMap<string, MartState>;

/**
 * Cassandra and the lake disagree about what was published: Cassandra was wiped, restored, or belongs to another lake, or the
 * lake was restored. Publishing differences would leave wrong rows; `rebuild` rewrites everything.
 */
export class PublicationMismatch extends Error {
  override readonly name = 'PublicationMismatch';
}

export async function publicationState(session: Session): Promise<PublicationState> {
  const rows = await session.execute('SELECT mart, lake_id, number, version FROM publication_state');
  return new Map(
    rows.map((row) => [
      String(row.mart),
      { lakeId: String(row.lake_id), number: Number(row.number), version: Number(row.version) },
    ]),
  );
}

/** Remembers a publication of a mart; a later number that is there already stays. */
export async function recordState(session: Session, mart: string, state: MartState): Promise<void> {
  await session.execute(
    'INSERT INTO publication_state (mart, lake_id, number, version) VALUES (?, ?, ?, ?)',
    [mart, state.lakeId, BigInt(state.number), BigInt(state.version)],
    state.number,
  );
}

/**
 * Why differences cannot be published, or null when they can. Cassandra must hold the last closed publication of the mart or one
 * opened since, of this lake, and nothing of another lake.
 */
export function mismatchOf(mart: string, log: PublicationLog, state: PublicationState, place: string): string | null {
  const [closed] = log.closed;
  const held = state.get(mart);
  const foreign = [...state].find(([, { lakeId }]) => lakeId !== log.lakeId);
  const possible = [...log.closed.slice(0, 1), ...log.open].map((publication) => publication.number);
  const agrees = held === undefined ? closed === undefined : possible.includes(held.number);
  if (foreign === undefined && agrees) return null;
  const lakeSide =
    closed === undefined
      ? `the lake ${log.lakeId ?? '(without an id yet)'} has closed no publication of it`
      : `the lake ${log.lakeId} has closed publication ${closed.number} (version ${closed.version})`;
  const named = held ?? foreign?.[1];
  const which = held === undefined && foreign !== undefined ? `of ${foreign[0]} ` : '';
  const cassandraSide =
    named === undefined
      ? `${place} holds none`
      : `${place} holds publication ${which}${named.number} (version ${named.version}) of the lake ${named.lakeId}`;
  return `publishing ${mart}: ${lakeSide}, but ${cassandraSide}; run rebuild to write everything anew`;
}
