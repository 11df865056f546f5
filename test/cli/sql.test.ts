import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { existingTables, openLake } from '../../cli/lake.ts';
import { answers } from '../../cli/sql/answers.ts';
import { type LakeConnection, openConnection } from '../../cli/sql/connection.ts';
import { outputAt, writeAnswer } from '../../cli/sql/output.ts';
import { textOf } from '../../cli/sql/print.ts';
import { prompt } from '../../cli/sql/prompt.ts';
import { errorLine, QueryInterrupted } from '../../cli/sql/query-error.ts';
import { tablesFor } from '../../cli/sql/versions.ts';
import type { Cell } from '../../engine/columnar/cell.ts';
import { cellAt } from '../../engine/columnar/cell.ts';
import { columnsOf } from '../../engine/columnar/table.ts';
import { Lake } from '../../engine/delta/lake.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { openStore } from '../../engine/storage/open.ts';
import { cpa } from './program.ts';
import { column, smallLake, writeRows } from './small-lake.ts';

const usage = 'gold.org_daily_usage_by_service';
/** What a path, a glob pattern, SQL, and a folder of partitions give a meaning. */
const lakeName = `role=eu it's [a-z]* "%2F`;
const roles = [null, 'admin', `a/b=c%20'é" ?*[x]{}`, `long ${'x'.repeat(300)}`, `${'y'.repeat(300)}`, '+'];

let folder = '';
let lake: Lake;
let session: LakeConnection;
before(async () => {
  folder = await smallLake();
  renameSync(join(folder, 'lake'), join(folder, lakeName));
  lake = new Lake(openStore(join(folder, lakeName)), () => Date.UTC(2025, 7, 17));
  const users = {
    name: 'bronze.users',
    description: '',
    columns: [column('user_id', { kind: 'utf8' }), column('role', { kind: 'dictionary' })],
    partitionColumns: ['role'],
    configuration: {},
  };
  await writeRows(
    lake,
    users,
    roles.map((role, i) => [`u${i}`, role]),
    {},
  );
  const evolved = {
    ...users,
    columns: [column('seats', { kind: 'int32' }), ...users.columns, column('at', { kind: 'timestamp' })],
  };
  await writeRows(lake, evolved, [[7, 'u9', 'admin', 1_755_000_000_123_456n]], {});
  await writeRows(lake, { ...users, name: 'bronze.resources', partitionColumns: [] }, [], {});
  session = await openConnection(await existingTables(lake));
});
after(() => {
  session.close();
  rmSync(folder, { recursive: true, force: true });
});

async function rowsOf(sql: string, { duckdb }: LakeConnection = session): Promise<Cell[][]> {
  const rows: Cell[][] = [];
  for await (const { parts } of answers(duckdb, sql)) for await (const part of parts) rows.push(...part.cells());
  return rows;
}

/** What a child process prints for SQL; `input` is its standard input. */
function sql(...args: string[]) {
  const { status, stdout, stderr } = cpa(folder, ['sql', ...args], { CPA_LAKE: lakeName });
  return { status, stdout, stderr };
}

/** Every file below the lake and its content. */
function lakeBytes(): string[] {
  const root = join(folder, lakeName);
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => `${file} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`)
    .sort();
}

test('every table is a view with the rows, columns and types that our own reader finds', async () => {
  const tables = await existingTables(lake);
  assert.equal(tables.length, 5);
  for (const { name, table, snapshot } of tables) {
    const columns = Object.values(
      columnsOf(await readFiles(table.store, table.path, snapshot.metadata, snapshot.files)),
    );
    const rows = Array.from({ length: columns[0]!.length }, (_, row) => columns.map((c) => cellAt(c, row)));
    const inOrder = (some: readonly Cell[][]) => some.map((row) => row.map(String).join('\n')).sort();
    assert.deepEqual(inOrder(await rowsOf(`from ${name}`)), inOrder(rows), name);
  }
  assert.deepEqual(
    (await rowsOf(`describe ${usage}`)).map(([name, type]) => `${name} ${type}`),
    [
      'org_id VARCHAR',
      'service_name VARCHAR',
      'daily_cost_usd DECIMAL(38,6)',
      'daily_carbon_kg DECIMAL(38,9)',
      'event_count BIGINT',
      'is_final BOOLEAN',
      'usage_date DATE',
    ],
  );
});

