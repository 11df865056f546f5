/** A dashboard over a line of a test, and what its API says. */
import assert from 'node:assert/strict';
import type { ProblemDetails } from '../../dashboard/api.ts';
import { startDashboard } from '../../dashboard/server/server.ts';
import type { TestLine } from '../line/line.ts';

const open = { token: null, proxyHeader: null };
const budgets = { defaultUsd: 250_000_000n, organisations: new Map() };

/** A dashboard over the line's lake and keyspace. */
export function dashboardOf(
  line: TestLine,
  landing: string,
  change: Partial<Parameters<typeof startDashboard>[0]> = {},
) {
  return startDashboard({
    host: '127.0.0.1',
    port: 0,
    access: open,
    cassandra: line.cassandra,
    lake: line.lakeRoot,
    landing,
    budgets,
    temporalUi: 'http://127.0.0.1:1/namespaces/default/workflows',
    log: () => undefined,
    ...change,
  });
}

/** What the API says at a path below `/api/v1/`. Fails for a problem. */
export async function get<T>({ url }: { readonly url: string }, path: string): Promise<T> {
  const response = await fetch(`${url}/api/v1/${path}`);
  assert.equal(response.status, 200, `${path}: ${response.status}`);
  return (await response.json()) as T;
}

/** The problem that the API says at a path below `/api/v1/`. */
export async function problem({ url }: { readonly url: string }, path: string): Promise<ProblemDetails> {
  const response = await fetch(`${url}/api/v1/${path}`);
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const body = (await response.json()) as ProblemDetails;
  assert.equal(body.status, response.status);
  return body;
}
