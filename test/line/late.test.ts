/** Events that come late or again, in later runs and on later workers. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { valuesOf } from '../../engine/columnar/column-of.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import type { StreamResult } from '../../workflows/stream-result.ts';
import { undisturbedLake } from '../faults/steps.ts';
import { logicalHashes, type TestLine, testLine } from './line.ts';
import { eventLine, type SmallLanding, smallLanding } from './small-landing.ts';
import { quarantined, readTable, rowsIn } from './tables.ts';

const onDay = (id: string, day: string, change: Readonly<Record<string, unknown>> = {}): string =>
  eventLine(id, { timestamp: `${day}T10:00:00Z`, ...change });

const firstLines = [1, 2, 3, 4, 5, 6].map((n) => onDay(`first${n}`, `2025-07-0${n}`));
const lateLines = [
  onDay('late2', '2025-07-02'),
  onDay('late4', '2025-07-04', { cost_usd_increment: 7 }),
  onDay('next', '2025-07-07'),
];
const conflicting = onDay('first3', '2025-07-03', { cost_usd_increment: 99 });
const again = [onDay('first1', '2025-07-01'), onDay('late4', '2025-07-04', { cost_usd_increment: '7.0' }), conflicting];

describe('late and repeated events', () => {
  let landing: SmallLanding;
  let line: TestLine;
  let first: DailyRunResult;

  before(async () => {
    landing = smallLanding();
    landing.events('1.jsonl', firstLines);
    line = await testLine({ landing: landing.folder });
    first = await line.run<DailyRunResult>('dailyRun');
  });
  after(async () => {
    await line.stop();
    landing.remove();
  });

  it('are written, flagged late, and rebuild their own dates only', async () => {
    assert.equal(first.tables.find((t) => t.table === 'bronze.usage_events')?.late, 0);
    landing.events('2.jsonl', lateLines);
    const { tables, audit } = await line.run<DailyRunResult>('dailyRun');
    const of = (table: string) => tables.find((t) => t.table === table)!;
    assert.deepEqual([of('bronze.usage_events').written, of('bronze.usage_events').late], [3, 2]);
    assert.deepEqual([of('silver.usage_events').partitions, of('silver.usage_events').read], [3, 5]);
    assert.equal(of('gold.org_daily_usage_by_service').partitions, 3);
    assert.equal(audit?.passed, true);
    const silver = await rowsIn(line.lake(), 'silver.usage_events', 'event_id');
    assert.deepEqual(
      silver.filter((r) => r.is_late).map((r) => r.event_id),
      ['late2', 'late4'],
    );
    const gold = await rowsIn(line.lake(), 'gold.org_daily_usage_by_service', 'usage_date');
    assert.deepEqual(
      gold.map((r) => [r.usage_date, r.daily_cost_usd, r.event_count]),
      [
        ['2025-07-01', '1.5', 1],
        ['2025-07-02', '3', 2],
        ['2025-07-03', '1.5', 1],
        ['2025-07-04', '8.5', 2],
        ['2025-07-05', '1.5', 1],
        ['2025-07-06', '1.5', 1],
        ['2025-07-07', '1.5', 1],
      ],
    );
  });

  it('come once, on a worker that has not seen them: a repeat is counted, a conflicting one kept in quarantine', async () => {
    await line.restart();
    landing.events('3.jsonl', again);
    const { tables } = await line.run<StreamResult>('bronzeStream');
    const { read, written, duplicate, quarantined: rejected } = tables[0]!;
    assert.deepEqual({ read, written, duplicate, rejected }, { read: 3, written: 0, duplicate: 2, rejected: 1 });
    assert.deepEqual(await quarantined(line.lake()), [
      ['3.jsonl', 3, 'event_id_conflict', 'event_id first3 was seen before with other content'],
    ]);
    const raw = valuesOf(columnOf(await readTable(line.lake(), 'quarantine.usage_events'), 'raw'))[0] as Uint8Array;
    assert.equal(Buffer.from(raw).toString(), conflicting);
    const bronze = await rowsIn(line.lake(), 'bronze.usage_events');
    assert.equal(bronze.find((r) => r.event_id === 'first3')?.cost_usd_increment, '1.5');
    const { tables: built, audit } = await line.run<DailyRunResult>('dailyRun');
    assert.deepEqual(
      built.filter((t) => t.read > 0),
      [],
    );
    assert.equal(audit?.passed, true);
  });

  it('come out as if all had come in one go', async () => {
    const whole = smallLanding();
    whole.events('1.jsonl', firstLines);
    whole.events('2.jsonl', lateLines);
    whole.events('3.jsonl', again);
    try {
      const other = await undisturbedLake(whole.path('lake'), whole.folder, 1_000_000);
      assert.deepEqual(await logicalHashes(other.lakeRoot), await logicalHashes(line.lakeRoot));
    } finally {
      whole.remove();
    }
  });
});
