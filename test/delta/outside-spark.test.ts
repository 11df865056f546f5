import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { deltaType } from '../../engine/delta/schema.ts';
import { askPython, pythonWith } from '../outside/python.ts';
import { temporaryStore } from './fixtures.ts';
import { foundByValue, type OutsideTable, outsideNames, outsideTables, textsOf } from './outside-tables.ts';

const packages = ['pyspark==3.5.3', 'delta-spark==3.2.1'];

/** The table whose files are searched through their statistics: the one with most files, for each search takes a while. */
const searched = 'by_date';

/** Spark's names where they are not Delta's. */
const sparkTypes: Readonly<Record<string, string>> = { long: 'bigint', integer: 'int' };

interface Answer {
  readonly types: Record<string, string>;
  readonly rows: Record<string, string | null>[];
  readonly found: Record<string, Record<string, number>>;
}

// Half a gigabyte to install and minutes to run: asked for by `npm run test:spark`.
if (process.env.CPA_SPARK === '1') {
  describe('Spark', () => {
    let tables: OutsideTable[];
    let answers: Record<string, Answer>;

    before(async () => {
      const python = await pythonWith(packages);
      const store = await temporaryStore();
      tables = await outsideTables(store);
      answers = (await askPython(
        python,
        'read_spark.py',
        tables.map(({ name, folder }) => ({ folder, search: name === searched })),
      )) as Record<string, Answer>;
    });

    for (const name of outsideNames) {
      test(`reads ${name}: types and every value`, () => {
        const table = tables.find((t) => t.name === name)!;
        const answer = answers[table.folder]!;
        const types = table.metadata.columns.map((c) => [c.name, deltaType(c.type)] as const);
        assert.deepEqual(answer.types, Object.fromEntries(types.map(([c, type]) => [c, sparkTypes[type] ?? type])));
        assert.deepEqual(answer.rows, textsOf(table));
        for (const [column, found] of Object.entries(answer.found)) {
          assert.deepEqual({ ...found }, foundByValue(textsOf(table), column), `rows found by ${column}`);
        }
      });
    }
  });
}
