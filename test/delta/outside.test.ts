import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { ColumnValue } from '../../engine/columnar/column-of.ts';
import { deltaType } from '../../engine/delta/schema.ts';
import { askPython, pythonWith } from '../outside/python.ts';
import { temporaryStore } from './fixtures.ts';
import { foundByValue, type OutsideTable, outsideNames, outsideTables, textsOf } from './outside-tables.ts';
import { valueText } from './value-text.ts';

const packages = ['deltalake==1.6.*', 'pyarrow', 'duckdb'];

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
  answers = (await askPython(
    python,
    'read_table.py',
    tables.map(({ folder, files }) => ({ folder, files })),
  )) as Record<string, Answer>;
});

for (const name of outsideNames) {
  test(`delta-rs reads ${name}: version, types, every value, and finds each through the statistics`, () => {
    const { table, answer, texts } = of(name);
    assert.equal(answer.delta.version, table.version);
    assert.deepEqual(
      answer.delta.types,
      Object.fromEntries(table.metadata.columns.map((c) => [c.name, deltaType(c.type)])),
    );
    assert.deepEqual(answer.delta.rows, texts);
    for (const [column, found] of Object.entries(answer.delta.found)) {
      assert.deepEqual({ ...found }, foundByValue(texts, column), `rows found by ${column}`);
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
  const texts = textsOf(table);
  assert.ok(texts.length > 0);
  return { table, answer: answers[table.folder]!, texts };
}

function sum(table: OutsideTable, column: string): ColumnValue {
  const values = table.rows.flatMap((row) => (row[column] === null ? [] : [row[column] as bigint]));
  return values.length === 0 ? null : values.reduce((a, b) => a + b);
}
