import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCsv } from '../../engine/columnar/csv.ts';
import { masters } from '../../schemas/bronze.ts';
import { bronzeMaster } from '../../transforms/bronze/master.ts';
import { rowsOf, usOf } from './rows.ts';

function load(name: string, lines: readonly string[]) {
  const source = masters.find((m) => m.name === name)!;
  const specs = source.contract.fields.filter((f) => !f.technical && f.name !== 'rescued' && f.name !== 'survey_month');
  const csv = decodeCsv(new TextEncoder().encode(lines.join('\n')), specs, { maxRecordBytes: 1 << 20 });
  const context = { file: source.file, generation: 1, ingestUs: usOf('2025-09-01T00:00:00Z') };
  return { ...bronzeMaster(source, csv, context), source };
}

test('rows come under the contract, with what does not parse rescued', () => {
  const { table, rejects, source } = load('users', [
    'user_id,org_id,email,role,active,created_at,last_login',
    'u1,o1,a@b.c,devops,True,2025-07-10,',
    'u2,o1,,devops,maybe,yesterday,2025-07-11',
  ]);
  assert.deepEqual(
    table.schema.names,
    source.contract.fields.map((f) => f.name),
  );
  assert.deepEqual(rejects, []);
  const [first, second] = rowsOf(table);
  assert.equal(first!.active, true);
  assert.equal(first!.rescued, null);
  assert.equal(first!.source_row, 2);
  assert.equal(first!.source_file, 'users.csv');
  assert.equal(second!.active, null);
  assert.equal(second!.created_at, null);
  assert.deepEqual(JSON.parse(String(second!.rescued)), { active: 'maybe', created_at: 'yesterday' });
});

test('a missing key and a conflicting repeat are rejected, an identical repeat is counted, the first stays', () => {
  const { table, rejects, duplicates } = load('users', [
    'user_id,org_id,email,role,active,created_at,last_login',
    'u1,o1,a@b.c,devops,True,2025-07-10,',
    'u1,o1,a@b.c,devops,True,2025-07-10,',
    'u1,o1,a@b.c,devops,False,2025-07-10,',
    ',o9,a@b.c,devops,True,2025-07-10,',
    'u3,o1,a@b.c',
  ]);
  assert.deepEqual(rowsOf(table, ['user_id', 'active']), [{ user_id: 'u1', active: true }]);
  assert.equal(duplicates, 1);
  assert.deepEqual(rejects.map((r) => [r.ruleId, r.sourceRow, r.eventId, r.orgId]).toSorted(), [
    ['key_conflict', 4, 'u1', 'o1'],
    ['key_missing', 5, null, 'o9'],
    ['unparseable', 6, null, null],
  ]);
});

test('a key of two fields: the survey month follows from the day; a day that does not parse is a missing key', () => {
  const { table, rejects } = load('nps_surveys', [
    'org_id,survey_date,nps_score,comment',
    'o1,2025-08-22,11.0,fine',
    'o1,2025-08-23,12.0,',
    'o1,2025-08-22,10.0,fine',
    'o1,soon,10.0,fine',
  ]);
  assert.deepEqual(rowsOf(table, ['survey_date', 'survey_month']), [
    { survey_date: '2025-08-22', survey_month: '2025-08-01' },
    { survey_date: '2025-08-23', survey_month: '2025-08-01' },
  ]);
  assert.deepEqual(
    rejects.map((r) => [r.ruleId, r.eventId]),
    [
      ['key_conflict', 'o1/2025-08-22'],
      ['key_missing', null],
    ],
  );
  assert.match(rejects[1]!.reason, /survey_date is "soon"/);
});

test('partition values come in one form, what was stated is kept', () => {
  const invoices = load('billing_monthly', [
    'invoice_id,org_id,month,subtotal,credits,taxes,currency,exchange_rate_to_usd',
    'i1,o1,2025-06-01,1,,1,USD,1',
    'i2,o1,2025-06-17,x,,1,USD,1',
  ]);
  assert.deepEqual(rowsOf(invoices.table, ['month', 'rescued']), [
    { month: '2025-06-01', rescued: null },
    { month: '2025-06-01', rescued: '{"subtotal":"x","month":"2025-06-17"}' },
  ]);
  const tickets = load('support_tickets', [
    'ticket_id,org_id,category,severity,created_at,resolved_at,csat,sla_breached',
    't1,o1,billing,High ,2025-06-01,,,True',
    't2,o1,billing,high,2025-06-01,,,True',
  ]);
  assert.deepEqual(rowsOf(tickets.table, ['severity', 'rescued']), [
    { severity: 'high', rescued: '{"severity":"High "}' },
    { severity: 'high', rescued: null },
  ]);
});
