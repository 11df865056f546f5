/** The bench of the stream, in small: its parts work, and what they check fails when a number is wrong. */
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { budgets, holds } from '../../bench/budgets.ts';
import type { Figure } from '../../bench/report.ts';
import { benchBacklog } from '../../bench/stream/backlog.ts';
import { untilExact } from '../../bench/stream/exact.ts';
import { ExpectedUsage } from '../../bench/stream/expected-usage.ts';
import { fifthsOf } from '../../bench/stream/fifths.ts';
import { benchFlat } from '../../bench/stream/flat.ts';
import { benchKnownIds, checkVerdicts } from '../../bench/stream/known-ids.ts';
import { benchLive } from '../../bench/stream/live.ts';
import { onRig, type RigStack } from '../../bench/stream/rig.ts';
import { ServedWatch } from '../../bench/stream/served-watch.ts';
import { soundEvent } from '../../bench/stream/sound-event.ts';
import { usageKeyText } from '../../bench/stream/usage-key.ts';
import { EventLines } from '../../cli/produce/event-lines.ts';
import type { Session } from '../../serving/session.ts';

const nowMs = Date.parse('2026-03-05T10:00:00Z');
const key = usageKeyText({ org: 'org_a', day: '2026-03-05', service: 'compute' });

function line(id: string, change: Record<string, unknown> = {}): string {
  const timestamp = '2026-03-05T09:00:00Z';
  const event = { event_id: id, timestamp, org_id: 'org_a', service: 'compute', value: 1, cost_usd_increment: 0.5 };
  return `${JSON.stringify({ ...event, ...change })}\n`;
}

/** A Cassandra with one row, which has `events` events. */
function oneRow(events: number): Session {
  const row = { org_id: 'org_a', usage_date: '2026-03-05', service_name: 'compute', event_count: BigInt(events) };
  async function* pages() {
    yield [row];
  }
  return { execute: async () => [row], pages } as unknown as Session;
}

test('a line is sound exactly when the source did not break it', () => {
  const resources = ['compute', 'genai'].map((service) => ({ id: 'res_a', org: 'org_a', service, region: 'eu' }));
  const lines = new EventLines({ resources, late: 0.1, duplicate: 0.1, malformed: 0.3, dates: 60 }, 'run', 1);
  for (let i = 0; i < 5000; i++) {
    const { kind, line } = lines.next(nowMs);
    const event = soundEvent(Buffer.from(line).toString('utf8'), nowMs);
    assert.equal(event === null, kind === 'malformed', String(line));
  }
});

describe('what is expected of the mart', () => {
  const file = (...lines: string[]): Buffer => Buffer.from(lines.join(''));

  it('counts new sound events, on top of what was served before', () => {
    const expected = new ExpectedUsage(new Map([[key, 10]]));
    expected.add(file(line('1'), line('1'), line('2', { org_id: '' }), '{\n'), nowMs);
    expected.add(file(line('1'), line('3')), nowMs);
    assert.equal(expected.events, 2);
    assert.deepEqual([...expected.counts], [[key, 12]]);
  });

  it('shows a file by its first and last key and its last event, with the counts that they reach', () => {
    const at = (day: string, org = 'org_a') => usageKeyText({ org, day, service: 'compute' });
    const on = (day: string, id: string, org = 'org_a') => line(id, { timestamp: `${day}T00:00:00Z`, org_id: org });
    const expected = new ExpectedUsage(new Map([[at('2026-03-04'), 5]]));
    const probes = expected.add(
      file(on('2026-03-04', '1'), on('2026-03-05', '2', 'org_z'), on('2026-03-01', '3'), on('2026-03-04', '4')),
      nowMs,
    );
    assert.deepEqual(probes, [
      { key: at('2026-03-01'), atLeast: 1 },
      { key: at('2026-03-04'), atLeast: 7 },
      { key: at('2026-03-05', 'org_z'), atLeast: 1 },
    ]);
    assert.deepEqual(expected.add(file(line('4')), nowMs), []);
  });

  it('is not met by an event too few or too many, nor by a source that says otherwise', async () => {
    const expected = new ExpectedUsage(new Map());
    expected.add(file(line('1'), line('2')), nowMs);
    await untilExact(oneRow(2), expected, 2);
    await assert.rejects(untilExact(oneRow(1), expected, 2, 0), /1 rows are not exact: org_a .* has 1 events, not 2/);
    await assert.rejects(untilExact(oneRow(3), expected, 2, 0), /has 3 events, not 2/);
    await assert.rejects(untilExact(oneRow(2), expected, 3), /hold 2 new sound events, the source says 3/);
  });

  it('is served when the row has its events, and reported when it never does', async () => {
    const served = await new ServedWatch(oneRow(7)).servedMs([{ key, atLeast: 7 }]);
    assert.ok(Math.abs(served - Date.now()) < 1000);
    const never = new ServedWatch(oneRow(7), 20).servedMs([{ key, atLeast: 8 }]);
    await assert.rejects(never, /not served after \d+ ms: org_a 2026-03-05 compute has 7 events of 8/);
  });
});

