/**
 * Writes rows to Cassandra: cells straight from Arrow columns, unlogged batches of one partition, a bounded number in flight,
 * every write at the publication's number as its timestamp, so that of two writes the one of the later publication wins
 * whenever it arrives.
 */
import type { Table } from 'apache-arrow';
import { groupBy } from '../engine/columnar/group.ts';
import { columnOf } from '../engine/columnar/table.ts';
import { type Cell, cellsOf } from './cells.ts';
import { deleteStatement, insertStatement, type ServedMart } from './cql-type.ts';
import type { Session, Statement } from './session.ts';

/** Cassandra warns and then refuses large batches; its count adds a header to every cell. */
const batchBytes = 40 * 1024 - 1;
const cellHeaderBytes = 16;
const inFlight = 24;

/** Writes whole rows of `table` (every column of the served mart, nulls included); `rows` are row numbers. Returns how many. */
export async function writeRows(
  session: Session,
  mart: ServedMart,
  table: Table,
  rows: Int32Array,
  number: number,
): Promise<number> {
  const statements = statementsFor(insertStatement(mart), mart.columns, table);
  return sendAll(session, batches(statements, partitionsOf(mart, table), rows), number);
}

/** Deletes the rows of `table` with those row numbers by their keys; `table` has at least the key columns. Returns how many. */
export async function deleteRows(
  session: Session,
  mart: ServedMart,
  table: Table,
  rows: Int32Array,
  number: number,
): Promise<number> {
  const statements = statementsFor(deleteStatement(mart), mart.key, table);
  return sendAll(session, batches(statements, partitionsOf(mart, table), rows), number);
}

/** Every row number of a table. */
export function allRows(table: Table): Int32Array {
  return Int32Array.from({ length: table.numRows }, (_, i) => i);
}

interface Sized {
  readonly statement: Statement;
  readonly bytes: number;
}

function statementsFor(query: string, columns: readonly string[], table: Table): (row: number) => Sized {
  const cells: Cell[] = columns.map((name) => cellsOf(columnOf(table, name)));
  return (row) => {
    const params = new Array<Buffer | null>(cells.length);
    let bytes = cells.length * cellHeaderBytes;
    for (let c = 0; c < cells.length; c++) {
      const cell = cells[c]!(row);
      params[c] = cell;
      bytes += cell?.length ?? 0;
    }
    return { statement: { query, params }, bytes };
  };
}

/** For every row of the table, the number of its Cassandra partition. */
function partitionsOf(mart: ServedMart, table: Table): { ids: Int32Array; count: number } {
  return groupBy(mart.serving.partition.map((name) => columnOf(table, name)));
}

function* batches(
  statementOf: (row: number) => Sized,
  partitions: { readonly ids: Int32Array; readonly count: number },
  rows: Int32Array,
): Generator<Statement[]> {
  let batch: Statement[] = [];
  let size = 0;
  let partition = -1;
  for (const row of byPartition(partitions, rows)) {
    const { statement, bytes } = statementOf(row);
    if (batch.length > 0 && (partitions.ids[row] !== partition || size + bytes > batchBytes)) {
      yield batch;
      batch = [];
      size = 0;
    }
    partition = partitions.ids[row]!;
    batch.push(statement);
    size += bytes;
  }
  if (batch.length > 0) yield batch;
}

/** The rows, those of a partition next to each other, otherwise in their order. */
function byPartition({ ids, count }: { ids: Int32Array; count: number }, rows: Int32Array): Int32Array {
  const next = new Int32Array(count + 1);
  for (const row of rows) next[ids[row]! + 1]!++;
  for (let id = 0; id < count; id++) next[id + 1]! += next[id]!;
  const sorted = new Int32Array(rows.length);
  for (const row of rows) sorted[next[ids[row]!]!++] = row;
  return sorted;
}

async function sendAll(session: Session, all: Generator<Statement[]>, number: number): Promise<number> {
  let sent = 0;
  const lane = async () => {
    for (const batch of all) {
      await session.batch(batch, number);
      sent += batch.length;
    }
  };
  // The first failure ends the shared generator, and with it the other lanes.
  await Promise.all(Array.from({ length: inFlight }, lane));
  return sent;
}
