/** Explanations of rows on a generated lake: that the proofs hold, that the lines are there, and what is said where they are not. */
import assert from 'node:assert/strict';
import { mkdtempSync, openSync, readSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { drainEvents } from '../../activities/bronze-events.ts';
import { buildDirty } from '../../activities/build-dirty.ts';
import { restoreTable } from '../../activities/restore.ts';
import { generateLanding } from '../../cli/generate/landing.ts';
import { explainFigure } from '../../dashboard/lineage/explain-figure.ts';
import { explainRow, type RowQuestion } from '../../dashboard/lineage/explain-row.ts';
import { BadQuestion, type Explanation, type Level, NoSuchRow } from '../../dashboard/lineage/explanation.ts';
import { origins } from '../../dashboard/lineage/origins.ts';
import { cellAt, dayNumber } from '../../engine/columnar/cell.ts';
import { constantColumn, decimalColumn } from '../../engine/columnar/column-of.ts';
import { columnOf, columnsOf, tableOf } from '../../engine/columnar/table.ts';
import { compact } from '../../engine/delta/compact.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { readFiles } from '../../engine/delta/read.ts';
import type { AddFile } from '../../engine/delta/types.ts';
import { catalog, contractOf } from '../../schemas/catalog.ts';
import { pathOf } from '../../schemas/contract.ts';
import { marts } from '../../schemas/gold.ts';
import { cpa } from '../cli/program.ts';
import { freshProcess, lineSteps, type Process, run } from '../faults/steps.ts';
import { eventLine } from '../line/small-landing.ts';

const usage = 'gold.org_daily_usage_by_service';
const events = 'silver.usage_events';
const bronze = 'bronze.usage_events';
const folder = mkdtempSync(join(tmpdir(), 'cpa-lineage-'));
const landing = join(folder, 'landing');
const lakeRoot = join(folder, 'lake');
let process: Process;
const lake = () => process.context.lake;

before(async () => {
  await generateLanding({ events: 900, days: 16, seed: 3, orgs: 2, out: landing });
  // Of an organisation nobody knows: no service, no value, a rejected cost, and two statements of one event.
  land('own.jsonl', [
    own('o1', { service: undefined }),
    own('o2', { service: null, value: null, cost_usd_increment: '2.25' }),
    own('o3', { cost_usd_increment: -5 }),
    own('o1', { service: undefined, cost_usd_increment: 9 }),
  ]);
  process = freshProcess(lakeRoot, landing, 1 << 30);
  for (const step of lineSteps) await step.run(process);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function own(id: string, change: Readonly<Record<string, unknown>>): string {
  return eventLine(id, { timestamp: '2025-07-04T10:00:00Z', org_id: 'org_own', carbon_kg: undefined, ...change });
}

function land(name: string, lines: readonly string[], at = '2025-08-01T00:00:00Z'): void {
  const path = join(landing, 'usage_events_stream', name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  utimesSync(path, new Date(at), new Date(at));
}

const explain = (table: string, key: RowQuestion['key'], more: Partial<RowQuestion> = {}): Promise<Explanation> =>
  explainRow(lake(), landing, { table, key, limit: 20, offset: 0, ...more });
const ownRow = { org_id: 'org_own', usage_date: '2025-07-04', service_name: 'unknown' };
const level = ({ levels }: Explanation, table: string): Level => levels.find((l) => l.table === table)!;
const cell = ({ columns, rows }: Level, name: string, row = 0) => rows[row]![columns.findIndex((c) => c.name === name)];
const line = ({ proof }: Explanation, column: string) => proof.find((p) => p.column === column)!;
const build = (table: string) => buildDirty(process.context, run, { table, dates: null });

/** Keys of some rows of a table, spread over it, with the partition so that they are quick to find. */
async function keysOf(table: string, most: number): Promise<Record<string, string>[]> {
  const { key, partition } = contractOf(table);
  const { metadata, files } = (await lake().table(table).latest())!;
  const names = [...new Set([...key, ...(partition === null ? [] : [partition])])];
  const columns = columnsOf(await readFiles(lake().store, pathOf(table), metadata, files, names));
  const { length } = columns[names[0]!]!;
  return Array.from({ length: Math.min(most, length) }, (_, i) =>
    Math.floor((i * length) / Math.min(most, length)),
  ).map((row) =>
    Object.fromEntries(
      names
        .map((name) => [name, String(cellAt(columns[name]!, row))])
        .filter(([name, text]) => text !== 'null' || key.includes(name!)),
    ),
  );
}

for (const { name, fields } of marts) {
  test(`rows of ${name} are what their rows give, column by column`, async () => {
    for (const key of await keysOf(name, 6)) {
      const explanation = await explain(name, key);
      assert.ok(explanation.holds, `${JSON.stringify(key)}: ${explanation.verdict}`);
      const proved = [...Object.keys(key), ...explanation.proof.map(({ column }) => column)].sort();
      assert.deepEqual(proved, fields.map((field) => field.name).sort());
      const sources = explanation.levels.slice(1, 1 + origins[name]!.sources.length);
      assert.ok(sources.some(({ total }) => total > 0));
      assert.ok(sources.every(({ notes }) => notes.length === 0));
    }
  });
}

test('rows of Silver, Bronze and quarantine lead to their lines', async () => {
  const layers = ['silver', 'bronze', 'quarantine'];
  for (const { name } of catalog.filter(({ layer }) => layers.includes(layer))) {
    if ((await lake().table(name).latest()) === null) continue;
    for (const key of await keysOf(name, 3)) {
      const explanation = await explain(name, key);
      assert.notEqual(explanation.holds, false, `${name} ${JSON.stringify(key)}: ${explanation.verdict}`);
      assert.equal(cell(level(explanation, 'landing'), 'state'), 'there', `${name} ${JSON.stringify(key)}`);
    }
  }
});

test('each event listed stands in its landing file, at its place', async () => {
  for (const key of await keysOf(usage, 8)) {
    const explanation = await explain(usage, key);
    const [listed, stored, landed] = [
      level(explanation, events),
      level(explanation, bronze),
      level(explanation, 'landing'),
    ];
    assert.equal(listed.total, landed.rows.length);
    listed.rows.forEach((_, row) => {
      assert.equal(cell(stored, 'event_id', row), cell(listed, 'event_id', row));
      const bytes = Buffer.alloc(Number(cell(landed, 'bytes', row)));
      const file = openSync(join(landing, String(cell(landed, 'file', row))), 'r');
      readSync(file, bytes, 0, bytes.length, Number(cell(landed, 'offset', row)));
      assert.equal(bytes.toString(), cell(landed, 'raw', row));
      assert.equal((JSON.parse(bytes.toString()) as { event_id: string }).event_id, cell(listed, 'event_id', row));
    });
  }
});

test('a row without service counts as unknown; quarantine says what the figure lacks', async () => {
  const explanation = await explain(usage, ownRow);
  assert.deepEqual(
    [cell(level(explanation, events), 'event_id', 0), cell(level(explanation, events), 'event_id', 1)],
    ['o1', 'o2'],
  );
  assert.deepEqual(
    [
      line(explanation, 'daily_cost_usd').summed,
      line(explanation, 'daily_carbon_kg').summed,
      line(explanation, 'org_name').stated,
    ],
    ['3.750000', null, null],
  );
  assert.deepEqual(explanation.held?.rules.map(({ rule, rows, moneyUsd }) => [rule, rows, moneyUsd]).sort(), [
    ['cost_non_negative', 1, '-5.000000'],
    ['event_id_conflict', 1, '9.000000'],
  ]);
  assert.match(
    explanation.verdict,
    /^the rows add up to the figure: 2 rows of silver.usage_events; it lacks 2 events in quarantine/,
  );
  assert.deepEqual(
    [0, 1].map((row) => cell(level(explanation, 'landing'), 'lines_in_quarantine', row)),
    [1, 0],
  );
  assert.deepEqual(
    level(explanation, usage).made.map(({ workflowId, runId }) => [workflowId, runId]),
    [['test', 'test']],
  );
});

test('a page lists some rows, the proof covers all', async () => {
  const page = await explain(usage, ownRow, { limit: 1, offset: 1 });
  assert.deepEqual(
    [level(page, events).rows.length, level(page, events).total, cell(level(page, events), 'event_id')],
    [1, 2, 'o2'],
  );
  assert.deepEqual([page.holds, level(page, 'landing').rows.length], [true, 1]);
  assert.deepEqual(JSON.parse(JSON.stringify(page)), page);
});

test('a figure is the sum of its rows; a ratio is one of sums', async () => {
  const figure = { table: usage, where: ['usage_date>=2025-07-04', 'usage_date<=2025-07-06'], limit: 2, offset: 0 };
  const cost = await explainFigure(lake(), { ...figure, column: 'daily_cost_usd' });
  const rows = (await explainFigure(lake(), { ...figure, column: 'daily_cost_usd', limit: 1000 })).levels[0]!;
  const cents = rows.rows.reduce(
    (sum, _, row) => sum + BigInt(String(cell(rows, 'daily_cost_usd', row)).replace('.', '')),
    0n,
  );
  assert.equal(BigInt(String(cost.proof[0]!.summed).replace('.', '')), cents);
  assert.deepEqual([cost.holds, cost.levels[0]!.rows.length, cost.levels[0]!.total], [true, 2, rows.rows.length]);
  const ratio = await explainFigure(lake(), { ...figure, column: 'cost_per_request' });
  assert.equal(ratio.proof[0]!.how, `sum of daily_cost_usd / sum of daily_requests over ${rows.total} rows`);
  const parts = { column: 'daily_cost_usd', over: 'daily_requests' };
  assert.equal((await explainFigure(lake(), { ...figure, ...parts })).verdict, ratio.verdict);
  const thousands = await explainFigure(lake(), { ...figure, ...parts, times: 1000 });
  assert.match(thousands.proof[0]!.how, /^1000 × sum of daily_cost_usd \/ sum of daily_requests over /);
  const factor = Number(thousands.proof[0]!.summed) / Number(ratio.proof[0]!.summed);
  assert.ok(Math.abs(factor - 1000) < 1e-6, String(factor));
  const wrong = await explainFigure(lake(), { ...figure, column: 'daily_cost_usd', stated: '1.5' });
  assert.equal(wrong.holds, false);
  await assert.rejects(explainFigure(lake(), { ...figure, column: 'stated_measures' }), BadQuestion);
  await assert.rejects(explainFigure(lake(), { ...figure, column: 'org_name' }), BadQuestion);
});

test('what cannot be answered says what could', async () => {
  await assert.rejects(explain('gold.none', ownRow), /no table gold.none; tables: bronze.customers_orgs/);
  await assert.rejects(
    explain(usage, { org_id: 'org_own' }),
    /the key lacks usage_date, service_name: a row of .* is told by org_id/,
  );
  await assert.rejects(explain(usage, { ...ownRow, org: 'x' }), /org is no key column/);
  await assert.rejects(explain(usage, { ...ownRow, usage_date: 'x' }), BadQuestion);
  const elsewhere = { ...ownRow, usage_date: '2024-07-05', service_name: 'none' };
  await assert.rejects(explain(usage, elsewhere), /; rows of org_id=org_own have usage_date: 2025-07-04$/);
  await assert.rejects(explain(usage, ownRow, { version: 99 }), /has no version 99/);
  await assert.rejects(explain(usage, { ...ownRow, usage_date: '2025-07-05' }), (error: unknown) => {
    assert.ok(error instanceof NoSuchRow);
    assert.match(error.message, /rows that differ in one column have usage_date: 2025-07-04$/);
    return true;
  });
  await assert.rejects(
    explain(usage, { ...ownRow, org_id: 'org_no' }),
    /it has org_id: .*org_own|rows that differ in one column have org_id: org_own/,
  );
});

test('a date restated late: at first it was made of what it consumed, then of the new events', async () => {
  land('late.jsonl', [own('o4', { service: undefined, cost_usd_increment: 10 })], '2025-08-02T00:00:00Z');
  await drainEvents(process.context, run, process.index);
  land('later.jsonl', [own('o5', { service: undefined, cost_usd_increment: 0 })], '2025-08-02T00:00:00Z');
  await drainEvents(process.context, run, process.index);
  await build(events);
  const stale = await explain(usage, ownRow);
  assert.deepEqual(
    [stale.holds, line(stale, 'daily_cost_usd').summed, level(stale, events).total],
    [true, '3.750000', 2],
  );
  assert.match(level(stale, events).notes[0]!, /^its rows were changed since, last by version \d+$/);
  await build(usage);
  const fresh = await explain(usage, ownRow);
  assert.deepEqual(
    [fresh.holds, line(fresh, 'daily_cost_usd').stated, level(fresh, events).total],
    [true, '13.750000', 4],
  );
  assert.deepEqual(level(fresh, events).notes, []);
  const old = await explain(usage, ownRow, { version: stale.version });
  assert.deepEqual([old.holds, line(old, 'daily_cost_usd').stated], [true, '3.750000']);
});

test('behind a compaction stand the commits that wrote the rows', async () => {
  const { version } = await compact(lake().table(bronze), { minFiles: 2, targetBytes: 1 << 30, nowMs: Date.now() });
  const { made } = level(await explain(bronze, { event_id: 'o4', event_date: '2025-07-04' }), bronze);
  assert.ok(version !== null && made.every((m) => m.version < version && m.runId === 'test'));
});

test('a restored partition is made of what it consumed then', async () => {
  const { version } = (await lake().table(usage).latest())!;
  await restoreTable(process.context, run, { table: usage, version: 0, askedMs: Date.now(), reason: null });
  const explanation = await explain(usage, ownRow);
  assert.deepEqual([explanation.holds, line(explanation, 'daily_cost_usd').stated], [true, '3.750000']);
  assert.equal(level(explanation, usage).made[0]!.version, 0);
  assert.match(level(explanation, usage).notes[0]!, /^a restore has pinned it/);
  assert.equal((await explain(usage, ownRow, { version })).holds, true);
});

test('a version that was vacuumed is said; then the current one is read', async () => {
  const table = lake().table(events);
  const kept = new Set((await table.latest())!.files.map(({ path }) => path));
  for (const { path } of (await table.at(0)).files)
    if (!kept.has(path)) unlinkSync(join(lakeRoot, pathOf(events), path));
  const explanation = await explain(usage, ownRow);
  assert.match(
    level(explanation, events).notes[0]!,
    /^version 0, which was consumed, cannot be read any more \(vacuumed\): read at the current/,
  );
  assert.deepEqual([explanation.holds, line(explanation, 'daily_cost_usd').difference], [false, '-10.000000']);
});

test('a landing file with other content is not quoted, nor is what lies outside', async () => {
  land('late.jsonl', [own('o4', { service: undefined, cost_usd_increment: 99 })]);
  const replaced = level(await explain(bronze, { event_id: 'o4' }), 'landing');
  assert.deepEqual(
    [cell(replaced, 'state'), cell(replaced, 'raw')],
    ['replaced: the file has other content now', null],
  );
  unlinkSync(join(landing, 'usage_events_stream', 'late.jsonl'));
  assert.equal(cell(level(await explain(bronze, { event_id: 'o4' }), 'landing'), 'state'), 'gone');
});

test('a row that was tampered with is noticed, by the command too', async () => {
  const table = lake().table(usage);
  const base = (await table.latest())!;
  const day = '2025-07-08';
  const removes = base.files.filter(({ partitionValues }) => partitionValues.usage_date === day);
  const rows = await readFiles(lake().store, table.path, base.metadata, removes);
  const cost = columnOf(rows, 'daily_cost_usd');
  const more = decimalColumn(
    Array.from({ length: cost.length }, (_, i) => BigInt(i + 1)),
    38,
    6,
  );
  const tampered = tableOf({ ...columnsOf(rows), daily_cost_usd: more }, base.metadata.columns);
  const adds = await writeDataFiles(lake().store, table.path, base.metadata, tampered, { nowMs: Date.now() });
  const commit = async (written: AddFile[], replaced: AddFile[]) =>
    table.commit({
      base: await table.latest(),
      reads: { kind: 'table' },
      adds: written,
      removes: replaced,
      txns: {},
      dataChange: true,
      operation: 'WRITE',
      info: {},
    });
  await commit(adds, removes);
  const key = (await keysOf(usage, 1000)).find(({ usage_date }) => usage_date === day)!;
  const explanation = await explain(usage, key);
  assert.deepEqual(
    [explanation.holds, line(explanation, 'daily_cost_usd').equal, line(explanation, 'event_count').equal],
    [false, false, true],
  );
  assert.match(
    explanation.verdict,
    /^the figure is not what its rows give .*daily_cost_usd states 0\.0000\d\d, they give /,
  );
  assert.deepEqual(
    level(explanation, usage).made.map(({ workflowId }) => workflowId),
    [null],
  );

  const stray = { ...key, usage_date: '2030-01-01' };
  const days = constantColumn({ kind: 'date' }, dayNumber(stray.usage_date), rows.numRows);
  const moved = tableOf({ ...columnsOf(rows), usage_date: days }, base.metadata.columns);
  await commit(await writeDataFiles(lake().store, table.path, base.metadata, moved, { nowMs: Date.now() }), []);
  const nowhere = await explain(usage, stray);
  assert.match(nowhere.verdict, /^the figure is not what its rows give/);
  assert.match(level(nowhere, events).notes[0]!, /^no consumed version is recorded: read at the current version/);

  const told = Object.entries(key).map(([name, value]) => `${name}=${value}`);
  const env = { CPA_LAKE: lakeRoot, CPA_LANDING: landing };
  const failed = cpa(folder, ['explain', usage, ...told], env);
  assert.equal(failed.status, 1, failed.stderr);
  assert.match(failed.stdout, /\nProof\n(.*\n)+The figure is not what its rows give/);
  assert.equal((await explain(usage, key, { version: base.version })).holds, true);
  const missing = cpa(folder, ['explain', usage, ...told.slice(1)], env);
  assert.deepEqual([missing.status, missing.stdout], [2, '']);
  assert.match(
    missing.stderr,
    /^cpa: the key lacks org_id: a row of gold.org_daily_usage_by_service is told by org_id, usage_date, service_name\n$/,
  );
});