test('partition values come from the log, whatever the folders are called', async () => {
  const found = await rowsOf('select role from bronze.users where seats is null order by user_id');
  assert.deepEqual(found.flat(), roles);
  for (const role of roles) {
    const condition = role === null ? 'role is null' : `role = '${role.replaceAll("'", "''")}'`;
    assert.deepEqual(await rowsOf(`select user_id from bronze.users where ${condition} and seats is null`), [
      [`u${roles.indexOf(role)}`],
    ]);
  }
  const [[, plan]] = (await rowsOf(`explain analyze from ${usage} where usage_date = '2025-08-15'`)) as [
    [Cell, string],
  ];
  assert.match(plan.replace(/\W+/g, ' '), /Total Files Read 1 /, 'files of other partitions stay closed');
});

test('a column that older files lack is null in their rows', async () => {
  assert.deepEqual(await rowsOf(`select count(*), count(seats), max("at") from bronze.users`), [
    [7n, 1n, '2025-08-12T12:00:00.123456Z'],
  ]);
});

test('tables are as they were at a version or an instant', async () => {
  const count = async (at: Record<string, number>, asOfMs: number | null = null) => {
    const then = await tablesFor(lake, `from ${usage}`, { at: new Map(Object.entries(at)), asOfMs });
    assert.deepEqual(
      then.map(({ name }) => name),
      [usage],
      'tables that the SQL does not name cost nothing',
    );
    const opened = await openConnection(then);
    const [row] = await rowsOf(`select count(*), sum(daily_cost_usd) from ${usage}`, opened);
    opened.close();
    return row;
  };
  const [was, is] = [
    [4n, '12345678901237.057890'],
    [3n, '12345678901241.557890'],
  ];
  assert.deepEqual(await count({}), is);
  assert.deepEqual(await count({ [usage]: 0 }), was);
  assert.deepEqual(await count({}, Date.UTC(2025, 7, 16, 3, 4, 59)), was);
  assert.deepEqual(await count({ [usage]: 1 }, Date.UTC(2025, 7, 16, 3, 4, 59)), is);
  await assert.rejects(count({ [usage]: 2 }), /^Error: gold\.\w+ has no version 2; the newest is 1$/);
  await assert.rejects(count({}, 0), /had no version yet at 1970-01-01T00:00:00.000Z; its first is of 2025-08-16T/);
  const { snapshot } = (await existingTables(lake, (name) => name === usage))[0]!;
  assert.equal(snapshot.version, 1);
});

test('a snapshot is pinned: a later commit does not change what a connection sees', async () => {
  const opened = await openConnection(await existingTables(lake, (name) => name === 'bronze.resources'));
  const { metadata } = (await lake.table('bronze.resources').latest())!;
  await writeRows(lake, metadata, [['r1', 'x']], {});
  assert.deepEqual(await rowsOf('from bronze.resources', opened), []);
  opened.close();
});

