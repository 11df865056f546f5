import type { RunningCassandra } from '../../stack/cassandra.ts';

/** Lines made from here on use this node, not that of the test run. */
export function useCassandra({ contactPoint, localDc, username, password }: RunningCassandra): void {
  const endpoint = { contactPoints: [contactPoint], localDataCenter: localDc, username, password };
  process.env.CPA_TEST_CASSANDRA = JSON.stringify(endpoint);
}
