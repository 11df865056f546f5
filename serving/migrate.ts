/**
 * Migrations: `cql/migrations/NNNN_name.cql`, applied in order, each once, recorded with its checksum in `schema_migrations`.
 *
 * A file whose header says `-- scope: cluster` reaches beyond the keyspace (keyspaces, roles) or tunes the server; it is left out where
 * the database is managed. `{{keyspace}}` and `{{replication}}` stand for what this installation uses. Statements are
 * `IF NOT EXISTS`, so that a migration interrupted half-way can be applied again.
 */
import { createHash } from 'node:crypto';
import cassandra from 'cassandra-driver';
import { type CqlFile, cqlFiles, statementsOf } from './cql-folder.ts';
import { withMigrationLock } from './migration-lock.ts';
import type { Session } from './session.ts';
import { refusalCode } from './unavailable.ts';

/** A replication strategy as CQL states it: `class` and its options. */
export type Replication = Readonly<Record<string, string | number>>;

export const singleCopy: Replication = { class: 'SimpleStrategy', replication_factor: 1 };

export interface MigrationReport {
  /** Names applied by this call, in order. */
  readonly applied: readonly string[];
  /** Names left out, and why; they are tried again next time. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** A migration as a file describes it. */
export interface Migration extends CqlFile {
  readonly version: number;
  readonly scope: 'keyspace' | 'cluster';
  readonly checksum: string;
}

const bookkeeping = [
  `CREATE TABLE IF NOT EXISTS schema_migrations (
     version int PRIMARY KEY, name text, checksum text, applied_at timestamp)`,
  'CREATE TABLE IF NOT EXISTS schema_lock (name text PRIMARY KEY, owner uuid)',
];

/** The migrations that come with the program, in order. Throws when a name does not start with its place in the order. */
export async function migrations(): Promise<Migration[]> {
  return parseMigrations(await cqlFiles('migrations'));
}

/** Files, in order of their names, as migrations. Throws when the numbers are not 1, 2, 3… */
export function parseMigrations(files: readonly CqlFile[]): Migration[] {
  return files.map(({ name, text }, i) => {
    const version = Number(/^(\d{4})_[a-z0-9_]+$/.exec(name)?.[1]);
    if (version !== i + 1)
      throw new Error(`migration ${name}: expected a name that starts with ${`${i + 1}`.padStart(4, '0')}_`);
    const scope = /^-- scope: cluster\b/m.test(text) ? 'cluster' : 'keyspace';
    return { name, text, version, scope, checksum: createHash('sha256').update(text).digest('hex') };
  });
}

/**
 * Brings the keyspace up to date; creates it with `replication` when it is not there. Two callers at once are safe: the
 * second waits, and finds the work done. Throws when an applied migration has changed since or is unknown here.
 */
export async function migrate(
  session: Session,
  {
    replication = singleCopy,
    steps,
  }: { readonly replication?: Replication; readonly steps?: readonly Migration[] } = {},
): Promise<MigrationReport> {
  const all = steps ?? (await migrations());
  const run = async (migration: Migration) => {
    for (const statement of statementsOf(migration.text)) {
      await session.executeOnce(
        statement.replaceAll('{{keyspace}}', session.keyspace).replaceAll('{{replication}}', cqlMap(replication)),
      );
    }
  };
  const [first] = all;
  if (first?.scope === 'cluster' && !session.managed) await run(first);
  await session.use();
  for (const statement of bookkeeping) await session.executeOnce(statement);

  return withMigrationLock(session, async (renew) => {
    const rows = await session.execute('SELECT version, name, checksum FROM schema_migrations');
    const recorded = new Map(rows.map((row) => [Number(row.version), row]));
    checkRecorded(session, all, rows);
    const applied: string[] = [];
    const skipped: { name: string; reason: string }[] = [];
    for (const migration of all) {
      if (recorded.has(migration.version)) continue;
      if (migration.scope === 'cluster' && session.managed) {
        skipped.push({ name: migration.name, reason: 'the database is managed' });
        continue;
      }
      await renew();
      try {
        if (migration !== first) await run(migration);
      } catch (error) {
        if (migration.scope !== 'cluster' || !isForbidden(error)) throw error;
        skipped.push({ name: migration.name, reason: (error as Error).message });
        continue;
      }
      await session.execute(
        'INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, toTimestamp(now()))',
        [migration.version, migration.name, migration.checksum],
      );
      applied.push(migration.name);
    }
    return { applied, skipped };
  });
}

function checkRecorded(session: Session, all: readonly Migration[], rows: readonly cassandra.types.Row[]): void {
  for (const row of rows) {
    const migration = all.find((m) => m.version === row.version);
    if (migration === undefined) {
      throw new Error(
        `${session.place}: migration ${row.name} was applied by a newer program; this one does not have it`,
      );
    }
    if (migration.checksum !== row.checksum) {
      throw new Error(
        `${session.place}: migration ${migration.name} was changed after it was applied (applied ${row.checksum}, ` +
          `file ${migration.checksum}); restore the file and add a new migration instead`,
      );
    }
  }
}

/** Not allowed, or not supported because logins are switched off. */
function isForbidden(error: unknown): boolean {
  const { unauthorized, invalid } = cassandra.types.responseErrorCodes;
  const code = refusalCode(error);
  return code === unauthorized || code === invalid;
}

function cqlMap(map: Replication): string {
  const literal = (value: string | number) =>
    typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
  return `{${Object.entries(map)
    .map(([key, value]) => `${literal(key)}: ${literal(value)}`)
    .join(', ')}}`;
}