test('SQL reads the data files of its snapshot and nothing else, and writes nothing', async () => {
  const dataFile = (await rowsOf(`select distinct filename from delta_log."${usage}"`))[0]![0] as string;
  const inLake = dataFile.replaceAll("'", "''");
  const attempts = [
    `copy (select 1) to '${inLake}' (use_tmp_file false)`,
    `copy (select 1) to '${inLake}.new'`,
    `explain analyze copy (select 1) to '${inLake}' (use_tmp_file false)`,
    `/**/ explain analyze copy (select 1) to '${inLake}' (use_tmp_file false)`,
    `explain select 1; explain analyze copy (select 1) to '${inLake}' (use_tmp_file false)`,
    `prepare p as copy (select 1) to '${inLake}' (use_tmp_file false); execute p`,
    `attach '${inLake}.db'`,
    `export database '${inLake}.d'`,
    `call enable_logging(storage = 'file', storage_path = '${inLake}.d')`,
    `delete from ${usage}`,
    `update ${usage} set org_id = 'x'`,
    `insert into ${usage} (org_id) values ('x')`,
    `from read_text('${folder}/${lakeName.replaceAll("'", "''")}/gold/org_daily_usage_by_service/_delta_log/*')`,
    `from read_text('/etc/hostname')`,
    `from 'https://127.0.0.1/x.parquet'`,
    'install httpfs',
    'load httpfs',
    'pragma enable_profiling',
    `set threads = 1`,
    `set enable_external_access = true`,
    `set allowed_paths = []`,
    `create persistent secret s (type http, bearer_token 'x')`,
  ];
  const was = lakeBytes();
  for (const attempt of attempts) await assert.rejects(rowsOf(attempt), Error, attempt);
  // DuckDB lets these begin, refuses them the disk, and the connection is of no more use.
  const opened = await openConnection(await existingTables(lake));
  const profile = `from enable_profiling(format = 'json', save_location = '${inLake}.json')`;
  await rowsOf(`${profile}; select 1`, opened).catch(() => null);
  const log = `from enable_logging(storage = 'file', storage_path = '${inLake}.csv')`;
  assert.notEqual(sql(`${log}; select 1`).status, 0);
  assert.deepEqual(lakeBytes(), was);
  await rowsOf('create table gold.mine as select 1 as a; insert into gold.mine values (2)');
  assert.deepEqual(await rowsOf('from gold.mine'), [[1], [2]]);
});

test('errors are one line with the hint and the place', async () => {
  const line = (query: string) => rowsOf(query).then(String, ({ message }: Error) => message);
  assert.equal(await line('selec 1'), 'Parser Error: syntax error at or near "selec" (line 1, column 1)');
  assert.equal(
    await line(`select 1,\n  nope\nfrom ${usage}`),
    'Binder Error: Referenced column "nope" not found in FROM clause! Candidate bindings: "org_id" (line 2, column 3)',
  );
  assert.match(await line(`select ${'1 as a, '.repeat(40)}nope from ${usage}`), /\(line 1, column 328\)$/);
  assert.equal(await line('-- nothing'), 'there is no SQL statement');
  assert.equal(errorLine('Out of Memory Error: no', ''), 'Out of Memory Error: no');
});

test('a query that is interrupted says so, and the connection goes on', async () => {
  const endless = rowsOf('select count(*) from range(1000000000000) a, range(1000) b');
  setTimeout(() => session.duckdb.interrupt(), 100);
  await assert.rejects(endless, QueryInterrupted);
  assert.deepEqual(await rowsOf('select 1'), [[1]]);
});

test('CSV and JSON have every row, exact and as the other commands print them', async () => {
  const all = async (query: string, format: 'csv' | 'json') => {
    let whole = '';
    for await (const answer of answers(session.duckdb, query)) whole += await text(textOf(answer, format));
    return whole;
  };
  const lines = (await all('select i from range(5000) t(i)', 'csv')).split('\r\n');
  assert.deepEqual([lines.length, lines[0], lines[1], lines[5000]], [5002, 'i', '0', '4999']);
  assert.equal(
    await all(`select org_id, seen_at, score from bronze.customers_orgs order by 1`, 'csv'),
    'org_id,seen_at,score\r\norg_a,2025-08-14T00:00:00Z,0.5\r\norg_b,2025-08-14T10:00:00.000005Z,-1e-7\r\norg_c,,\r\n',
  );
  assert.equal(
    await all(`select 1 as a, 2 as a, 1.50::decimal(18,6) as d, [1, 2] as l, timestamp '2025-01-01' as t`, 'json'),
    '[\n  {"a":1,"a:1":2,"d":"1.500000","l":"[1, 2]","t":"2025-01-01T00:00:00"}\n]\n',
  );
  assert.equal(await all('select 1 as a where false', 'json'), '[]\n');
  assert.equal((JSON.parse(await all('select i from range(5000) t(i)', 'json')) as unknown[]).length, 5000);
});

