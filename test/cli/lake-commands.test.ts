import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cpa } from './program.ts';
import { smallLake } from './small-lake.ts';

let folder = '';
before(async () => {
  folder = await smallLake();
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** What a command prints; it must succeed. */
function output(...args: string[]): string {
  const { status, stdout, stderr } = cpa(folder, args, { CPA_LAKE: 'lake' });
  assert.equal(status, 0, stderr);
  return stdout;
}

function refusal(...args: string[]): { status: number | null; stderr: string } {
  const { status, stdout, stderr } = cpa(folder, args, { CPA_LAKE: 'lake' });
  assert.equal(stdout, '');
  return { status, stderr };
}

const usage = 'gold.org_daily_usage_by_service';

test('tables lists what exists, upstream before downstream', () => {
  const [head, , ...lines] = output('tables').split('\n');
  assert.equal(head!.replace(/ +/g, ' '), 'table rows files bytes partitions version last_commit path');
  // Bytes are the Parquet library's business.
  assert.deepEqual(
    lines.map((line) => line.split(/ {2,}/).toSpliced(3, 1)),
    [
      ['bronze.customers_orgs', '3', '1', '1', '0', '2025-08-16T03:05:05.678Z', 'lake/bronze/customers_orgs'],
      [usage, '3', '2', '2', '1', '2025-08-16T03:05:05.678Z', 'lake/gold/org_daily_usage_by_service'],
      ['quarantine.usage_events', '2', '1', '1', '0', '2025-08-16T03:05:05.678Z', 'lake/quarantine/usage_events'],
      [''],
    ],
  );
  const [orgs] = JSON.parse(output('tables', '--format', 'json')) as Record<string, unknown>[];
  assert.deepEqual(
    { ...orgs, bytes: 0 },
    {
      table: 'bronze.customers_orgs',
      rows: 3,
      files: 1,
      bytes: 0,
      partitions: 1,
      version: 0,
      last_commit: '2025-08-16T03:05:05.678Z',
      path: 'lake/bronze/customers_orgs',
    },
  );
});

test('show prints exact values: numbers to the right, null as a dash', () => {
  assert.equal(
    output('show', usage),
    `\
org_id  service_name         daily_cost_usd  daily_carbon_kg  event_count  is_final  usage_date
──────  ────────────  ─────────────────────  ───────────────  ───────────  ────────  ──────────
org_b   compute       12345678901234.567890      1.000000001         1200  true      2025-08-14
org_a   genai                     -0.010000                –            3  true      2025-08-14
org_a   storage                    7.000000      0.000000000           10  true      2025-08-15
`,
  );
});

test('a version shows the rows of then', () => {
  assert.equal(
    output('show', usage, '--version', '0', '--where', 'usage_date=2025-08-15', '--format', 'csv'),
    'org_id,service_name,daily_cost_usd,daily_carbon_kg,event_count,is_final,usage_date\r\n' +
      'org_a,,0.000000,0.000000500,1,false,2025-08-15\r\n' +
      'org_c,storage,2.500000,0.000000000,9,false,2025-08-15\r\n',
  );
});

test('CSV quotes what it must and tells null from empty text', () => {
  assert.equal(
    output('show', 'bronze.customers_orgs', '--format', 'csv'),
    'org_id,org_name,score,seats,seen_at\r\n' +
      'org_a,"Ünïcode, ""quoted""\nInc",0.5,7,2025-08-14T00:00:00Z\r\n' +
      'org_b,"",-1e-7,,2025-08-14T10:00:00.000005Z\r\n' +
      'org_c,,,1234567,\r\n',
  );
});

test('JSON has one object a row, decimals as strings', () => {
  const text = output(
    'show',
    usage,
    '--format',
    'json',
    '--columns',
    'daily_cost_usd,event_count,is_final',
    '--limit',
    '2',
  );
  assert.equal(
    text,
    '[\n  {"daily_cost_usd":"12345678901234.567890","event_count":1200,"is_final":true},\n' +
      '  {"daily_cost_usd":"-0.010000","event_count":3,"is_final":true}\n]\n',
  );
});

test('bytes are text where they are, and a table lets no control character through', () => {
  assert.match(output('show', 'quarantine.usage_events'), /\{"a": 1\\u001b\[2J {2}unparseable\n0xff00 +unparseable\n/);
  assert.deepEqual(JSON.parse(output('show', 'quarantine.usage_events', '--columns', 'raw', '--format', 'json')), [
    { raw: '{"a": 1\u001b[2J' },
    { raw: '0xff00' },
  ]);
});

test('quarantine is counted, shown and exported with its raw bytes', () => {
  assert.deepEqual(JSON.parse(output('quarantine', 'list', '--format', 'json')), [
    {
      source: 'usage_events',
      layer: 'null',
      rule: 'unparseable',
      rows: 2,
      money_held_usd: '0.000000',
      first_seen: null,
      last_seen: null,
    },
  ]);
  const shown = cpa(folder, ['quarantine', 'show', '--lake', 'lake', '--limit', '1', '--format', 'csv']);
  assert.equal(
    shown.stdout,
    'file,generation,line,offset,rule,reason,raw\r\n,,,,unparseable,,"{""a"": 1\u001b[2J"\r\n',
  );
  assert.match(shown.stderr, /^the first 1 rows/);
  const lines = output('quarantine', 'export', '--rule', 'unparseable').trimEnd().split('\n');
  const raws = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    raws.map((r) => [r.source, r.rule_id, r.raw, r.raw_base64]),
    [
      ['usage_events', 'unparseable', '{"a": 1\u001b[2J', undefined],
      ['usage_events', 'unparseable', undefined, '/wA='],
    ],
  );
  assert.equal(output('quarantine', 'export', '--rule', 'other', '--output', 'none.jsonl'), '');
  assert.equal(readFileSync(join(folder, 'none.jsonl'), 'utf8'), '');
  rmSync(join(folder, 'none.jsonl'));
  const { status, stderr } = refusal('quarantine', 'show', '--date', '14/08/2025');
  assert.equal(status, 2);
  assert.match(stderr, /Expected a day such as 2025-08-14/);
});

test('conditions are joined, in order of partitions, up to the limit', () => {
  const ids = (...where: string[]): string[] =>
    output(
      'show',
      usage,
      '--version',
      '0',
      '--columns',
      'org_id',
      '--format',
      'csv',
      ...where.flatMap((w) => ['--where', w]),
    )
      .trimEnd()
      .split('\r\n')
      .slice(1);
  assert.deepEqual(ids(), ['org_b', 'org_a', 'org_a', 'org_c']);
  assert.deepEqual(ids('daily_cost_usd>=0', 'is_final=false'), ['org_a', 'org_c']);
  assert.deepEqual(ids('service_name!=genai'), ['org_b', 'org_a', 'org_c']);
  assert.deepEqual(ids('service_name='), ['org_a']);
  assert.deepEqual(ids('usage_date<2025-08-15', 'org_id=org_a'), ['org_a']);
  assert.deepEqual(ids('usage_date>2025-08-15'), []);
  const { stdout, stderr } = cpa(folder, ['show', usage, '--limit', '2', '--lake', 'lake', '--columns', 'org_id']);
  assert.match(stdout, /org_b\norg_a\n$/);
  assert.match(stderr, /^the first 2 rows/);
});

test('a condition on the partition column keeps other partitions from being read', async () => {
  const other = await smallLake();
  const partition = join(other, 'lake/gold/org_daily_usage_by_service/usage_date=2025-08-15');
  for (const file of readdirSync(partition)) rmSync(join(partition, file));
  const shown = cpa(other, ['show', usage, '--lake', 'lake', '--where', 'usage_date=2025-08-14', '--format', 'json']);
  assert.equal((JSON.parse(shown.stdout) as unknown[]).length, 2);
  const failed = cpa(other, ['show', usage, '--lake', 'lake']);
  assert.equal(failed.status, 1);
  assert.match(failed.stderr, /^cpa: object not found: .*2025-08-15.*\n$/);
  rmSync(other, { recursive: true });
});

test('history tells what each version did, newest first', () => {
  assert.equal(
    output('history', usage),
    `\
version  time                      operation  files_added  files_removed  rows_added  read  written  unchanged  quarantined  duplicate  late  duration_ms  reason  workflow_id       run_id
───────  ────────────────────────  ─────────  ───────────  ─────────────  ──────────  ────  ───────  ─────────  ───────────  ─────────  ────  ───────────  ──────  ────────────────  ──────
      1  2025-08-16T03:05:05.678Z  WRITE                1              1           1     1        1          0            0          0     1        1,500  a test  daily-2025-08-16  run-1
      0  2025-08-16T03:04:05.678Z  WRITE                2              0           4     5        4          0            1          0     1        1,500  a test  daily-2025-08-15  run-1
`,
  );
  const [newest, ...rest] = JSON.parse(
    output('history', 'bronze.customers_orgs', '--limit', '1', '--format', 'json'),
  ) as Record<string, unknown>[];
  assert.equal(rest.length, 0);
  assert.deepEqual(
    [newest!.snapshot_file, newest!.effective_from, newest!.read],
    ['customers_orgs.csv', '2025-08-12T12:00:00Z', null],
  );
});

test('diff sums what the rows that differ say, and prints them', async () => {
  assert.equal(
    output('diff', usage),
    `\
measure                added      removed  changed_before  changed_after    difference
───────────────  ───────────  ───────────  ──────────────  ─────────────  ────────────
rows                       1            2               0              0            -1
daily_cost_usd      7.000000     2.500000        0.000000       0.000000      4.500000
daily_carbon_kg  0.000000000  0.000000500     0.000000000    0.000000000  -0.000000500
event_count               10           10               0              0             0
`,
  );
  const [rows] = JSON.parse(output('diff', usage, '--by-partition', '--format', 'json')) as object[];
  assert.deepEqual(Object.values(rows!), ['2025-08-15', 'rows', 1, 2, 0, 0, -1]);
  assert.equal(
    output('diff', usage, '--rows', '2', '--format', 'csv', '--from-version', '0', '--to-version', '1'),
    'change,org_id,usage_date,service_name,daily_cost_usd,daily_carbon_kg,event_count\r\n' +
      'removed,org_a,2025-08-15,,0.000000,0.000000500,1\r\n' +
      'removed,org_c,2025-08-15,storage,2.500000,0.000000000,9\r\n',
  );
  const other = await smallLake();
  rmSync(join(other, 'lake/gold/org_daily_usage_by_service/usage_date=2025-08-14'), { recursive: true });
  assert.equal(cpa(other, ['diff', usage, '--lake', 'lake']).status, 0, 'a day that is the same in both is not read');
  rmSync(other, { recursive: true });
  assert.deepEqual(refusal('diff', 'quarantine.usage_events'), {
    status: 1,
    stderr: 'cpa: quarantine.usage_events: there is no version before 0 to compare with\n',
  });
});

test('unknown tables, columns, versions and formats are refused, naming what there is', () => {
  const existing = 'tables: bronze.customers_orgs, gold.org_daily_usage_by_service, quarantine.usage_events';
  assert.deepEqual(refusal('show', 'gold.nope'), { status: 2, stderr: `cpa: no table gold.nope; ${existing}\n` });
  assert.deepEqual(refusal('history', '../bronze'), { status: 2, stderr: `cpa: no table ../bronze; ${existing}\n` });
  assert.deepEqual(refusal('show', 'bronze.users'), {
    status: 1,
    stderr: `cpa: nothing was written to bronze.users yet; ${existing}\n`,
  });
  assert.deepEqual(refusal('show', 'quarantine.usage_events', '--columns', 'raw,nope'), {
    status: 2,
    stderr: 'cpa: --columns: no column nope; columns: raw, rule_id\n',
  });
  assert.deepEqual(refusal('show', 'quarantine.usage_events', '--where', 'nope=1'), {
    status: 2,
    stderr: 'cpa: --where: no column nope; columns: raw, rule_id\n',
  });
  assert.deepEqual(refusal('show', usage, '--where', 'usage_date'), {
    status: 2,
    stderr: 'cpa: --where: "usage_date": expected column=value; operators: =, !=, <, <=, >, >=\n',
  });
  assert.deepEqual(refusal('show', usage, '--where', 'usage_date=14/08/2025'), {
    status: 2,
    stderr: 'cpa: --where: usage_date=14/08/2025: usage_date is a date: expected a day such as 2025-08-14\n',
  });
  const version = refusal('show', usage, '--version', '7');
  assert.equal(version.status, 1);
  assert.match(version.stderr, /^cpa: gold\/org_daily_usage_by_service.* has no version 7 .*\n$/);
  const format = refusal('show', usage, '--format', 'xml');
  assert.equal(format.status, 2);
  assert.match(
    format.stderr,
    /^cpa: option '--format <format>' argument 'xml' is invalid\. Allowed choices are table, json, csv\.\n$/,
  );
});

test('an empty lake says so and creates nothing', () => {
  const { status, stdout, stderr } = cpa(folder, ['tables', '--lake', 'none', '--format', 'json']);
  assert.deepEqual([status, stdout], [0, '[]\n']);
  assert.match(stderr, /none has no tables yet/);
  assert.deepEqual(readdirSync(folder), ['lake']);
});
