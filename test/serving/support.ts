/** One Cassandra for all tests of this folder, a keyspace and a lake for each. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { Lake } from '../../engine/delta/lake.ts';
import { localStore } from '../../engine/storage/local.ts';
import { metadataOf, pathOf, type TableContract } from '../../schemas/contract.ts';
import type { CassandraConfig } from '../../serving/config.ts';
import { migrate } from '../../serving/migrate.ts';
import { connect, type Session } from '../../serving/session.ts';
import { startCassandra } from '../../stack/cassandra.ts';
import { type Row, rowsOf } from './rows.ts';

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
  const service = await startCassandra({ home, log: () => undefined });
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

/** A lake in a temporary folder; `reopen` gives a second view of it, as another process would have. */
export function temporaryLake(t: TestContext): { lake: Lake; reopen: () => Lake } {
  const folder = mkdtempSync(join(tmpdir(), 'cpa-lake-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const reopen = () => new Lake(localStore(folder), Date.now);
  return { lake: reopen(), reopen };
}

/** Commits `rows` as the new content of the days named (and of those the rows are of). */
export async function overwrite(
  lake: Lake,
  contract: TableContract,
  rows: readonly Row[],
  days: readonly string[] = [],
): Promise<number> {
  const table = lake.table(contract.name);
  const base = await table.latest();
  const partition = String(contract.partition);
  const replaced = new Set([...days, ...rows.map((row) => String(row[partition]))]);
  const metadata = base?.metadata ?? metadataOf(contract);
  const adds = await writeDataFiles(lake.store, pathOf(contract.name), metadata, rowsOf(contract, rows), {
    fileName: () => crypto.randomUUID(),
    nowMs: Date.now(),
  });
  const result = await table.commit({
    base,
    reads: { kind: 'nothing' },
    adds,
    removes: (base?.files ?? []).filter((file) => replaced.has(String(file.partitionValues[partition]))),
    txns: {},
    ...(base === null ? { metadata } : {}),
    dataChange: true,
    operation: 'OVERWRITE',
    info: {},
  });
  return result.snapshot.version;
}
