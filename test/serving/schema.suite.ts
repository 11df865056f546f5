import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { marts } from '../../schemas/gold.ts';
import { cqlType, createTable, servedMart } from '../../serving/cql-type.ts';
import { migrate, migrations, parseMigrations } from '../../serving/migrate.ts';
import { readerLogin } from '../../serving/reader-login.ts';
import { connect, type Session } from '../../serving/session.ts';
import { CassandraUnavailable } from '../../serving/unavailable.ts';
import { another, cassandra, emptyKeyspace, migrated } from './support.ts';

test('the tables are exactly what the contracts of the marts say', async (t) => {
  const session = await migrated(t);
  const rows = await session.execute(
    'SELECT table_name, column_name, type, kind, position, clustering_order FROM system_schema.columns WHERE keyspace_name = ?',
    [session.keyspace],
  );
  for (const contract of marts) {
    const { table, serving, fields } = servedMart(contract);
    const found = rows.filter((row) => row.table_name === table);
    const columns = Object.fromEntries(found.map((row) => [row.column_name, row.type]));
    assert.deepEqual(columns, Object.fromEntries(fields.map((f) => [f.name, cqlType(f.type)])), table);
    const keyOf = (kind: string) =>
      found
        .filter((row) => row.kind === kind)
        .sort((a, b) => a.position - b.position)
        .map((row) => ({ column: row.column_name, order: String(row.clustering_order).toUpperCase() }));
    assert.deepEqual(
      keyOf('partition_key').map((k) => k.column),
      serving.partition,
      table,
    );
    assert.deepEqual(keyOf('clustering'), serving.clustering, table);
  }
  const tables = new Set(rows.map((row) => row.table_name));
  const others = [...tables].filter((name) => !marts.some((contract) => servedMart(contract).table === name));
  assert.deepEqual(others.sort(), ['publication_state', 'schema_lock', 'schema_migrations', 'served_days']);
});

test('the migrations define the tables as the contracts would', async () => {
  const text = (await migrations()).map((m) => m.text).join('\n');
  // Columns of the speed layer were added to their table later.
  const made = marts.filter((contract) => contract.serving?.speed === null);
  for (const contract of made) assert.ok(text.includes(createTable(servedMart(contract))), contract.name);
});

test('migrations are applied once, and two migrators at once are safe', async (t) => {
  const one = await emptyKeyspace(t);
  const two = await another(t, one);
  const reports = await Promise.all([migrate(one), migrate(two)]);
  const names = (await migrations()).map((m) => m.name);
  assert.deepEqual(reports.flatMap((r) => r.applied).sort(), names);
  assert.deepEqual((await migrate(one)).applied, []);
});

test('a migration that changed after it was applied is refused, and so is one from a newer program', async (t) => {
  const session = await migrated(t);
  const steps = await migrations();
  const changed = parseMigrations(steps.map((m) => (m.version === 2 ? { ...m, text: `${m.text}-- more\n` } : m)));
  await assert.rejects(
    migrate(session, { steps: changed }),
    /0002_marts_by_organisation was changed after it was applied/,
  );
  await assert.rejects(
    migrate(session, { steps: steps.slice(0, -1) }),
    new RegExp(`${steps.at(-1)!.name} was applied by a newer program`),
  );
});

test('a new migration is applied to a keyspace that has the others', async (t) => {
  const session = await migrated(t);
  const known = await migrations();
  const name = `${String(known.length + 1).padStart(4, '0')}_more`;
  const more = { name, text: '-- More.\nCREATE TABLE IF NOT EXISTS more (id int PRIMARY KEY);\n' };
  const steps = parseMigrations([...known, more]);
  assert.deepEqual((await migrate(session, { steps })).applied, [name]);
  await session.execute('SELECT id FROM more');
});

test('migrations are numbered without a gap', () => {
  assert.throws(
    () => parseMigrations([{ name: '0002_x', text: '' }]),
    /migration 0002_x: expected a name that starts with 0001_/,
  );
});

