/** What is published, looked at every second once for everybody: the mart versions that answers come from. */

import { migrations } from '../../../serving/migrate.ts';
import { type PublicationState, publicationState } from '../../../serving/publication-state.ts';
import type { Session } from '../../../serving/session.ts';
import { CassandraUnavailable } from '../../../serving/unavailable.ts';
import { Problem } from '../problem.ts';
import type { SpeedLayer } from './increments.ts';

/** Marts in Cassandra, and what the speed layer has on top. */
export interface Published {
  readonly session: Session;
  readonly publications: PublicationState;
  readonly speed: SpeedLayer;
}

/** What is served now, or why nothing can be. */
export type Served =
  | { readonly state: 'starting' }
  | ({ readonly state: 'served' } & Published)
  | { readonly state: 'problem'; readonly problem: Problem };

export interface PublicationWatch {
  readonly served: Served;
  /** The session and publications. Throws the `Problem` when there are none. */
  now(): Promise<Published>;
  /** Calls back at every change, with the new state; returns what ends that. */
  subscribe(listener: (served: Served) => void): () => void;
  close(): Promise<void>;
}

const pollMs = 1000;
/** An answer that takes longer has failed. */
const patienceMs = 5000;

/**
 * Watches Cassandra: connects, connects again when it was lost, and asks for the publications every second. `log` is told of what
 * fails, once for each change.
 */
export function watchPublications(
  connectSession: () => Promise<Session>,
  speedLayer: (publications: PublicationState) => Promise<SpeedLayer>,
  log: (message: string) => void,
): PublicationWatch {
  const listeners = new Set<(served: Served) => void>();
  let served: Served = { state: 'starting' };
  let connection: Promise<Session> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const look = async (): Promise<void> => {
    const next = await lookOnce().catch((error: unknown): Served => ({ state: 'problem', problem: problemOf(error) }));
    const changed = signature(next) !== signature(served);
    served = next;
    if (changed) for (const listener of listeners) listener(served);
  };
  const lookOnce = async (): Promise<Served> => {
    // A connection that takes long is waited for again, not made once more.
    connection ??= connectSession().catch((error: unknown) => {
      connection = null;
      throw error;
    });
    const session = await withPatience(connection);
    const publications = await withPatience(stateOf(session));
    return { state: 'served', session, publications, speed: await speedLayer(publications) };
  };
  const problemOf = (error: unknown): Problem => {
    const problem = servingProblem(error);
    const isNews = served.state !== 'problem' && problem.kind === 'serving-unavailable';
    if (isNews) log(error instanceof Error ? error.message : String(error));
    return problem;
  };
  let looking: Promise<void> | null = null;
  const turn = (): void => {
    looking = look().finally(() => {
      looking = null;
      if (!closed) timer = setTimeout(turn, pollMs);
    });
  };
  turn();

  return {
    get served() {
      return served;
    },
    now: async () => {
      if (served.state === 'starting') await looking;
      if (served.state === 'served') return served;
      throw served.state === 'problem' ? served.problem : new Problem('serving-unavailable', 'Not connected yet.');
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await looking;
      await connection?.then(
        (session) => session.close(),
        () => undefined,
      );
    },
  };
}

/** The work's result, or a `Problem` when it takes longer than anybody waits. */
export async function withPatience<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const detail = `Cassandra has not answered within ${patienceMs / 1000} s. The page asks again by itself.`;
    timer = setTimeout(() => reject(new Problem('serving-unavailable', detail)), patienceMs);
  });
  work.catch(() => undefined);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** What a failure of Cassandra is to whoever asks; details stay in the log. */
export function servingProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof CassandraUnavailable) {
    return new Problem('serving-unavailable', 'Cassandra is down or too slow. The page asks again by itself.');
  }
  return new Problem('serving-unavailable', 'Cassandra refused the request; the log of the dashboard says why.');
}

async function stateOf(session: Session): Promise<PublicationState> {
  const tables = await session.execute('SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?', [
    session.keyspace,
  ]);
  const empty =
    'Run the line: `npx cpa run dailyRun`, or wait for the first scheduled run. The page looks again by itself.';
  if (!tables.some((row) => row.table_name === 'publication_state')) throw new Problem('nothing-published', empty);
  await session.use();
  const [ahead, publications] = await Promise.all([newerMigration(session), publicationState(session)]);
  if (ahead !== null) {
    const detail = `Migration ${ahead} was applied by a newer program; start that version of the dashboard.`;
    throw new Problem('schema-ahead', detail);
  }
  if (publications.size === 0) throw new Problem('nothing-published', empty);
  return publications;
}

let known: Promise<number> | undefined;

/** The newest migration that this program does not have, or null. */
async function newerMigration(session: Session): Promise<string | null> {
  known ??= migrations().then((all) => all.length);
  const count = await known;
  const rows = await session.execute('SELECT version, name FROM schema_migrations');
  const newer = rows.filter((row) => Number(row.version) > count).sort((a, b) => b.version - a.version);
  return newer.length === 0 ? null : String(newer[0]!.name);
}

function signature(served: Served): string {
  if (served.state === 'starting') return served.state;
  if (served.state === 'problem') return `${served.problem.kind} ${served.problem.message}`;
  return [...served.publications]
    .map(([mart, { number }]) => `${mart} ${number}`)
    .concat(String(served.speed.pending.speedVersion))
    .sort()
    .join();
}
