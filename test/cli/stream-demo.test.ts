import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { LatencyProbe } from '../../cli/demo/latency-probe.ts';
import { type LiveFigures, liveLine, liveLines } from '../../cli/demo/live-view.ts';
import { keyOf, keyText } from '../../cli/demo/served-usage.ts';
import type { LineKind } from '../../cli/produce/event-lines.ts';

const figures: LiveFigures = {
  elapsedMs: 42_400,
  durationMs: 120_000,
  produced: { events: 21_000, files: 77 },
  eventsPerSecond: 499.7,
  bronze: {
    batches: 80,
    files: 76,
    bytes: 9e6,
    read: 20_850,
    written: 20_555,
    quarantined: 96,
    duplicate: 199,
    late: 412,
  },
  lag: { files: 1, bytes: 41_234, seconds: 0.2 },
  latency: { p50: 310.4, p95: 1640, max: 1700, files: 61 },
  today: {
    day: '2026-11-26',
    events: 20_100,
    costUsd: 29_397.678,
    organisations: 80,
    top: { org: 'org_ab12cd34', costUsd: 1234.5 },
  },
  problem: null,
};

test('the live block fits 100 columns', () => {
  const lines = liveLines(figures);
  assert.deepEqual(lines, [
    '  ━━━━━━━━━━━━━━┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈  0:42 of 2:00',
    '  produced   21,000 events  77 files  500 events/s',
    '  Bronze     20,850 read  20,555 written  96 quarantined  199 duplicate  412 late',
    '  behind by  1 file  41.2 kB  0.2 s',
    '  latency    p50 310 ms  p95 1,640 ms  complete file → its rows by CQL, last 30 s',
    '  today      29,397.68 USD  20,100 events  80 organisations',
    '  top        org_ab12cd34  1,234.50 USD',
  ]);
  assert.ok(Math.max(...lines.map((line) => line.length)) <= 100);
});

test('what is not known yet is a dash, and a problem is marked', () => {
  const none = { p50: 0, p95: 0, max: 0, files: 0 };
  const early = { ...figures, eventsPerSecond: null, bronze: null, lag: null, latency: none, today: null };
  assert.equal(
    liveLine({ ...early, problem: 'Cassandra does not answer' }),
    '  0:42  produced 21,000 (–)  Bronze –  behind not known yet  latency –  today –  ! Cassandra does not answer',
  );
  assert.equal(liveLines({ ...early, problem: 'Cassandra does not answer' }).at(-1), '  ! Cassandra does not answer');
});

const key = { org: 'org_a', day: '2026-11-26', service: 'compute' };

function probeOf(before: number) {
  let served = before;
  let nowMs = 1000;
  const probe = new LatencyProbe({
    before: new Map([[keyText(key), before]]),
    served: async (asked) => {
      assert.deepEqual(asked, key);
      return served;
    },
    clock: () => nowMs,
  });
  const line = (kind: LineKind, org = key.org): void =>
    probe.line({
      kind,
      line:
        kind === 'malformed' ? '{' : `{"org_id": "${org}", "timestamp": "${key.day}T10:00:00Z", "service": "compute"}`,
    });
  return {
    probe,
    line,
    serve: (events: number, ms: number): void => {
      served = events;
      nowMs = ms;
    },
  };
}

test('a file is visible when the row of its last event counts as many events as were produced', async () => {
  const { probe, line, serve } = probeOf(10);
  for (const kind of ['late', 'duplicate', 'malformed', 'on_time'] as const) line(kind);
  probe.file({ completedMs: 1000 });
  line('on_time');
  line('late', 'org_b');
  probe.file({ completedMs: 1500 });
  const stop = new AbortController();
  const running = probe.run(stop.signal);
  serve(11, 1600);
  await wait(60);
  assert.equal(probe.since(0).files, 0);
  serve(12, 1700);
  while (probe.since(0).files < 1) await wait(5);
  serve(13, 1900);
  while (probe.since(0).files < 2) await wait(5);
  stop.abort();
  await running;
  assert.deepEqual(probe.since(0), { p50: 400, p95: 700, max: 700, files: 2 });
  assert.deepEqual(probe.since(1800), { p50: 400, p95: 400, max: 400, files: 1 });
});

test('files without an event of now are no samples, and no more than four are waited for', async () => {
  const { probe, line, serve } = probeOf(0);
  line('late');
  probe.file({ completedMs: 1000 });
  for (let i = 0; i < 6; i++) {
    line('on_time');
    probe.file({ completedMs: 1000 });
  }
  serve(7, 1100);
  const stop = new AbortController();
  const running = probe.run(stop.signal);
  while (probe.since(0).files === 0) await wait(5);
  stop.abort();
  await running;
  assert.equal(probe.since(0).files, 4);
});

test('a key and its text say the same', () => {
  assert.deepEqual(keyOf(keyText(key)), key);
});
