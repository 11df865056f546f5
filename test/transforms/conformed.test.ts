import assert from 'node:assert/strict';
import { test } from 'node:test';
import { masters } from '../../schemas/bronze.ts';
import { masterFlagRules } from '../../schemas/master-rules.ts';
import { conformedMasters } from '../../schemas/silver.ts';
import { conformed } from '../../transforms/silver/conformed.ts';
import { type Row, rowsOf, tableFrom } from './rows.ts';
import { orgs } from './usage.ts';

function conform(source: string, rows: readonly Row[]) {
  const bronze = masters.find((m) => m.name === source)!.contract;
  const contract = conformedMasters.find((c) => c.upstream[0]!.table === bronze.name)!;
  const table = conformed(contract, tableFrom(bronze.fields, rows), orgs);
  assert.deepEqual(
    table.schema.names,
    contract.fields.map((f) => f.name),
  );
  return { rows: rowsOf(table), contract };
}

/** Every rule of a table flags the row made for it, and no whole row is flagged. */
function checkFlags(source: string, whole: Row, cases: readonly (readonly [Row, string])[]): void {
  const { rows, contract } = conform(source, [whole, ...cases.map(([row]) => ({ ...whole, ...row }))]);
  assert.equal(rows[0]!.flags, null);
  assert.deepEqual(
    rows.slice(1).map((r) => r.flags),
    cases.map(([, flags]) => flags),
  );
  const named = new Set(cases.flatMap(([, flags]) => flags.split(',')));
  const untested = masterFlagRules[contract.name]!.map((r) => r.id).filter((id) => !named.has(id));
  assert.deepEqual(untested, untested.includes('rounded') ? ['rounded'] : []);
}

test('users', () => {
  const whole = { user_id: 'u1', org_id: 'o1', created_at: '2025-07-02', last_login: '2025-07-02' };
  checkFlags('users', whole, [
    [{ org_id: 'o9' }, 'unknown_organisation'],
    [{ org_id: null }, 'unknown_organisation'],
    [{ last_login: '2025-07-01' }, 'last_login_before_created'],
    [{ last_login: null, rescued: '{"last_login":"never"}' }, 'wrong_type'],
  ]);
});

test('support tickets', () => {
  const whole = { ticket_id: 't1', org_id: 'o1', created_at: '2025-07-02', severity: 'low', csat: '5' };
  checkFlags('support_tickets', whole, [
    [{ org_id: 'o9' }, 'unknown_organisation'],
    [{ created_at: null }, 'created_at_missing'],
    [{ resolved_at: '2025-07-01' }, 'resolved_before_created'],
    [{ csat: '5.01' }, 'csat_out_of_range'],
    [{ csat: '0.99' }, 'csat_out_of_range'],
    [{ severity: 'mild' }, 'unknown_severity'],
    [{ csat: null, rescued: '{"csat":"good"}' }, 'wrong_type'],
    [{ csat: '4.25', rescued: '{"csat":"4.249"}' }, 'rounded'],
  ]);
});

test('marketing touches', () => {
  checkFlags('marketing_touches', { touch_id: 'm1', org_id: 'o1', timestamp: '2025-07-02' }, [
    [{ org_id: 'o9' }, 'unknown_organisation'],
    [{ timestamp: null }, 'timestamp_missing'],
    [{ clicked: null, rescued: '{"clicked":"perhaps"}' }, 'wrong_type'],
  ]);
});

test('NPS surveys', () => {
  checkFlags('nps_surveys', { org_id: 'o1', survey_date: '2025-07-02', nps_score: '100' }, [
    [{ org_id: 'o9' }, 'unknown_organisation'],
    [{ nps_score: '100.5' }, 'nps_out_of_range'],
    [{ nps_score: '-101' }, 'nps_out_of_range'],
    [{ nps_score: null, rescued: '{"nps_score":"high"}' }, 'wrong_type'],
    [{ rescued: '{"nps_score":"99.999"}' }, 'rounded'],
  ]);
});

test('invoices', () => {
  const whole = {
    invoice_id: 'i1',
    org_id: 'o1',
    month: '2025-07-01',
    subtotal: '10',
    taxes: '1',
    currency: 'EUR',
    exchange_rate_to_usd: '1.1',
  };
  checkFlags('billing_monthly', whole, [
    [{ org_id: 'o9' }, 'unknown_organisation'],
    [{ month: null }, 'month_missing'],
    [{ rescued: '{"month":"2025-07-17"}' }, 'month_not_first_day'],
    [{ subtotal: null }, 'subtotal_missing'],
    [{ taxes: null }, 'taxes_missing'],
    [{ subtotal: '-10' }, 'tax_sign'],
    [{ currency: null }, 'currency_missing'],
    [{ exchange_rate_to_usd: null }, 'fx_missing'],
    [{ currency: 'USD' }, 'usd_rate_not_one'],
    [{ taxes: null, rescued: '{"taxes":"none"}' }, 'taxes_missing,wrong_type'],
    [{ rescued: '{"subtotal":"9.9999999"}' }, 'rounded'],
  ]);
  const { rows } = conform('billing_monthly', [
    { ...whole, currency: ' usd', exchange_rate_to_usd: '1' },
    { ...whole, currency: 'USD', exchange_rate_to_usd: null },
  ]);
  assert.deepEqual(
    rows.map((r) => [r.currency, r.flags]),
    [
      ['USD', null],
      ['USD', null],
    ],
  );
});
