/** What stands of events that were stated more than once, and what a line looks like that is written again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonlDecoder } from '../../engine/columnar/jsonl.ts';
import { columnsOf } from '../../engine/columnar/table.ts';
import { eventColumns } from '../../transforms/bronze/event-columns.ts';
import { eventLine } from '../../transforms/bronze/event-line.ts';
import { type EventRow, eventRows, sameContent } from '../../transforms/bronze/event-row.ts';
import { bronzeEvents } from '../../transforms/bronze/events.ts';
import { type Statement, standing } from '../../transforms/bronze/restated.ts';
import { settleLines } from '../../transforms/bronze/retried.ts';
import { usOf } from './rows.ts';

let lines = 0;

/** The row of a line, each from a place of its own. */
function rowOf(line: string): EventRow {
  const decoder = jsonlDecoder(eventColumns, { maxLineBytes: 1 << 20 });
  const bytes = new TextEncoder().encode(`${line}\n`);
  decoder.append(bytes, { file: 0, baseOffset: 100 * lines, firstLine: ++lines, final: true });
  const landedUs = usOf('2025-07-10T00:00:00Z');
  const { table } = bronzeEvents(decoder.finish(), {
    files: [{ file: 'a.jsonl', generation: 1, landedUs }],
    ingestUs: landedUs,
    watermarkUs: null,
  });
  return eventRows(columnsOf(table), [0])[0]!;
}

function stated(landedUs: number, fields: object): Statement {
  const event = { event_id: 'e', timestamp: '2025-07-03T10:00:00Z', org_id: 'o', cost_usd_increment: 1.5 };
  return { landedUs, event: rowOf(JSON.stringify({ ...event, ...fields })) };
}

const [version1, version2] = [{ schema_version: 1 }, { schema_version: 2 }];

test('a later statement replaces an earlier one, whichever is committed and however they come', () => {
  const [first, second, third] = [1, 2, 3].map((n) => stated(n, { cost_usd_increment: n })) as [
    Statement,
    Statement,
    Statement,
  ];
  for (const committed of [first, second, third]) {
    const left = standing([third, first, second], committed);
    assert.equal(left.holder, third);
    assert.equal(left.event, third.event);
    assert.deepEqual(left.superseded, [first, second]);
    // And once more, when the others were superseded.
    assert.equal(standing([third], third).holder, third);
  }
});

test('a repeat in version 2 adds its fields to an event of version 1 that it agrees with', () => {
  const old = stated(1, version1);
  const more = stated(2, { ...version2, carbon_kg: 0.25 });
  const left = standing([old, more], old);
  assert.ok(sameContent(left.event, more.event));
  assert.deepEqual([left.holder, left.superseded], [more, [old]]);
  // The fields of both, where both have some.
  const tokens = stated(1, { ...version1, genai_tokens: 7 });
  const both = standing([tokens, more], tokens).event;
  assert.deepEqual([both.carbon_kg, both.genai_tokens, both.schema_version], [250_000_000n, 7_000_000n, 2]);
  assert.equal(both.source_row, more.event.source_row);
});

test('a repeat in version 1 takes nothing from an event of version 2', () => {
  const full = stated(1, { ...version2, carbon_kg: 0.25 });
  const bare = stated(2, version1);
  assert.deepEqual(standing([full, bare], full), { event: full.event, holder: full, repeats: [bare], superseded: [] });
  // Committed first, it gives way to what landed before it and says more.
  const left = standing([full, bare], bare);
  assert.deepEqual([left.holder, left.superseded], [full, [bare]]);
  assert.ok(sameContent(left.event, full.event));
});

test('statements that contradict each other, or are of one version, replace each other whole', () => {
  const old = stated(1, version1);
  for (const fields of [
    { ...version2, carbon_kg: 1, cost_usd_increment: 2 },
    { ...version1, carbon_kg: 1 },
  ]) {
    const later = stated(2, fields);
    assert.deepEqual(standing([old, later], old), {
      event: later.event,
      holder: later,
      repeats: [],
      superseded: [old],
    });
  }
});

test('without acceptance the committed row stays, and of lines whose event is not there the first that landed is written', () => {
  const there = stated(5, {});
  const lines = [stated(2, { cost_usd_increment: 9 }), stated(1, {}), stated(3, {})];
  const beside = settleLines(lines, new Map([['e', there]]), false);
  assert.deepEqual(beside, { outcomes: ['conflict', 'duplicate', 'duplicate'], written: [], replaced: [] });
  const alone = settleLines(lines, new Map(), false);
  assert.deepEqual(alone.outcomes, ['conflict', 'written', 'duplicate']);
  assert.deepEqual(alone.written, [{ event: lines[1]!.event, line: 1 }]);
  const accepted = settleLines(lines, new Map([['e', there]]), true);
  // What landed last is committed already.
  assert.deepEqual(accepted.outcomes, ['superseded', 'superseded', 'duplicate']);
  assert.deepEqual([accepted.written, accepted.replaced], [[], []]);
});

test('a line written again says what its row says', () => {
  for (const fields of [
    {},
    { timestamp: '2025-07-03T10:00:00.123456Z', value: '12.5', carbon_kg: 1e-9, genai_tokens: null, schema_version: 2 },
    { region: 5, tags: { a: [1, 'ü"'] }, cost_usd_increment: 'much', note: 'x\ny' },
  ]) {
    const { event } = stated(1, fields);
    assert.ok(sameContent(rowOf(eventLine(event)), event), eventLine(event));
  }
});
