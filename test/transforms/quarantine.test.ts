import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnOf } from '../../engine/columnar/table.ts';
import { quarantineOf } from '../../schemas/quarantine.ts';
import { quarantineRows } from '../../transforms/quarantine.ts';
import type { Reject } from '../../transforms/reject.ts';
import { dayOf, rowsOf, usOf } from './rows.ts';

const reject: Reject = {
  sourceFile: 'stream/a.jsonl',
  sourceGeneration: 2,
  sourceRow: 7,
  sourceOffset: 2 ** 40,
  byteLength: 100_000,
  layer: 'silver',
  ruleId: 'cost_missing',
  reason: 'The cost is missing',
  eventId: 'e1',
  eventDate: dayOf('2025-07-03'),
  orgId: null,
  moneyHeld: -5_500_000n,
};
const context = { detectedUs: usOf('2025-07-04T23:59:59Z'), runId: 'run-1' };

test('a reject becomes a row with the first 64 KiB of its line', () => {
  const table = quarantineRows(
    [reject, { ...reject, eventDate: null, moneyHeld: null }],
    [new Uint8Array(100_000), null],
    context,
  );
  const { fields } = quarantineOf('users');
  assert.deepEqual(
    table.schema.names,
    fields.map((f) => f.name),
  );
  const names = fields.map((f) => f.name).filter((name) => name !== 'raw');
  assert.deepEqual(rowsOf(table, names)[0], {
    source_file: 'stream/a.jsonl',
    source_generation: 2,
    source_offset: 2 ** 40,
    source_row: 7,
    byte_length: 100_000,
    layer: 'silver',
    rule_id: 'cost_missing',
    reason: 'The cost is missing',
    event_id: 'e1',
    event_date: '2025-07-03',
    org_id: null,
    money_held: '-5.5',
    first_seen: '2025-07-04T23:59:59.000Z',
    run_id: 'run-1',
    detected_date: '2025-07-04',
  });
  const raw = columnOf(table, 'raw');
  assert.ok(raw.kind === 'binary' && raw.bytes.length === 65_536 && raw.validity !== null);
});

test('nothing rejected is an empty table; raw lines must match', () => {
  assert.equal(quarantineRows([], [], context).numRows, 0);
  assert.throws(() => quarantineRows([reject], [], context), /1 rejects, 0 raw lines/);
});
