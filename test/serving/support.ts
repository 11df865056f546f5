/** One Cassandra for all tests of this folder, a keyspace and a lake for each. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import type { CassandraConfig } from '../../serving/config.ts';
import { migrate } from '../../serving/migrate.ts';
import { connect, type Session } from '../../serving/session.ts';
import { startCassandra } from '../../stack/cassandra.ts';

type Login = Omit<CassandraConfig, 'keyspace'>;

let login: Promise<Login> | undefined;
let keyspaces = 0;
let stop = async (): Promise<void> => undefined;

// Here, outside any test: a hook set within a test would run at that test's end.
after(() => stop());

/** The Cassandra of `CASSANDRA_CONTACT_POINTS`, or one started for these tests. */
export function cassandra(): Promise<Login> {
  login ??= start();
  return login;
}

async function start(): Promise<Login> {
  const { CASSANDRA_CONTACT_POINTS, CASSANDRA_LOCAL_DC, CASSANDRA_USERNAME, CASSANDRA_PASSWORD } = process.env;
  if (CASSANDRA_CONTACT_POINTS !== undefined) {
    return {
      contactPoints: CASSANDRA_CONTACT_POINTS.split(','),
      localDataCenter: CASSANDRA_LOCAL_DC ?? 'datacenter1',
      username: CASSANDRA_USERNAME ?? 'cassandra',
      password: CASSANDRA_PASSWORD ?? 'cassandra',
    };
  }
  const home = mkdtempSync(join(tmpdir(), 'cpa-serving-'));
  const service = await startCassandra({ home, brief: true, log: () => undefined });
  stop = async () => {
    await service.stop();
    rmSync(home, { recursive: true, force: true });
  };
  const { username, password } = service;
  return { contactPoints: [service.contactPoint], localDataCenter: service.localDc, username, password };
}

/** A connection to a keyspace that does not exist yet; dropped after the test. */
export async function emptyKeyspace(t: TestContext): Promise<Session> {
  const session = await connect({ ...(await cassandra()), keyspace: `cpa_${process.pid}_${++keyspaces}` });
  t.after(async () => {
    await session.executeOnce(`DROP KEYSPACE IF EXISTS ${session.keyspace}`);
    await session.close();
  });
  return session;
}

/** A second connection to the same keyspace. */
export async function another(t: TestContext, { keyspace }: Session): Promise<Session> {
  const session = await connect({ ...(await cassandra()), keyspace });
  t.after(() => session.close());
  return session;
}

export async function migrated(t: TestContext): Promise<Session> {
  const session = await emptyKeyspace(t);
  await migrate(session);
  return session;
}
