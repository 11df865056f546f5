/** Where the Cassandra that serves the marts is, and who we are to it. */
export interface CassandraConfig {
  /** `host:port` of some nodes; not used with a bundle. */
  readonly contactPoints: readonly string[];
  readonly localDataCenter: string;
  /** Lower-case letters, digits and underscores, a letter first, at most 48. */
  readonly keyspace: string;
  readonly username?: string;
  readonly password?: string;
  /** Encrypt connections; `caFile` is the authority to trust instead of the system's. */
  readonly tls?: { readonly caFile?: string };
  /** Path of an Astra DB bundle: says where the database is and how to trust it. */
  readonly secureConnectBundle?: string;
}

/** The keyspace name, checked: it becomes part of statements. Throws when it is not one. */
export function checkedKeyspace(name: string): string {
  if (/^[a-z][a-z0-9_]{0,47}$/.test(name)) return name;
  throw new Error(
    `keyspace ${JSON.stringify(name)}: expected a lower-case letter, then at most 47 lower-case letters, digits or underscores`,
  );
}
