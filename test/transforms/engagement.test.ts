import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as gold from '../../schemas/gold.ts';
import { orgMonthlyEngagement } from '../../transforms/gold/org-monthly-engagement.ts';
import { checkContract, master } from './contracts.ts';
import { dayOf, rowsOf, tableFrom } from './rows.ts';

test('engagement: valid scores, touches, and active users in the month of their snapshot only', () => {
  const input = {
    nps: tableFrom(
      master('nps_surveys').fields,
      [{ nps_score: '100' }, { nps_score: '-51' }, { nps_score: '101' }, { nps_score: null }].map((row, i) => ({
        org_id: 'o1',
        survey_date: `2025-07-0${i + 1}`,
        survey_month: '2025-07-01',
        ...row,
      })),
    ),
    touches: tableFrom(master('marketing_touches').fields, [
      { touch_id: 'm1', org_id: 'o1', timestamp: '2025-08-31', clicked: true, converted: true },
      { touch_id: 'm2', org_id: 'o1', timestamp: '2025-08-01', clicked: true, converted: null },
    ]),
    users: tableFrom(master('dim_users').fields, [
      { user_id: 'u1', org_id: 'o1', active: true },
      { user_id: 'u2', org_id: 'o2', active: false },
      { user_id: 'u3', org_id: 'o2', active: null },
    ]),
  };
  const table = orgMonthlyEngagement({ ...input, usersMonthDay: dayOf('2025-08-17') });
  checkContract(table, gold.orgMonthlyEngagement);
  const row = (
    org_id: string,
    month: string,
    ...[nps, avg, touches, clicks, conversions, active]: (string | number | null)[]
  ) => ({
    org_id,
    month,
    nps_responses: nps,
    avg_nps_score: avg,
    touches,
    clicks,
    conversions,
    active_users: active,
  });
  const july = row('o1', '2025-07-01', 2, '24.5', 0, 0, 0, null);
  assert.deepEqual(rowsOf(table), [
    july,
    row('o1', '2025-08-01', 0, null, 2, 2, 1, 1),
    row('o2', '2025-08-01', 0, null, 0, 0, 0, 0),
  ]);
  const without = rowsOf(orgMonthlyEngagement({ ...input, usersMonthDay: null }));
  assert.deepEqual(without, [july, row('o1', '2025-08-01', 0, null, 2, 2, 1, null)]);
});
