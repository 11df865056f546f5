/** DuckDB over versions of the lake's tables, which SQL can read and nothing else. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { FoundTable } from '../lake.ts';
import { fileListSql, filesSchema, partitionSpecs, text, viewSql } from './table-view.ts';

/** A connection with a view `<layer>.<name>` for each table; `close` gives back what it holds in memory and on disk. */
export interface LakeConnection {
  readonly duckdb: DuckDBConnection;
  close(): void;
}

const layers = ['bronze', 'silver', 'gold', 'quarantine', 'ops'];

/** The part of the memory that queries may take before they spill to the temporary folder. */
const memoryPart = 0.5;

/**
 * Opens a database in memory with views over the snapshots. It may open the data files of those snapshots and the file
 * `output`, and no other; extensions and secrets of this machine are out of reach, and the configuration is locked. That
 * keeps everything but `COPY` and its like from writing: `answers` refuses those. Throws when files of a version are gone.
 */
export async function openConnection(tables: readonly FoundTable[], output?: string): Promise<LakeConnection> {
  // Not made before something spills.
  const spill = join(tmpdir(), `cpa-sql-${randomUUID()}`);
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(availableParallelism()),
    memory_limit: `${Math.floor((memory * memoryPart) / 2 ** 20)}MiB`,
    temp_directory: spill,
    autoload_known_extensions: 'false',
    autoinstall_known_extensions: 'false',
    allow_persistent_secrets: 'false',
  });
  const duckdb = await instance.connect();
  const close = (): void => {
    duckdb.closeSync();
    instance.closeSync();
    rmSync(spill, { recursive: true, force: true });
  };
  try {
    for (const schema of [filesSchema, ...layers]) await duckdb.run(`CREATE SCHEMA ${schema}`);
    for (const table of tables) await addTable(duckdb, table);
    await lock(duckdb, tables, output);
  } catch (error) {
    close();
    throw error;
  }
  return { duckdb, close };
}

async function addTable(duckdb: DuckDBConnection, { name, table, snapshot }: FoundTable): Promise<void> {
  await duckdb.run(fileListSql(name, snapshot));
  const partitions = partitionSpecs(snapshot.metadata);
  const appender = await duckdb.createAppender(name, filesSchema);
  for (const { path, partitionValues } of snapshot.files) {
    appender.appendVarchar(`${table.store.root}/${table.path}/${path}`);
    for (const { name: column } of partitions) {
      const value = partitionValues[column] ?? null;
      // DuckDB casts the log's text to the column's type.
      if (value === null) appender.appendNull();
      else appender.appendVarchar(value);
    }
    appender.endRow();
  }
  appender.closeSync();
  try {
    await duckdb.run(viewSql(name, snapshot));
  } catch (error) {
    if (!String(error).includes('No files found')) throw error;
    throw new Error(`${name}: files of version ${snapshot.version} are gone; maintenance has removed them`, {
      cause: error,
    });
  }
}

async function lock(duckdb: DuckDBConnection, tables: readonly FoundTable[], output?: string): Promise<void> {
  const lists = tables
    .filter(({ snapshot }) => snapshot.files.length > 0)
    .map(({ name }) => `getvariable(${text(name)})`);
  const mine = output === undefined ? '[]::VARCHAR[]' : `[${text(output)}]`;
  for (const setting of [
    `TimeZone = 'UTC'`,
    // Ranges of file names, which a join on them then tells the scan, keep files of other partitions closed; lists do not.
    'dynamic_or_filter_threshold = 0',
    `allowed_paths = flatten([${[mine, ...lists].join(', ')}])`,
    'enable_external_access = false',
    'lock_configuration = true',
  ])
    await duckdb.run(`SET ${setting}`);
}