test('the last fifth is held against the second', () => {
  const slower = fifthsOf([9, 9, 1, 3, 5, 5, 5, 5, 2, 4]);
  assert.deepEqual(slower, { second: 2, last: 3, ratio: 1.5 });
  assert.equal(holds(budgets.flatBatches, slower.ratio), false);
  assert.equal(holds(budgets.flatBatches, fifthsOf([9, 2, 3, 3, 2]).ratio), true);
  assert.throws(() => fifthsOf([1, 2, 3, 4]), /no fifths/);
});

test('an index that is wrong about an id is found out', () => {
  checkVerdicts(Uint8Array.of(1, 1, 0, 0), 10, 10);
  assert.throws(() => checkVerdicts(Uint8Array.of(1, 0, 0, 0), 10, 10), /gives id 1 of 4 the verdict 0/);
  assert.throws(() => checkVerdicts(Uint8Array.of(1, 1, 0, 1), 10, 10), /gives id 3 of 4 the verdict 1/);
  assert.throws(() => checkVerdicts(Uint8Array.of(1, 1, 0, 0), 9, 10), /holds 9 ids, the lake 10/);
});

describe('a part', () => {
  const log = (): void => undefined;

  const checkFigures = (figures: readonly Figure[], ...answered: readonly (keyof typeof budgets)[]): void => {
    for (const { name, value } of figures) assert.ok(Number.isFinite(value) && value >= 0, `${name}: ${value}`);
    const answers = figures.flatMap(({ budget }) => (budget === null ? [] : [budget.figure]));
    assert.deepEqual(
      answers,
      answered.map((name) => budgets[name].figure),
    );
  };

  it('"index" looks ids up and makes the index anew', async () => {
    const { figures } = await benchKnownIds({ log, events: 10_000 });
    checkFigures(figures, 'indexCheck', 'indexRebuild');
  });

  it('"backlog", "flat" and "latency" work one after another on one lake, each exact', async () => {
    const address = process.env.CPA_TEST_TEMPORAL!;
    const cassandra = JSON.parse(process.env.CPA_TEST_CASSANDRA!) as RigStack['cassandra'];
    await onRig({ temporal: { address, uiUrl: null }, cassandra, services: [] }, log, async (rig) => {
      const backlog = await benchBacklog(rig, { backlog: { events: 2000, days: 2, orgs: 5 }, inOrder: true });
      checkFigures(backlog.figures, 'backlog');
      const flat = await benchFlat(rig, { batches: 50 });
      checkFigures(flat.figures, 'flatBatches', 'flatMemory');
      const source = { rate: 100, seconds: 4, warmSeconds: 1, late: 0.02, dates: 2, hasBudget: true };
      const live = await benchLive(rig, source);
      checkFigures(live.figures, 'visibleHalf', 'visible95');
      assert.ok(live.figures.some(({ name, value }) => name === 'files that count' && value > 0));
    });
  });
});
