/** Answers as files. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type DuckDBConnection, DuckDBTypeId, StatementType } from '@duckdb/node-api';
import { UsageError } from '../usage-error.ts';
import { answers } from './answers.ts';
import { textOf } from './print.ts';
import { queryError } from './query-error.ts';
import { quoted, text } from './table-view.ts';

/** A file to be written: first under another name beside it, so that a query that fails leaves it as it was. */
export interface Output {
  readonly format: 'parquet' | 'csv' | 'json';
  readonly file: string;
  readonly unfinished: string;
}

/** What to write, by the end of the name. Throws `UsageError` for other names, and for files in the lake. */
export async function outputAt(file: string, lakeRoot: string): Promise<Output> {
  const format = extname(file).slice(1);
  if (format !== 'parquet' && format !== 'csv' && format !== 'json') {
    throw new UsageError(`--out ${file}: expected a name that ends in .parquet, .csv or .json`);
  }
  const folder = await realpath(dirname(file)).catch(() => {
    throw new UsageError(`--out ${file}: there is no folder ${dirname(file)}`);
  });
  const lake = await realpath(lakeRoot).catch(() => lakeRoot);
  if (`${folder}${sep}`.startsWith(`${lake}${sep}`)) {
    throw new UsageError(`--out ${file} is in the lake ${lakeRoot}, where nothing is written by hand`);
  }
  return { format, file, unfinished: join(folder, `.${basename(file)}.${randomUUID()}`) };
}

/** Runs the SQL, which has one answer, and writes that. */
export async function writeAnswer(duckdb: DuckDBConnection, sql: string, output: Output): Promise<void> {
  const { format, file, unfinished } = output;
  try {
    if (format === 'parquet') await copyToParquet(duckdb, sql, unfinished);
    else await pipeline(Readable.from(textOfOne(duckdb, sql, format)), createWriteStream(unfinished));
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function* textOfOne(duckdb: DuckDBConnection, sql: string, format: 'csv' | 'json') {
  let isFirst = true;
  for await (const answer of answers(duckdb, sql)) {
    if (!isFirst) throw new UsageError('--out takes SQL with one answer');
    isFirst = false;
    yield* textOf(answer, format);
  }
  if (isFirst) throw new UsageError('--out takes SQL with an answer');
}

/** DuckDB would write integers of 128 bits, such as sums of integers, as floating point: they become decimals. */
async function copyToParquet(duckdb: DuckDBConnection, sql: string, path: string): Promise<void> {
  const prepared = await duckdb.prepare(sql).catch(queryError(sql));
  if (prepared.statementType !== StatementType.SELECT) throw new UsageError('--out takes one SELECT');
  const names = Array.from({ length: prepared.columnCount }, (_, c) => prepared.columnName(c));
  const columns = names.map((name, c) => {
    const type = prepared.columnTypeId(c);
    const isHuge = type === DuckDBTypeId.HUGEINT || type === DuckDBTypeId.UHUGEINT;
    return `${isHuge ? `c${c}::DECIMAL(38,0)` : `c${c}`} AS ${quoted(name)}`;
  });
  // The SQL is a literal, so that it can neither end the COPY nor be followed by another statement.
  const rows = `SELECT ${columns.join(', ')} FROM query(${text(sql)}) t(${names.map((_, c) => `c${c}`).join(', ')})`;
  const options = 'FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false';
  await duckdb.run(`COPY (${rows}) TO ${text(path)} (${options})`).catch(queryError(sql));
}
