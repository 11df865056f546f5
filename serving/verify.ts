/** Reads Cassandra back and compares it with the published version of a mart, row by row and column by column. */
import type { Table } from 'apache-arrow';
import { columnOf } from '../engine/columnar/table.ts';
import type { Lake } from '../engine/delta/lake.ts';
import { mapBounded } from '../engine/delta/map-bounded.ts';
import { readFiles } from '../engine/delta/read.ts';
import type { AddFile } from '../engine/delta/types.ts';
import { pathOf, type TableContract } from '../schemas/contract.ts';
import { type CellValue, fromCassandra, readerOf } from './cell-value.ts';
import { type ServedMart, servedMart } from './cql-type.ts';
import { planPartitions } from './diff.ts';
import { readPublications } from './publication-log.ts';
import { keyText, rowKeys } from './row-key.ts';
import type { Session } from './session.ts';

export interface VerifyRequest {
  readonly lake: Lake;
  readonly session: Session;
  readonly mart: TableContract;
  /** `changed`: the partitions in which the last closed publication differs from the one before. `all`: every row on both sides. */
  readonly partitions: 'changed' | 'all';
  /** Most differences to describe; all are counted. */
  readonly limit: number;
}

/** A row that Cassandra lacks (`missing`), has too much (`extra`), or has with another value (`different`). */
export interface Difference {
  readonly kind: 'missing' | 'extra' | 'different';
  readonly key: Readonly<Record<string, CellValue>>;
  /** Where the row is on both sides: the first column that differs, with both values. */
  readonly column?: string;
  readonly lake?: CellValue;
  readonly cassandra?: CellValue;
}

export interface VerifyResult {
  readonly mart: string;
  /** Version compared with: that of the last closed publication; null when there is none. */
  readonly version: number | null;
  /** Rows of the lake compared. */
  readonly rows: number;
  readonly missing: number;
  readonly extra: number;
  readonly different: number;
  readonly samples: readonly Difference[];
}

const pageRows = 2000;
const readsAtATime = 16;

/**
 * Compares. `extra` rows are found in `all` mode anywhere, in `changed` mode in the partitions looked at. A publication in
 * progress shows as differences.
 */
export async function verify({
  lake,
  session,
  mart: contract,
  partitions,
  limit,
}: VerifyRequest): Promise<VerifyResult> {
  const mart = servedMart(contract);
  const { closed } = await readPublications(lake, contract.name);
  const [last, before] = closed;
  const table = lake.table(contract.name);
  if (last === undefined) {
    return { mart: contract.name, version: null, rows: 0, missing: 0, extra: 0, different: 0, samples: [] };
  }
  const now = await table.at(last.version);
  const read = (files: readonly AddFile[]) =>
    readFiles(lake.store, pathOf(contract.name), now.metadata, files, mart.columns);
  if (partitions === 'all') {
    const comparison = new Comparison(mart, await read(now.files), limit);
    for await (const page of session.pages(`SELECT ${mart.columns.join(', ')} FROM ${mart.table}`, [], pageRows)) {
      for (const row of page) comparison.row(row);
    }
    return comparison.result(last.version);
  }
  const base = before === undefined ? null : await table.at(before.version);
  const plans = planPartitions({ next: now, base, unclosed: [], rebuild: false });
  const comparison = new Comparison(mart, await read(plans.flatMap((p) => p.next)), limit);
  const gone = await read(plans.flatMap((p) => p.base));
  const days = new Set(plans.map((p) => p.value));
  const reads = [...readsOf(mart, [comparison.gold, gone], [...days])];
  await mapBounded(reads, readsAtATime, async ([query, params]) => {
    for await (const page of session.pages(query, params, pageRows)) {
      for (const row of page) if (days.has(String(fromCassandra(row[mart.partition])))) comparison.row(row);
    }
  });
  return comparison.result(last.version);
}

/** One query for each Cassandra partition that has, or had, rows of the days. */
function* readsOf(
  mart: ServedMart,
  tables: readonly Table[],
  days: readonly (string | null)[],
): Generator<[string, unknown[]]> {
  const [partition] = mart.serving.partition;
  const select = `SELECT ${mart.columns.join(', ')} FROM ${mart.table} WHERE ${partition} = ?`;
  const sorted = days.filter((day) => day !== null).sort();
  const values = new Set(
    tables.flatMap((table) => {
      const read = readerOf(columnOf(table, String(partition)));
      return Array.from({ length: table.numRows }, (_, row) => read(row));
    }),
  );
  for (const value of values) {
    if (partition === mart.partition) yield [select, [value]];
    else yield [`${select} AND ${mart.partition} >= ? AND ${mart.partition} <= ?`, [value, sorted[0], sorted.at(-1)]];
  }
}

class Comparison {
  readonly gold: Table;
  readonly #mart: ServedMart;
  readonly #limit: number;
  readonly #rows: ReadonlyMap<string, number>;
  readonly #readers: readonly ((row: number) => CellValue)[];
  readonly #seen: Uint8Array;
  readonly #samples: Difference[] = [];
  #extra = 0;
  #different = 0;

  constructor(mart: ServedMart, gold: Table, limit: number) {
    this.gold = gold;
    this.#mart = mart;
    this.#limit = limit;
    this.#rows = new Map(rowKeys(gold, mart.key).map((key, row) => [key, row]));
    if (this.#rows.size !== gold.numRows) throw new Error(`${mart.contract.name} has keys more than once`);
    this.#readers = mart.columns.map((name) => readerOf(columnOf(gold, name)));
    this.#seen = new Uint8Array(gold.numRows);
  }

  /** Takes in a row of Cassandra. */
  row(row: Readonly<Record<string, unknown>>): void {
    const key = this.#mart.key.map((column) => fromCassandra(row[column]));
    const at = this.#rows.get(keyText(key));
    if (at === undefined) {
      this.#extra++;
      this.#sample({ kind: 'extra', key: this.#named(key) });
      return;
    }
    this.#seen[at] = 1;
    for (const [c, column] of this.#mart.columns.entries()) {
      const lake = this.#readers[c]!(at);
      const cassandra = fromCassandra(row[column]);
      if (Object.is(lake, cassandra)) continue;
      this.#different++;
      this.#sample({ kind: 'different', key: this.#named(key), column, lake, cassandra });
      return;
    }
  }

  result(version: number): VerifyResult {
    let missing = 0;
    for (let row = 0; row < this.#seen.length; row++) {
      if (this.#seen[row] === 1) continue;
      missing++;
      const values = this.#mart.key.map((column) => this.#readers[this.#mart.columns.indexOf(column)]!(row));
      this.#sample({ kind: 'missing', key: this.#named(values) });
    }
    return {
      mart: this.#mart.contract.name,
      version,
      rows: this.gold.numRows,
      missing,
      extra: this.#extra,
      different: this.#different,
      samples: this.#samples,
    };
  }

  #named(values: readonly CellValue[]): Record<string, CellValue> {
    return Object.fromEntries(this.#mart.key.map((column, i) => [column, values[i] ?? null]));
  }

  #sample(difference: Difference): void {
    if (this.#samples.length < this.#limit) this.#samples.push(difference);
  }
}
