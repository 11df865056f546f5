/** A connection to Cassandra for one keyspace. */
import { readFileSync } from 'node:fs';
import cassandra from 'cassandra-driver';
import { type CassandraConfig, checkedKeyspace } from './config.ts';
import { placed, retrying } from './unavailable.ts';

/** A prepared statement with its parameters: plain values, or cells already encoded. */
export interface Statement {
  readonly query: string;
  readonly params: unknown[];
}

export interface Session {
  readonly keyspace: string;
  /** Hosts and keyspace, as error messages name them. */
  readonly place: string;
  /** True where somebody else manages keyspaces and roles (Astra DB). */
  readonly managed: boolean;
  /** Tables without a keyspace are those of this session from here on. Called once the keyspace exists. */
  use(): Promise<void>;
  /** An idempotent statement, prepared and tried again; gives every row. `:name` parameters take an object. */
  execute(
    query: string,
    params?: unknown[] | Record<string, unknown>,
    timestamp?: number,
  ): Promise<cassandra.types.Row[]>;
  /** A statement that is not prepared and not tried again: definitions, lightweight transactions. */
  executeOnce(query: string, params?: unknown[]): Promise<cassandra.types.Row[]>;
  /** Statements of one Cassandra partition in one unlogged batch, written at `timestamp` (microseconds). */
  batch(statements: readonly Statement[], timestamp: number): Promise<void>;
  /** The pages of an idempotent query, one after another: for tables too large to hold. */
  pages(query: string, params: unknown[], rows: number): AsyncGenerator<cassandra.types.Row[]>;
  close(): Promise<void>;
}

/** Rows a page: small enough that the nulls in them (tombstones to Cassandra) stay far from its limit of 100,000 a read. */
const pageRows = 2000;

/**
 * Connects. Reads and writes wait for a local quorum. Throws `CassandraUnavailable` when no host answers and a plain Error
 * when the login is refused; both name hosts and keyspace.
 */
export async function connect(config: CassandraConfig): Promise<Session> {
  const keyspace = checkedKeyspace(config.keyspace);
  const hosts = config.secureConnectBundle ?? config.contactPoints.join(', ');
  const place = `Cassandra at ${hosts}, keyspace ${keyspace}`;
  const client = new cassandra.Client(optionsOf(config));
  try {
    await client.connect();
  } catch (error) {
    await client.shutdown().catch(() => undefined);
    throw placed(place, error);
  }
  const session = sessionOver(client, keyspace, place, config.secureConnectBundle !== undefined);
  const found = await session.execute('SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?', [
    keyspace,
  ]);
  if (found.length > 0) await session.use();
  return session;
}

function sessionOver(client: cassandra.Client, keyspace: string, place: string, managed: boolean): Session {
  // Old objects of the driver keep results reachable until a full collection of garbage: they are not to hold the rows.
  const rowsOf = (result: cassandra.types.ResultSet): cassandra.types.Row[] => {
    const { rows = [] } = result;
    result.rows = [];
    return rows;
  };
  async function* pages(query: string, params: unknown[] | Record<string, unknown>, rows: number, timestamp?: number) {
    let pageState: string | undefined;
    do {
      const options: cassandra.QueryOptions = { prepare: true, isIdempotent: true, fetchSize: rows };
      if (timestamp !== undefined) options.timestamp = timestamp;
      if (pageState !== undefined) options.pageState = pageState;
      const result = await retrying(place, () => client.execute(query, params, options));
      yield rowsOf(result);
      pageState = result.pageState ?? undefined;
    } while (pageState !== undefined);
  }
  return {
    keyspace,
    place,
    managed,
    use: async () => {
      await retrying(place, () => client.execute(`USE ${keyspace}`));
    },
    execute: async (query, params = [], timestamp) => {
      const rows: cassandra.types.Row[] = [];
      for await (const page of pages(query, params, pageRows, timestamp)) rows.push(...page);
      return rows;
    },
    executeOnce: async (query, params = []) => {
      try {
        return rowsOf(await client.execute(query, params, { prepare: params.length > 0, isIdempotent: false }));
      } catch (error) {
        throw placed(place, error);
      }
    },
    batch: async (statements, timestamp) => {
      const options = { prepare: true, logged: false, isIdempotent: true, timestamp };
      await retrying(place, () => client.batch(statements as Statement[], options));
    },
    pages,
    close: () => client.shutdown(),
  };
}

function optionsOf(config: CassandraConfig): cassandra.DseClientOptions {
  const { secureConnectBundle, tls, username, password } = config;
  return {
    ...(secureConnectBundle === undefined
      ? { contactPoints: [...config.contactPoints], localDataCenter: config.localDataCenter }
      : { cloud: { secureConnectBundle } }),
    ...(username === undefined ? {} : { credentials: { username, password: password ?? '' } }),
    ...(tls === undefined ? {} : { sslOptions: tls.caFile === undefined ? {} : { ca: readFileSync(tls.caFile) } }),
    // Cells are neither changed after they were given nor kept: nothing has to be copied.
    encoding: { useBigIntAsLong: true, copyBuffer: false },
    queryOptions: {
      consistency: cassandra.types.consistencies.localQuorum,
      serialConsistency: cassandra.types.consistencies.localSerial,
    },
    // Retries are ours, for every kind of failure that passes: `retrying`.
    policies: { retry: new cassandra.policies.retry.FallthroughRetryPolicy() },
    pooling: { coreConnectionsPerHost: { [cassandra.types.distance.local]: 2 }, heartBeatInterval: 30_000 },
    socketOptions: { connectTimeout: 5_000, readTimeout: 15_000 },
    monitorReporting: { enabled: false },
  };
}
