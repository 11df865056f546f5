import type { Stack } from '../stack/stack.ts';

/** What tells a process of the product which Cassandra and keyspace to use. */
export function cassandraEnv({ cassandra }: Pick<Stack, 'cassandra'>, keyspace: string): Record<string, string> {
  const { contactPoints, localDataCenter, username, password } = cassandra;
  return {
    CASSANDRA_CONTACT_POINTS: contactPoints.join(','),
    CASSANDRA_LOCAL_DC: localDataCenter,
    CASSANDRA_USERNAME: username,
    CASSANDRA_PASSWORD: password,
    CASSANDRA_KEYSPACE: keyspace,
  };
}