test('a managed database keeps its keyspace and roles to itself', async (t) => {
  const session = await migrated(t);
  await session.executeOnce('DELETE FROM schema_migrations WHERE version = 1');
  await session.executeOnce('DELETE FROM schema_migrations WHERE version = 5');
  const report = await migrate({ ...session, managed: true });
  assert.deepEqual(
    report.skipped.map((s) => s.name),
    ['0001_keyspace', '0005_roles'],
  );
});

test('the reader role reads and cannot write', async (t) => {
  const session = await migrated(t);
  const reader = await loginWith(t, session, ['cpa_reader']);
  assert.deepEqual(await reader.execute('SELECT org_id FROM org_monthly_revenue'), []);
  await assert.rejects(reader.execute('DELETE FROM served_days WHERE mart = ?', ['x']), /no MODIFY permission/);
});

test('a login of our own that only reads is made at every start, each time with another password', async (t) => {
  const session = await migrated(t);
  const [first, second] = [await readerLogin(session), await readerLogin(session)];
  assert.notEqual(first.password, second.password);
  const reader = await connect({ ...(await cassandra()), ...second, keyspace: session.keyspace });
  try {
    assert.deepEqual(await reader.execute('SELECT org_id FROM org_monthly_revenue'), []);
    await assert.rejects(reader.execute('DELETE FROM served_days WHERE mart = ?', ['x']), /no MODIFY permission/);
  } finally {
    await reader.close();
    await session.executeOnce(`DROP ROLE ${first.username}`);
  }
});

test('a login that may not make roles migrates all the same; the roles are left out and tried again', async (t) => {
  const session = await migrated(t);
  await session.executeOnce('DELETE FROM schema_migrations WHERE version = 5');
  const owner = await loginWith(t, session, [], ['CREATE ON ALL KEYSPACES', `ALL ON KEYSPACE ${session.keyspace}`]);
  const { applied, skipped } = await migrate(owner);
  assert.deepEqual([applied, skipped.map((s) => s.name)], [[], ['0005_roles']]);
  assert.match(String(skipped[0]?.reason), /privileges|permission/);
  assert.deepEqual((await migrate(session)).applied, ['0005_roles']);
});

test('errors name host and keyspace', async (t) => {
  const session = await migrated(t);
  await assert.rejects(session.execute('SELECT nothing FROM nowhere'), (error: Error) => {
    assert.match(error.message, new RegExp(`^Cassandra at .*:\\d+, keyspace ${session.keyspace}: `));
    assert.ok(!(error instanceof CassandraUnavailable));
    return true;
  });
  const login = await cassandra();
  await assert.rejects(connect({ ...login, keyspace: 'cpa', password: 'wrong' }), (error: Error) => {
    assert.match(error.message, /keyspace cpa: .*Provided username .* are incorrect/);
    assert.ok(!(error instanceof CassandraUnavailable));
    return true;
  });
  await assert.rejects(connect({ ...login, contactPoints: ['127.0.0.1:1'], keyspace: 'cpa' }), (error: Error) => {
    assert.match(error.message, /127\.0\.0\.1:1, keyspace cpa/);
    assert.ok(error instanceof CassandraUnavailable);
    return true;
  });
  await assert.rejects(connect({ ...login, keyspace: 'x; DROP' }), /keyspace "x; DROP": expected/);
});

/** A session of a new login with these roles and permissions. */
async function loginWith(
  t: TestContext,
  session: Session,
  roles: string[],
  permissions: string[] = [],
): Promise<Session> {
  const name = `login_${session.keyspace}`;
  await session.executeOnce(`CREATE ROLE ${name} WITH PASSWORD = 'open sesame' AND LOGIN = true`);
  for (const role of roles) await session.executeOnce(`GRANT ${role} TO ${name}`);
  for (const permission of permissions) await session.executeOnce(`GRANT ${permission} TO ${name}`);
  const login = { ...(await cassandra()), keyspace: session.keyspace, username: name, password: 'open sesame' };
  const opened = await connect(login);
  t.after(() => opened.close());
  return opened;
}
