/** Every table of a lake that the line wrote, read by other programs: the same rows and the same exact sums. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateLanding } from '../../cli/generate/landing.ts';
import { valuesOf } from '../../engine/columnar/column-of.ts';
import { formatDecimal } from '../../engine/columnar/decimal.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { catalog } from '../../schemas/catalog.ts';
import { metadataOf, pathOf } from '../../schemas/contract.ts';
import { progressQuery, requestUpdate } from '../../workflows/backfill/desk.ts';
import { secret, type TestReceiver, testReceiver } from '../alerts/receiver.ts';
import { askPython, pythonWith } from '../outside/python.ts';
import { type TestLine, testLine } from './line.ts';
import { eventLine } from './small-landing.ts';
import { readTable } from './tables.ts';
import { until } from './until.ts';

interface Totals {
  readonly rows: number;
  /** Column → exact sum as text; null without a value. */
  readonly sums: Readonly<Record<string, string | null>>;
}

/** Reader → totals, by folder of the table. */
type Answers = Readonly<Record<string, Readonly<Record<string, Totals>>>>;

describe('a lake written by the line', () => {
  const root = mkdtempSync(join(tmpdir(), 'cpa-outside-'));
  const expected: Record<string, Totals> = {};
  const landing = join(root, 'landing');
  const budgets = join(root, 'budgets.json');
  let receiver: TestReceiver;
  let line: TestLine;

  before(async () => {
    await generateLanding({ events: 1500, days: 16, seed: 11, orgs: 5, files: 6, out: landing });
    writeFileSync(budgets, '{"organisations": {"org_a": 1}}');
    receiver = await testReceiver();
    const alerts = { CPA_BUDGETS: budgets, CPA_NOTIFY_URL: receiver.url, CPA_NOTIFY_SECRET: secret };
    line = await testLine({ landing, env: { CPA_BATCH_BYTES: '200000', ...alerts } });
    await line.run('dailyRun');
    await streamOneEvent();
    await askForADay();
    // A run that is refused its input leaves a notice.
    await assert.rejects(line.run('silver', { dates: 'no list' }));
    for (const { name } of catalog) {
      if ((await line.lake().table(name).latest()) !== null) expected[name] = await totalsOf(name);
    }
  });
  after(async () => {
    await line.stop();
    await receiver.close();
    rmSync(root, { recursive: true, force: true });
  });

  /** For the table of backfills. */
  async function askForADay(): Promise<void> {
    const backfill = await line.start('backfill');
    await backfill.executeUpdate(requestUpdate, { args: [{ from: '2025-07-03', reason: 'to be read elsewhere' }] });
    await until('the request ends', async () => (await backfill.query(progressQuery)).ended.length > 0);
    await backfill.cancel();
  }

  /** For the tables that only the stream writes: increments, and alerts. */
  async function streamOneEvent(): Promise<void> {
    writeFileSync(join(landing, 'usage_events_stream', 'one.jsonl'), `${eventLine('one')}\n`);
    const stream = await line.start('bronzeStream', { mode: 'continuous' });
    while (receiver.received.length < 2) await sleep(100);
    await stream.signal('stop');
    await stream.result();
  }

  async function totalsOf(name: string): Promise<Totals> {
    const table = await readTable(line.lake(), name);
    const sums: Record<string, string | null> = {};
    for (const field of table.schema.fields) {
      const column = columnOf(table, field.name);
      if (column.kind !== 'decimal' && column.kind !== 'int64') continue;
      const values = valuesOf(column).filter((v) => v !== null) as bigint[];
      const sum = values.reduce((a, b) => a + b, 0n);
      if (values.length === 0) sums[field.name] = null;
      else sums[field.name] = column.kind === 'decimal' ? formatDecimal(sum, column.scale) : String(sum);
    }
    return { rows: table.numRows, sums };
  }

  async function compare(packages: readonly string[], script: string, readers: readonly string[]): Promise<void> {
    const request = Object.entries(expected).map(([name, { sums }]) => ({
      folder: join(line.lakeRoot, pathOf(name)),
      sums: Object.keys(sums),
    }));
    const answers = (await askPython(await pythonWith(packages), script, request)) as Answers;
    for (const [name, totals] of Object.entries(expected)) {
      const answer = answers[join(line.lakeRoot, pathOf(name))];
      for (const reader of readers) assert.deepEqual(answer?.[reader], totals, `${name} ${reader}`);
    }
  }

  it('has every table of the catalogue', () => {
    assert.deepEqual(
      catalog.map((c) => c.name).filter((name) => !(name in expected)),
      [],
    );
  });

  it('has no table whose partition column is summed: those are not in the files', () => {
    for (const contract of catalog) {
      const { partitionColumns } = metadataOf(contract);
      assert.ok(
        partitionColumns.every((c) => !(c in (expected[contract.name]?.sums ?? {}))),
        contract.name,
      );
    }
  });

  it('is read by delta-rs and, file by file, by DuckDB', () =>
    compare(['deltalake==1.6.*', 'pyarrow', 'duckdb'], 'read_lake.py', ['by_delta', 'by_duckdb']));

  // Half a gigabyte to install and minutes to run: asked for by `npm run test:spark`.
  if (process.env.CPA_SPARK === '1') {
    it('is read by Spark', () => compare(['pyspark==3.5.3', 'delta-spark==3.2.1'], 'read_lake_spark.py', ['by_spark']));
  }
});
