import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { auth, Client, types } from 'cassandra-driver';
import { LOCAL_DATA_CENTER } from './cassandra-config.ts';

/** The superuser of a node that we started. */
export interface CassandraCredentials {
  readonly username: string;
  readonly password: string;
}

/** What a new Cassandra creates, and what is replaced before anyone is told that the node is up. */
const FACTORY: CassandraCredentials = { username: 'cassandra', password: 'cassandra' };

/**
 * The credentials kept in `path` (readable by its owner only), made up and written there the first time. They are on disk before
 * the server learns them, so no crash can leave a password that nobody knows.
 */
export async function keptCredentials(path: string): Promise<CassandraCredentials> {
  try {
    return parseCredentials(JSON.parse(await readFile(path, 'utf8')), path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const made = { username: FACTORY.username, password: randomBytes(24).toString('base64url') };
  await mkdir(dirname(path), { recursive: true });
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(made)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  return made;
}

/**
 * Whether the node takes these credentials. One that still has the factory password is given ours first. False while it does not
 * answer, or has not created its first role yet.
 */
export async function settleCredentials(port: number, credentials: CassandraCredentials): Promise<boolean> {
  if (await execute(port, credentials, 'SELECT release_version FROM system.local')) return true;
  const alter = `ALTER ROLE ${credentials.username} WITH PASSWORD = '${credentials.password}'`;
  return (
    (await execute(port, FACTORY, alter)) && execute(port, credentials, 'SELECT release_version FROM system.local')
  );
}

async function execute(port: number, { username, password }: CassandraCredentials, cql: string): Promise<boolean> {
  const client = new Client({
    contactPoints: [`127.0.0.1:${port}`],
    localDataCenter: LOCAL_DATA_CENTER,
    authProvider: new auth.PlainTextAuthProvider(username, password),
    protocolOptions: { maxVersion: types.protocolVersion.v4 },
    pooling: { warmup: false },
    socketOptions: { connectTimeout: 2000, readTimeout: 5000 },
  });
  try {
    await client.execute(cql);
    return true;
  } catch {
    return false;
  } finally {
    await client.shutdown();
  }
}

function parseCredentials(value: unknown, path: string): CassandraCredentials {
  if (typeof value === 'object' && value !== null) {
    const { username, password } = value as Record<string, unknown>;
    if (typeof username === 'string' && typeof password === 'string') return { username, password };
  }
  throw new Error(`${path} has no username and password`);
}
