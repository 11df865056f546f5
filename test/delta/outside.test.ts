import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { ColumnType } from '../../engine/columnar/column.ts';
import type { ColumnValue } from '../../engine/columnar/column-of.ts';
import { deltaType } from '../../engine/delta/schema.ts';
import { jsonFromPython, pythonWith } from '../outside/python.ts';
import { temporaryStore } from './fixtures.ts';
import { type OutsideTable, outsideTables } from './outside-tables.ts';
import { valueText } from './value-text.ts';

const packages = ['deltalake==1.6.*', 'pyarrow', 'duckdb'];
const names = ['by_text', 'by_date', 'plain', 'evolved', 'overwritten', 'checkpointed', 'compacted'];

type Texts = Record<string, string | null>;

interface Answer {
  readonly delta: {
    readonly version: number;
    readonly types: Texts;
    readonly rows: Texts[];
    readonly found: Record<string, Record<string, number>>;
  };
  readonly duckdb: { readonly rows: Texts[]; readonly sums: Texts };
}

let tables: OutsideTable[];
let answers: Record<string, Answer>;

before(async () => {
  const python = await pythonWith(packages);
  const store = await temporaryStore();
  tables = await outsideTables(store);
  const request = join(store.root, 'request.json');
  await writeFile(request, JSON.stringify(tables.map(({ folder, files }) => ({ folder, files }))));
  answers = (await jsonFromPython(python, 'read_table.py', [request])) as Record<string, Answer>;
});

for (const name of names) {
  test(`delta-rs reads ${name}: version, types, every value, and finds each through the statistics`, () => {
    const { table, answer, texts } = of(name);
    assert.equal(answer.delta.version, table.version);
    assert.deepEqual(
      answer.delta.types,
      Object.fromEntries(table.metadata.columns.map((c) => [c.name, deltaType(c.type)])),
    );
    assert.deepEqual(answer.delta.rows, texts);
    for (const [column, found] of Object.entries(answer.delta.found)) {
      const expected: Record<string, number> = {};
      for (const row of texts) {
        const value = row[column] ?? null;
        if (value !== null) expected[value] = (expected[value] ?? 0) + 1;
      }
      assert.deepEqual({ ...found }, expected, `rows found by ${column}`);
    }
  });

  test(`DuckDB reads the files of ${name}: every value, and the sums of decimals`, () => {
    const { table, answer, texts } = of(name);
    const stored = table.metadata.columns.filter((c) => !table.metadata.partitionColumns.includes(c.name));
    assert.deepEqual(
      answer.duckdb.rows,
      texts.map((row) => Object.fromEntries(stored.map((c) => [c.name, row[c.name]]))),
    );
    const decimals = stored.filter((c) => c.type.kind === 'decimal' && c.type.precision <= 18);
    assert.deepEqual(
      answer.duckdb.sums,
      Object.fromEntries(decimals.map((c) => [c.name, valueText(c.type, sum(table, c.name))])),
    );
  });
}

function of(name: string) {
  const table = tables.find((t) => t.name === name)!;
  const types = new Map<string, ColumnType>(table.metadata.columns.map((c) => [c.name, c.type]));
  const texts = table.rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([column, value]) => [column, valueText(types.get(column)!, value)])),
  );
  assert.ok(texts.length > 0);
  return { table, answer: answers[table.folder]!, texts };
}

function sum(table: OutsideTable, column: string): ColumnValue {
  const values = table.rows.flatMap((row) => (row[column] === null ? [] : [row[column] as bigint]));
  return values.length === 0 ? null : values.reduce((a, b) => a + b);
}
