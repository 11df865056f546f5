/** SQL statements and what they answer. */
import {
  type DuckDBConnection,
  type DuckDBExtractedStatements,
  type DuckDBResult,
  ResultReturnType,
  StatementType,
} from '@duckdb/node-api';
import type { Cell } from '../../engine/columnar/cell.ts';
import type { ResultColumn } from '../result.ts';
import { UsageError } from '../usage-error.ts';
import { cellOf, kindOfType } from './cell.ts';
import { queryError } from './query-error.ts';

/** Rows of an answer: how many, and their cells on demand. */
export interface Rows {
  readonly length: number;
  cells(): Cell[][];
}

/** The rows that a statement returns, computed as they are asked for, so that few of them are in memory. */
export interface Answer {
  readonly columns: readonly ResultColumn[];
  readonly parts: AsyncIterable<Rows>;
}

/** What cannot reach the lake: queries, and tables and views in memory. */
const allowed = new Set([
  StatementType.SELECT,
  StatementType.EXPLAIN,
  StatementType.CREATE,
  StatementType.DROP,
  StatementType.ALTER,
  StatementType.INSERT,
  StatementType.UPDATE,
  StatementType.DELETE,
  StatementType.SET,
]);

/** `EXPLAIN ANALYZE` runs what it explains. */
const explainsQuery = /^\s*explain\s+(analyze\s+)?(\([^)]*\)\s*)?(select|with|from|values)\b/i;

/**
 * Runs the statements one after another and gives the answer of each that has one; the next one runs when more is asked for.
 * Throws before it runs a statement that could write a file, and `queryError` for what DuckDB refuses.
 */
export async function* answers(duckdb: DuckDBConnection, sql: string): AsyncGenerator<Answer, void, void> {
  const statements = await extract(duckdb, sql);
  for (let i = 0; i < statements.count; i++) {
    const prepared = await statements.prepare(i).catch(queryError(sql));
    const type = prepared.statementType;
    if (!allowed.has(type)) {
      throw new Error(`${StatementType[type]} is not allowed: SQL reads the lake, and writes only tables in memory`);
    }
    if (type === StatementType.EXPLAIN && (statements.count > 1 || !explainsQuery.test(sql))) {
      throw new Error('EXPLAIN is allowed for one query, with nothing before or after it');
    }
    const isQuery = type === StatementType.SELECT || type === StatementType.EXPLAIN;
    const result = await (isQuery ? prepared.stream() : prepared.run()).catch(queryError(sql));
    if (result.returnType === ResultReturnType.QUERY_RESULT && isQuery) yield answerOf(result, sql);
    prepared.destroySync();
  }
}

/** Whether a text is the beginning of a statement that goes on: it has no `;` at its end yet, or that is inside a text or comment. */
export async function isUnfinished(duckdb: DuckDBConnection, sql: string): Promise<boolean> {
  if (!sql.trimEnd().endsWith(';')) return true;
  return duckdb.extractStatements(sql).then(
    () => false,
    (error: unknown) => /unterminated/.test(String(error)),
  );
}

/** Throws `UsageError` when there is no statement in it. */
async function extract(duckdb: DuckDBConnection, sql: string): Promise<DuckDBExtractedStatements> {
  try {
    return await duckdb.extractStatements(sql);
  } catch (error) {
    if (String(error).includes('native callback')) throw new UsageError('there is no SQL statement');
    return queryError(sql)(error);
  }
}

function answerOf(result: DuckDBResult, sql: string): Answer {
  const columns = result
    .deduplicatedColumnNames()
    .map((name, c): ResultColumn => ({ name, kind: kindOfType(result.columnTypeId(c)) }));
  return { columns, parts: partsOf(result, sql) };
}

async function* partsOf(result: DuckDBResult, sql: string): AsyncGenerator<Rows, void, void> {
  for (;;) {
    const chunk = await result.fetchChunk().catch(queryError(sql));
    if (chunk === null || chunk.rowCount === 0) return;
    yield { length: chunk.rowCount, cells: () => chunk.getRows().map((row) => row.map(cellOf)) };
  }
}
