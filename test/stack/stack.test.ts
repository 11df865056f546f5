import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Connection, Client as TemporalClient } from '@temporalio/client';
import { auth, Client as CassandraClient } from 'cassandra-driver';
import { acquireLock } from '../../stack/lock.ts';
import { identifyProcess } from '../../stack/process-identity.ts';
import {
  type CassandraEndpoint,
  type Stack,
  type StackOptions,
  startStack,
  type TemporalEndpoint,
} from '../../stack/stack.ts';
import { allGone, groupOf, startChild, temporaryFolder } from './processes.ts';

const NAMESPACE = 'cpa';

async function start(t: TestContext, home: string, more: Partial<StackOptions> = {}): Promise<Stack> {
  const log = (): void => undefined;
  const stack = await startStack({ home, log, namespace: NAMESPACE, searchAttributes: { Mart: 'Keyword' }, ...more });
  t.after(() => stack.stop());
  return stack;
}

async function cql(endpoint: CassandraEndpoint, ...statements: readonly string[]): Promise<unknown[]> {
  const client = new CassandraClient({
    contactPoints: [...endpoint.contactPoints],
    localDataCenter: endpoint.localDataCenter,
    authProvider: new auth.PlainTextAuthProvider(endpoint.username, endpoint.password),
  });
  try {
    let rows: unknown[] = [];
    for (const statement of statements) rows = (await client.execute(statement)).rows ?? [];
    return rows.map((row) => ({ ...(row as object) }));
  } finally {
    await client.shutdown();
  }
}

async function temporal<T>(endpoint: TemporalEndpoint, use: (client: TemporalClient) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: endpoint.address });
  try {
    return await use(new TemporalClient({ connection, namespace: NAMESPACE }));
  } finally {
    await connection.close();
  }
}

const CREATE = [
  "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
  'CREATE TABLE k.t (id int PRIMARY KEY, name text)',
  "INSERT INTO k.t (id, name) VALUES (1, 'kept')",
];
const KEPT = [{ id: 1, name: 'kept' }];

test('a stack works, keeps to itself, and its state survives: a stop, and a kill that leaves nothing running', async (t) => {
  const home = temporaryFolder();
  const killedHome = temporaryFolder();
  type Answer = { pids: number[]; temporal: TemporalEndpoint; cassandra: CassandraEndpoint };
  const [stack, { child, pid, answer: beside }] = await Promise.all([
    start(t, home),
    startChild<Answer>(t, 'stack', killedHome),
  ]);

  const used = [stack, beside].flatMap((s) => [s.temporal.address, s.temporal.uiUrl, ...s.cassandra.contactPoints]);
  assert.equal(new Set(used).size, 6);
  assert.notEqual(stack.cassandra.password, beside.cassandra.password);
  assert.equal((await fetch(stack.temporal.uiUrl ?? '')).status, 200);

  await cql(stack.cassandra, ...CREATE);
  await assert.rejects(cql(beside.cassandra, 'SELECT * FROM k.t'));
  await cql(beside.cassandra, ...CREATE);
  await temporal(stack.temporal, (client) =>
    client.workflow.start('nothing', { taskQueue: 'none', workflowId: 'kept', searchAttributes: { Mart: ['gold'] } }),
  );

  // Whoever finds the port does not get in with what a new Cassandra is known to accept.
  await assert.rejects(cql({ ...stack.cassandra, password: 'cassandra' }, 'SELECT * FROM k.t'));
  assert.equal(statSync(join(home, 'cassandra', 'credentials.json')).mode & 0o777, 0o600);

  await assert.rejects(start(t, home), new RegExp(`another stack runs on ${home} \\(process ${process.pid}\\)`));
  await assert.rejects(start(t, killedHome), new RegExp(`process ${pid}\\)`));
  const groups = (await Promise.all(beside.pids.map(groupOf))).flat();
  assert.equal(groups.length, 6);

  child.kill('SIGKILL');
  await Promise.all([once(child, 'exit'), stack.stop()]);
  await stack.stop();

  const [again, afterKill] = await Promise.all([start(t, home), start(t, killedHome)]);
  await allGone(groups, 0);
  assert.equal(again.cassandra.password, stack.cassandra.password);
  for (const { cassandra } of [again, afterKill]) assert.deepEqual(await cql(cassandra, 'SELECT * FROM k.t'), KEPT);
  const { searchAttributes } = await temporal(again.temporal, (client) => client.workflow.getHandle('kept').describe());
  assert.deepEqual(searchAttributes.Mart, ['gold']);
});

test('what is configured is used as it is', async (t) => {
  const home = temporaryFolder();
  const cassandra = { contactPoints: ['db:9042'], localDataCenter: 'dc1', username: 'u', password: 'p' };
  const stack = await start(t, home, { temporal: { address: 'temporal:7233' }, cassandra });
  assert.deepEqual(stack.temporal, { address: 'temporal:7233', uiUrl: null });
  assert.deepEqual(stack.cassandra, cassandra);
  assert.deepEqual(stack.services, []);
  assert.deepEqual(readdirSync(home), []);
});

test('when one service does not come up, the other is stopped and the home is free', async (t) => {
  const home = temporaryFolder();
  const before = process.env.JAVA_HOME;
  process.env.JAVA_HOME = '/nowhere';
  t.after(() => {
    if (before === undefined) delete process.env.JAVA_HOME;
    else process.env.JAVA_HOME = before;
  });
  await assert.rejects(start(t, home), /needs Java 17/);
  await (await acquireLock(join(home, 'stack.lock'))).release();
  const { pid } = JSON.parse(readFileSync(join(home, 'logs', 'temporal.log.pid'), 'utf8'));
  assert.equal(await identifyProcess(pid), null);
});
