import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VERDICT } from '../../engine/columnar/dedupe.ts';
import { rowHashes } from '../../engine/columnar/hash.ts';
import { jsonlDecoder } from '../../engine/columnar/jsonl.ts';
import { columnOf, columnsOf } from '../../engine/columnar/table.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { contentColumns, eventColumns } from '../../transforms/bronze/event-columns.ts';
import { bronzeEvents } from '../../transforms/bronze/events.ts';
import { judgeRepeats } from '../../transforms/bronze/repeats.ts';
import { dayOf, rowsOf, usOf } from './rows.ts';

const landedUs = usOf('2025-07-10T00:00:00Z');

/** Lines of one file, a few bytes into it, as Bronze. */
function bronze(lines: readonly string[], watermarkUs: number | null = null) {
  const decoder = jsonlDecoder(eventColumns, { maxLineBytes: 1 << 20 });
  const bytes = new TextEncoder().encode(lines.map((l) => `${l}\n`).join(''));
  decoder.append(bytes, { file: 0, baseOffset: 100, firstLine: 5, final: true });
  return bronzeEvents(decoder.finish(), {
    files: [{ file: 'stream/a.jsonl', generation: 3, landedUs }],
    ingestUs: usOf('2025-07-10T01:00:00Z'),
    watermarkUs,
  });
}

const event = (fields: object) =>
  JSON.stringify({
    event_id: 'e1',
    timestamp: '2025-07-03T23:59:59Z',
    org_id: 'o1',
    cost_usd_increment: 1.5,
    ...fields,
  });

test('a row carries its fields, its UTC day and where it came from', () => {
  const { table, rejects, maxEventUs } = bronze([event({ timestamp: '2025-07-03T23:30:00-02:00', value: '12.5 ' })]);
  assert.deepEqual(
    table.schema.names,
    bronzeUsageEvents.fields.map((f) => f.name),
  );
  assert.deepEqual(rejects, []);
  assert.equal(maxEventUs, usOf('2025-07-04T01:30:00Z'));
  const [row] = rowsOf(table);
  assert.equal(row!.event_date, '2025-07-04');
  assert.equal(row!.value, '12.5');
  assert.equal(row!.source_file, 'stream/a.jsonl');
  assert.equal(row!.source_generation, 3);
  assert.equal(row!.source_row, 5);
  assert.equal(row!.source_offset, 100);
  assert.equal(row!.source_length, event({ timestamp: '2025-07-03T23:30:00-02:00', value: '12.5 ' }).length);
  assert.equal(row!.ingest_ts, '2025-07-10T01:00:00.000Z');
  assert.equal(row!.is_late, false);
});

test('each bad line is rejected for the first rule it breaks, with what could be read of it', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['nonsense', 'unparseable'],
    [event({ event_id: null, timestamp: 'never' }), 'event_id_missing'],
    [event({ event_id: '  ' }), 'event_id_missing'],
    [event({ event_id: 7 }), 'event_id_missing'],
    [event({ timestamp: undefined }), 'timestamp_invalid'],
    [event({ timestamp: '2025-07-03' }), 'timestamp_invalid'],
    [event({ timestamp: 1751500800 }), 'timestamp_invalid'],
    [event({ timestamp: '1999-12-31T23:59:59.999999Z' }), 'timestamp_out_of_range'],
    [event({ timestamp: '2025-07-11T00:00:00.000001Z' }), 'timestamp_out_of_range'],
    [event({ timestamp: '9999-12-31T23:59:59Z' }), 'timestamp_out_of_range'],
  ];
  const { table, rejects } = bronze([...cases.map(([line]) => line), event({})]);
  assert.equal(table.numRows, 1);
  const byLine = rejects.toSorted((a, b) => a.sourceRow - b.sourceRow);
  assert.deepEqual(
    byLine.map((r) => r.ruleId),
    cases.map(([, rule]) => rule),
  );
  for (const reject of byLine) {
    assert.equal(reject.sourceFile, 'stream/a.jsonl');
    assert.equal(reject.sourceGeneration, 3);
    assert.equal(reject.layer, 'bronze');
  }
  const [, idless] = byLine;
  assert.match(byLine[3]!.reason, /event_id is 7/);
  assert.match(byLine[5]!.reason, /timestamp is "2025-07-03"/);
  assert.deepEqual(
    [idless!.eventId, idless!.eventDate, idless!.orgId, idless!.moneyHeld],
    [null, null, 'o1', 1_500_000n],
  );
  assert.equal(byLine[7]!.eventDate, dayOf('1999-12-31'));
  assert.equal(byLine[7]!.eventId, 'e1');
});

test('the edges of the accepted time are accepted', () => {
  const { table, rejects } = bronze([
    event({ timestamp: '2000-01-01T00:00:00Z' }),
    event({ event_id: 'e2', timestamp: '2025-07-11T00:00:00Z' }),
  ]);
  assert.equal(rejects.length, 0);
  assert.equal(table.numRows, 2);
});

test('an event before the watermark is late, and is a row all the same', () => {
  const { table } = bronze(
    [event({ timestamp: '2025-07-03T11:59:59.999999Z' }), event({ timestamp: '2025-07-03T12:00:00Z' })],
    usOf('2025-07-03T12:00:00Z'),
  );
  assert.deepEqual(rowsOf(table, ['is_late']), [{ is_late: true }, { is_late: false }]);
});

test('no row at all is an empty table', () => {
  const { table, maxEventUs } = bronze([]);
  assert.equal(table.numRows, 0);
  assert.equal(maxEventUs, null);
  assert.deepEqual(
    table.schema.names,
    bronzeUsageEvents.fields.map((f) => f.name),
  );
});

test('content is every raw field and what was rescued, not where or when the line came', () => {
  const { table } = bronze([
    event({ value: 1 }),
    event({ value: '1.0' }),
    event({ value: 2 }),
    event({ value: 1, colour: 'red' }),
  ]);
  const { lo, hi } = rowHashes(
    contentColumns.map((name) => columnOf(table, name)),
    0,
  );
  const same = (a: number, b: number) => lo[a] === lo[b] && hi[a] === hi[b];
  assert.ok(same(0, 1));
  assert.ok(!same(0, 2));
  assert.ok(!same(0, 3));
});

test('new rows stay, repeats are counted, conflicts are rejected', () => {
  const { table } = bronze(['a', 'b', 'c', 'd'].map((event_id) => event({ event_id })));
  const { fresh, repeat, conflict } = VERDICT;
  const kept = judgeRepeats(columnsOf(table), Uint8Array.of(fresh, repeat, conflict, fresh));
  assert.deepEqual(kept.fresh, Uint8Array.of(1, 0, 0, 1));
  assert.equal(judgeRepeats(columnsOf(table), new Uint8Array(4).fill(fresh)).fresh, null);
  assert.equal(kept.duplicates, 1);
  assert.deepEqual(
    kept.rejects.map(({ ruleId, eventId, sourceRow, eventDate, moneyHeld }) => ({
      ruleId,
      eventId,
      sourceRow,
      eventDate,
      moneyHeld,
    })),
    [
      {
        ruleId: 'event_id_conflict',
        eventId: 'c',
        sourceRow: 7,
        eventDate: dayOf('2025-07-03'),
        moneyHeld: 1_500_000n,
      },
    ],
  );
});
