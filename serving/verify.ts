/** Reads Cassandra back and compares it with the published version of a mart, row by row and column by column. */
import { setImmediate } from 'node:timers/promises';
import type { Table } from 'apache-arrow';
import { columnOf } from '../engine/columnar/table.ts';
import type { Lake } from '../engine/delta/lake.ts';
import { mapBounded } from '../engine/delta/map-bounded.ts';
import type { TableContract } from '../schemas/contract.ts';
import { type CellValue, fromCassandra, readerOf } from './cell-value.ts';
import { type ServedMart, servedMart } from './cql-type.ts';
import { planPartitions } from './diff.ts';
import { KeyIndex } from './key-index.ts';
import { readPublications } from './publication-log.ts';
import { type ComparedColumn, comparedColumn, selectStatement } from './read-back.ts';
import { keyText, rowKey } from './row-key.ts';
import { type MartReader, martReader } from './served-rows.ts';
import { type ServedPart, servedAt } from './served-snapshot.ts';
import type { Session } from './session.ts';

export interface VerifyRequest {
  readonly lake: Lake;
  readonly session: Session;
  readonly mart: TableContract;
  /**
   * `changed`: the partitions in which the last closed publication differs from the one before; all of them where there is none
   * before. `all`: every row on both sides.
   */
  readonly partitions: 'changed' | 'all';
  /** Most differences to describe; all are counted. */
  readonly limit: number;
  /** Default: reads the files anew. */
  readonly reader?: MartReader;
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
  /** Number of the publication compared with, the last closed one; null when there is none. */
  readonly publication: number | null;
  /** Version compared with: that of this publication; null when there is none. */
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
const keysAtATime = 50_000;

/**
 * Compares. `extra` rows are found anywhere where everything is compared, else in the partitions looked at. A publication in
 * progress shows as differences.
 */
export async function verify({
  lake,
  session,
  mart: contract,
  partitions,
  limit,
  reader = martReader(lake),
}: VerifyRequest): Promise<VerifyResult> {
  const mart = servedMart(contract);
  const { closed } = await readPublications(lake, contract.name);
  const [last, before] = closed;
  if (last === undefined) {
    const nothing = { rows: 0, missing: 0, extra: 0, different: 0, samples: [] };
    return { mart: contract.name, publication: null, version: null, ...nothing };
  }
  const read = (parts: readonly (ServedPart | undefined)[]) =>
    reader(
      mart,
      parts.filter((part) => part !== undefined),
    );
  // A first publication changed every partition.
  const base = partitions === 'all' || before === undefined ? null : await servedAt(lake, mart, before);
  const next = await servedAt(lake, mart, last);
  const plans = planPartitions(mart, { next, base, unclosed: [], rebuild: false });
  const gold = await read(plans.map((p) => p.next));
  const comparison = new Comparison(mart, gold, await rowsByKey(gold, mart), last.number, limit);
  if (base === null) {
    for await (const page of session.pages(selectStatement(mart), [], pageRows)) {
      for (const row of page) comparison.row(row);
    }
    return comparison.result(last.version);
  }
  const gone = await read(plans.map((p) => p.base));
  const days = new Set(plans.map((p) => p.value));
  const reads = [...readsOf(mart, [comparison.gold, gone], [...days])];
  await mapBounded(reads, readsAtATime, async ([query, params]) => {
    for await (const page of session.pages(query, params, pageRows)) {
      for (const row of page) if (days.has(comparison.day(row))) comparison.row(row);
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
  const select = `${selectStatement(mart)} WHERE ${partition} = ?`;
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

/** Rows by their keys. Lets others, such as heartbeats, have their turn in between: there may be millions. */
async function rowsByKey(table: Table, { key, contract }: ServedMart): Promise<KeyIndex> {
  const rows = new KeyIndex(table.numRows, rowKey(table, key));
  for (let row = 0; row < table.numRows; row++) {
    if (!rows.add(row)) throw new Error(`${contract.name} has keys more than once`);
    if (row % keysAtATime === 0) await setImmediate();
  }
  return rows;
}

class Comparison {
  readonly gold: Table;
  readonly #mart: ServedMart;
  readonly #publication: number;
  readonly #limit: number;
  readonly #rows: KeyIndex;
  readonly #columns: readonly ComparedColumn[];
  readonly #key: readonly ComparedColumn[];
  readonly #day: ComparedColumn;
  readonly #bronzeVersion: ((row: number) => CellValue) | null;
  readonly #seen: Uint8Array;
  readonly #samples: Difference[] = [];
  #extra = 0;
  #different = 0;

  constructor(mart: ServedMart, gold: Table, rows: KeyIndex, publication: number, limit: number) {
    this.gold = gold;
    this.#mart = mart;
    this.#publication = publication;
    this.#limit = limit;
    this.#rows = rows;
    const compared = new Map(mart.compared.map((name) => [name, comparedColumn(name, columnOf(gold, name))]));
    this.#columns = [...compared.values()];
    this.#key = mart.key.map((name) => compared.get(name)!);
    this.#day = compared.get(mart.partition)!;
    this.#bronzeVersion = mart.serving.speed === null ? null : readerOf(columnOf(gold, 'bronze_version'));
    this.#seen = new Uint8Array(gold.numRows);
  }

  /** The partition of the lake that a row of Cassandra belongs to. */
  day(row: Readonly<Record<string, unknown>>): string {
    return String(this.#day.cassandra(row[this.#day.name]));
  }

  /** Takes in a row of Cassandra. */
  row(row: Readonly<Record<string, unknown>>): void {
    const key = this.#key.map(({ name, cassandra }) => cassandra(row[name]));
    const at = this.#rows.find(keyText(key));
    // Written by a publication that began meanwhile.
    if (this.#bronzeVersion !== null && Number(row.publication) > this.#publication) {
      if (at >= 0) this.#seen[at] = 1;
      return;
    }
    if (at < 0) {
      this.#extra++;
      this.#sample({ kind: 'extra', key: this.#named(key) });
      return;
    }
    this.#seen[at] = 1;
    for (const { name, lake, cassandra, matches } of this.#columns) {
      const cell = row[name];
      if (matches(at, cell)) continue;
      this.#different++;
      this.#sample({
        kind: 'different',
        key: this.#named(key),
        column: name,
        lake: lake(at),
        cassandra: cassandra(cell),
      });
      return;
    }
    // Its total is right, so it may name an earlier version than the mart does, but none that was not there.
    const newest = this.#bronzeVersion?.(at) ?? null;
    if (newest === null || (row.bronze_version !== null && Number(row.bronze_version) <= Number(newest))) return;
    this.#different++;
    const column = 'bronze_version';
    this.#sample({
      kind: 'different',
      key: this.#named(key),
      column,
      lake: newest,
      cassandra: fromCassandra(row[column]),
    });
  }

  result(version: number): VerifyResult {
    let missing = 0;
    for (let row = 0; row < this.#seen.length; row++) {
      if (this.#seen[row] === 1) continue;
      missing++;
      this.#sample({ kind: 'missing', key: this.#named(this.#key.map(({ lake }) => lake(row))) });
    }
    return {
      mart: this.#mart.contract.name,
      publication: this.#publication,
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
