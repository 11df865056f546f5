import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { RoundSoFar } from '../../activities/stream/round-so-far.ts';
import type { LiveStatus } from '../../cli/stream/live-status.ts';
import { rateOver } from '../../cli/stream/rate.ts';
import { statusLines } from '../../cli/stream/status-text.ts';
import { cpa } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'cpa-stream-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const actions = ['start', 'status', 'pause', 'resume', 'trigger', 'drain', 'stop'];

test('stream lists its actions, and each explains itself', () => {
  const { status, stdout } = cpa(folder, ['stream', '--help']);
  assert.equal(status, 0);
  for (const action of actions) {
    assert.match(stdout, new RegExp(`^ {2}${action} `, 'm'));
    assert.match(cpa(folder, ['stream', action, '--help']).stdout, new RegExp(`^Usage: cpa stream ${action} `));
  }
});

test('without a stack every action says how to get one, exit code 1', () => {
  for (const action of actions) {
    const { status, stdout, stderr } = cpa(folder, ['stream', action, ...(action === 'trigger' ? ['100'] : [])]);
    assert.match(stderr, /^cpa: no Temporal: start the stack with `cpa up` or `npm start`, or set TEMPORAL_ADDRESS\n$/);
    assert.deepEqual([status, stdout], [1, ''], action);
  }
});

test('what is wrong with the command line is said, exit code 2', () => {
  for (const [args, message] of [
    [['stream'], /^Usage: cpa stream /],
    [['stream', 'begin'], /^cpa: unknown command 'begin'\n/],
    [['stream', 'trigger'], /^cpa: missing required argument 'ms'\n$/],
    [['stream', 'trigger', 'often'], /^cpa: .*Expected a whole number from 0\.\n$/],
    [['stream', 'trigger', '3600001'], /^cpa: .*Expected at most 3600000, an hour\.\n$/],
    [['stream', 'start', '--trigger', '-1'], /^cpa: .*Expected a whole number from 0\.\n$/],
    [
      ['run', 'bronzeStream', '{"mode": "continuous"}'],
      /^cpa: a continuous stream does not end by itself: `cpa stream start` starts it and comes back\n$/,
    ],
  ] as const) {
    const { status, stdout, stderr } = cpa(folder, args);
    assert.match(stderr, message);
    assert.deepEqual([status, stdout], [2, ''], args.join(' '));
  }
});

const spread = { p50: 12.34, p95: 250, max: 1234.5 };

const fresh: LiveStatus = {
  workflowId: 'bronze-stream',
  state: 'running',
  triggerMs: 0,
  paused: false,
  totals: { rounds: 0, batches: 0, files: 0, bytes: 0, read: 0, written: 0, quarantined: 0, duplicate: 0, late: 0 },
  lastRound: null,
  round: null,
  lastFailure: null,
};

const round: RoundSoFar = {
  batches: 3,
  files: 4,
  bytes: 2_500_000,
  read: 1000,
  written: 980,
  unchanged: 0,
  quarantined: 5,
  duplicate: 15,
  late: 20,
  lag: { files: 1, bytes: 41_234, seconds: 0.25 },
  publications: 2,
  servingProblem: null,
  speedProblem: null,
};

test('the status of a stream that has just started', () => {
  assert.deepEqual(statusLines(fresh), [
    'bronze-stream: running, as fast as possible',
    '',
    '  in Bronze     0 rows read  0 written  0 quarantined  0 duplicate  0 late',
    '  since start   0 files  0 B  0 micro-batches  0 rounds',
    '  behind by     not known yet',
  ]);
});

test('the status counts the round under way in, and marks what needs an eye', () => {
  const status: LiveStatus = {
    ...fresh,
    triggerMs: 1500,
    totals: { ...fresh.totals, rounds: 1, batches: 1, files: 1, bytes: 400, read: 10, written: 10 },
    lastRound: {
      ...round,
      batches: 1,
      read: 10,
      first: 0,
      last: 0,
      lateness: [0, 0, 0, 0],
      lag: { files: 0, bytes: 0, seconds: 0 },
      times: { discover: spread, plan: spread, bronze: spread, speed: spread, batch: spread, wait: spread },
      serving: { publications: 1, rows: 7, number: 9, waits: spread, times: spread, problem: 'of the round before' },
      compaction: { filesRemoved: 0, filesAdded: 0, problem: 'a table is gone' },
      alerts: { raised: 2, lines: ['org_a reached 80 %', 'org_b reached 100 %'], undelivered: 1, problem: null },
      unreadable: [{ file: 'usage_events_stream/a.jsonl', error: 'EACCES: permission denied' }],
      replaced: ['usage_events_stream/b.jsonl'],
      ms: 30_000,
    },
    round: { ...round, servingProblem: 'Cassandra at 10.0.0.5:9042 does not answer\nat all' },
    lastFailure: 'no space left on device',
  };
  assert.deepEqual(statusLines(status, 499.6), [
    'bronze-stream: running, a micro-batch every 1,500 ms at most',
    '',
    '  in Bronze     1,010 rows read  990 written  5 quarantined  15 duplicate  20 late',
    '  since start   5 files  2.5 MB  4 micro-batches  1 round',
    '  behind by     1 file  41.2 kB  0.3 s',
    '  now           500 rows/s',
    '',
    '  last round    30.0 s  1 micro-batch  10 rows  1 publication  7 rows served',
    '                         p50         p95         max',
    '    file waits       12.3 ms    250.0 ms   1234.5 ms',
    '    micro-batch      12.3 ms    250.0 ms   1234.5 ms',
    '    increments       12.3 ms    250.0 ms   1234.5 ms',
    '    publication      12.3 ms    250.0 ms   1234.5 ms',
    '',
    '  last alerts   org_a reached 80 %',
    '                org_b reached 100 %',
    '                1 alert not delivered yet',
    '',
    '  ! serving waits: Cassandra at 10.0.0.5:9042 does not answer',
    '  ! not compacted: a table is gone',
    '  ! not read: usage_events_stream/a.jsonl: EACCES: permission denied',
    '  ! replaced: usage_events_stream/b.jsonl',
    '  ! being tried again after: no space left on device',
  ]);
});

test('a rate is of the window, once a second of it has gone by', () => {
  const rate = rateOver(10_000);
  assert.equal(rate(0, 100), null);
  assert.equal(rate(999, 200), null);
  assert.equal(rate(2000, 300), 100);
  assert.equal(rate(12_000, 1300), 100);
  assert.equal(rate(22_000, 1300), 0);
});
