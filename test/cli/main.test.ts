import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dataDictionary } from '../../cli/dictionary.ts';
import { cpa } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'cpa-main-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('help lists the commands, and every command explains itself with examples', () => {
  const { status, stdout } = cpa(folder, ['--help']);
  assert.equal(status, 0);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) .*/gm)]
    .map((m) => m[1]!)
    .filter((name) => name !== 'cpa' && name !== 'help');
  for (const name of [
    'doctor',
    'generate',
    'produce',
    'run',
    'stream',
    'tables',
    'show',
    'history',
    'query',
    'audit',
  ]) {
    assert.ok(commands.includes(name), name);
    assert.match(cpa(folder, [name, '--help']).stdout, /\nExamples:\n {2}/, name);
  }
});

test('what is wrong with the command line is said in one line, exit code 2', () => {
  for (const [args, message] of [
    [['tabels'], /^cpa: unknown command 'tabels'\n\(Did you mean tables\?\)\n$/],
    [['tables', '--nope'], /^cpa: unknown option '--nope'\n$/],
    [['show'], /^cpa: missing required argument 'table'\n$/],
    [
      ['show', 'bronze.users', '--limit', '0'],
      /^cpa: option '--limit <rows>' argument '0' is invalid\. Expected a whole number from 1\.\n$/,
    ],
    [['show', 'bronze.users', '--columns', 'a,,b'], /^cpa: .*Expected names separated by commas\.\n$/],
    [['generate'], /^cpa: required option '--out <dir>' not specified\n$/],
    [['query', 'nope'], /^cpa: .*Allowed choices are daily_cost, .*\n$/],
    [['audit', '--scope', 'some'], /^cpa: .*Allowed choices are changed, everything\.\n$/],
    [['demo', '--rate', '5'], /^cpa: --rate is for the live events of --stream\n$/],
    [['demo', '--stream', '--minutes', '0'], /^cpa: .*Expected a number above 0\.\n$/],
    [['constructor'], /^cpa: unknown command 'constructor'\n$/],
  ] as const) {
    const { status, stdout, stderr } = cpa(folder, args);
    assert.match(stderr, message);
    assert.deepEqual([status, stdout], [2, ''], args.join(' '));
  }
});

test('what failed is said in one line, exit code 1; the place only when asked for', () => {
  const { status, stdout, stderr } = cpa(folder, ['query', 'daily_cost', '--org', 'org_a']);
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /^cpa: no Cassandra: .*\n$/);
  assert.match(cpa(folder, ['query', 'daily_cost'], { CPA_DEBUG: '1' }).stderr, /^cpa: Error: no Cassandra: .*\n +at /);
  assert.match(cpa(folder, ['audit']).stderr, /^cpa: no Temporal: .*\n$/);
  assert.match(
    cpa(folder, ['demo', '--stream'], { CPA_LANDING: folder }).stderr,
    /^cpa: the demo of the stream writes events of its own: it does not run with CPA_LANDING\n$/,
  );
  assert.match(
    cpa(folder, ['tables'], { CPA_LAKE: 's3://bucket' }).stderr,
    /^cpa: CPA_LAKE="s3:\/\/bucket" is not valid: .*\n$/,
  );
});

test('the version is that of the package', () => {
  assert.match(cpa(folder, ['--version']).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('doctor checks what is not configured and ends with 0 exactly when nothing is missing', () => {
  const { status, stdout } = cpa(folder, ['doctor'], {
    CASSANDRA_CONTACT_POINTS: '127.0.0.1:1',
    TEMPORAL_ADDRESS: '127.0.0.1:1',
  });
  assert.match(stdout, /^✓ {2}Node\.js +v\d+/m);
  assert.doesNotMatch(stdout, /Java|Maven|Temporal CLI/);
  assert.equal(status, /^✗/m.test(stdout) ? 1 : 0);
  const missing = cpa(folder, ['doctor'], {
    PATH: folder,
    HOME: folder,
    CPA_CACHE: folder,
    XDG_CACHE_HOME: folder,
    JAVA_HOME: '',
  });
  assert.equal(missing.status, 1);
  assert.match(missing.stdout, /^✗ {2}Java +nothing/m);
  assert.match(missing.stdout, /^Java: /m);
});

test('generate writes the same bytes for the same options, and says what is wrong with the data', () => {
  const options = ['--events', '3000', '--days', '10', '--orgs', '9', '--files', '5'];
  const generate = (out: string, seed: string) => cpa(folder, ['generate', ...options, '--seed', seed, '--out', out]);
  const { status, stdout } = generate('one', '7');
  assert.equal(status, 0);
  assert.match(stdout, /^3,000 events of 9 organisations, 2025-07-03 to 2025-07-12: 5 files, [\d,]+ bytes in one\n/);
  assert.match(stdout, /^defect +count$/m);
  assert.match(stdout, /^event_id_conflict +\d+$/m);
  assert.equal(generate('two', '7').stdout, stdout.replace(' in one\n', ' in two\n'));
  generate('three', '8');
  const bytes = (name: string): string[] =>
    filesOf(name).map((file) => readFileSync(join(folder, name, file), 'latin1'));
  assert.deepEqual(filesOf('one'), filesOf('two'));
  assert.deepEqual(bytes('one'), bytes('two'));
  assert.notDeepEqual(bytes('one'), bytes('three'));
  const again = generate('one', '7');
  assert.equal(again.status, 1);
  assert.match(again.stderr, /^cpa: .*is not empty\n$/);
});

test('generate leaves out the defects that the original data lacks', () => {
  const { stdout } = cpa(folder, [
    'generate',
    '--events',
    '500',
    '--days',
    '5',
    '--seed',
    '1',
    '--defects',
    'original',
    '--out',
    'original',
  ]);
  assert.match(stdout, /^Bronze: 500 of 500 lines; /m);
  assert.doesNotMatch(stdout, /event_id_conflict|unparseable/);
});

test('the committed data dictionary is what the contracts say', () => {
  const page = readFileSync(join(process.cwd(), 'docs/data-dictionary.md'), 'utf8');
  assert.ok(page === dataDictionary(), 'docs/data-dictionary.md is not up to date: run `npm run docs`');
});

function filesOf(name: string): string[] {
  return (readdirSync(join(folder, name), { recursive: true }) as string[])
    .filter((file) => /\.\w+$/.test(file))
    .sort();
}