test('the command prints a table and says how many rows there are', () => {
  const { stdout, stderr, status } = sql(`select org_id, event_count from ${usage} order by all`, '--limit', '2');
  assert.equal(stdout, 'org_id  event_count\n──────  ───────────\norg_a             3\norg_a            10\n');
  assert.equal(stderr, 'the first 2 of 3 rows; --limit shows more\n');
  assert.equal(status, 0);
});

test('a file has the whole answer, Parquet exactly so; a query that fails leaves it as it was', async () => {
  const file = join(folder, 'o.parquet');
  const write = async (query: string) => {
    const output = await outputAt(file, join(folder, lakeName));
    const opened = await openConnection(await existingTables(lake, (name) => name === usage), output.unfinished);
    await writeAnswer(opened.duckdb, query, output).finally(opened.close);
  };
  await write(
    `select org_id, sum(event_count) as events, sum(daily_cost_usd) as usd from ${usage} group by 1 order by 1; -- end`,
  );
  const was = readFileSync(file);
  await assert.rejects(write('select error(x::text) from range(3) t(x)'), /Invalid Input Error/);
  await assert.rejects(write(`copy (select 1) to '${file}'`), Error);
  await assert.rejects(write(`select 1) to '${file}'; copy (select 2`), Error);
  assert.deepEqual(readFileSync(file), was);
  assert.deepEqual(readdirSync(folder).sort(), ['o.parquet', lakeName].sort());
  const reader = await (await DuckDBInstance.create()).connect();
  const read = await reader.runAndReadAll(`select *, typeof(events), typeof(usd) from '${file}'`);
  assert.deepEqual(
    read.getRows().map((row) => row.map(String)),
    [
      ['org_a', '13', '6.990000', 'DECIMAL(38,0)', 'DECIMAL(38,6)'],
      ['org_b', '1200', '12345678901234.567890', 'DECIMAL(38,0)', 'DECIMAL(38,6)'],
    ],
  );
  reader.closeSync();
});

test('exit codes tell a wrong command line from a query that failed', () => {
  const refused = (status: number, pattern: RegExp, ...args: string[]) => {
    const result = sql(...args);
    assert.equal(result.status, status, args.join(' '));
    assert.match(result.stderr, pattern);
    assert.equal(result.stderr.trimEnd().split('\n').length, 1);
  };
  refused(
    1,
    /^cpa: Catalog Error: Table with name nope does not exist; tables: .*gold\.org_daily.* \(line 1/,
    'from gold.nope',
  );
  refused(2, /is in the lake/, 'select 1', '--out', join(lakeName, 'x.csv'));
});

test('the prompt takes statements over several lines and goes on after errors', async () => {
  const input = new PassThrough();
  const said: string[] = [];
  const printed: string[] = [];
  input.end(
    [
      'select 1',
      '  as a; select 2 as b;',
      'select nope;',
      `select 'x;`,
      `';`,
      '.tables',
      '.schema gold.org_daily_usage_by_service',
      '.nothing',
      '.quit',
      'select 3;',
    ].join('\n'),
  );
  await prompt({
    duckdb: session.duckdb,
    tables: await existingTables(lake),
    input,
    output: new PassThrough(),
    history: [],
    remember: () => undefined,
    print: async (answer) => void printed.push(await text(textOf(answer, 'csv'))),
    say: (line) => said.push(line),
  });
  assert.equal(printed.length, 3);
  assert.deepEqual(printed.slice(0, 2), ['a\r\n1\r\n', 'b\r\n2\r\n']);
  assert.match(printed[2]!, /"x;\n"\r\n$/);
  assert.match(said[0]!, /^Binder Error/);
  assert.match(said[1]!, /^gold\.org_daily_usage_by_service {2}version 1$/m);
  assert.match(said[2]!, /^daily_cost_usd {2}decimal\(38,6\)$/m);
  assert.match(said[2]!, /^usage_date {2}date {2}partition$/m);
  assert.match(said[3]!, /^no command \.nothing/);
  assert.equal(said.length, 4);
});

test('a lake without tables has none to query', async () => {
  const empty = openLake(join(folder, 'none'));
  assert.deepEqual(await tablesFor(empty, 'show tables', { at: new Map(), asOfMs: null }), []);
});
