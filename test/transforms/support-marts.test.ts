import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as gold from '../../schemas/gold.ts';
import { dailySupportRollup } from '../../transforms/gold/daily-support-rollup.ts';
import { orgDailySupportMetrics } from '../../transforms/gold/org-daily-support-metrics.ts';
import { checkContract, master } from './contracts.ts';
import { rowsOf, tableFrom } from './rows.ts';
import { orgs } from './usage.ts';

test('support: state as in the snapshot, scores outside 1–5 left out, scores of open tickets counted', () => {
  const ticket = { ticket_id: 't', org_id: 'o1', created_at: '2025-07-03', severity: 'low', sla_breached: false };
  const tickets = tableFrom(
    master('support_tickets').fields,
    [
      { csat: '4', resolved_at: '2025-07-05', severity: 'critical' },
      { csat: '5', sla_breached: true },
      { csat: '5.01', resolved_at: '2025-07-04' },
      { org_id: null, created_at: null, sla_breached: null, resolved_at: '2025-07-04' },
      { org_id: 'o2' },
    ].map((row) => ({ ...ticket, ...row })),
  );
  const table = orgDailySupportMetrics({ tickets });
  checkContract(table, gold.orgDailySupportMetrics);
  const [one, two, unknown] = rowsOf(table);
  assert.deepEqual(one, {
    org_id: 'o1',
    ticket_date: '2025-07-03',
    total_tickets: 3,
    critical_tickets: 1,
    sla_breached_count: 1,
    sla_breach_rate: '0.333333333333',
    avg_csat: '4.5',
    open_tickets: 1,
    resolved_tickets: 2,
    mean_hours_to_resolve: '36',
    rated_tickets: 2,
    csat_total: '9',
    hours_to_resolve_total: '72',
  });
  assert.deepEqual([two!.avg_csat, two!.mean_hours_to_resolve, two!.csat_total], [null, null, '0']);
  assert.deepEqual(
    [unknown!.org_id, unknown!.ticket_date, unknown!.total_tickets, unknown!.mean_hours_to_resolve],
    ['unknown', '1970-01-01', 1, null],
  );
  const rollup = dailySupportRollup({ support: table, orgs });
  checkContract(rollup, gold.dailySupportRollup);
  assert.deepEqual(
    rowsOf(rollup, ['ticket_date', 'hq_region', 'plan_tier', 'total_tickets', 'mean_hours_to_resolve', 'avg_csat']),
    [
      {
        ticket_date: '1970-01-01',
        hq_region: 'unknown',
        plan_tier: 'unknown',
        total_tickets: 1,
        mean_hours_to_resolve: null,
        avg_csat: null,
      },
      {
        ticket_date: '2025-07-03',
        hq_region: 'eu-west',
        plan_tier: 'free',
        total_tickets: 1,
        mean_hours_to_resolve: null,
        avg_csat: null,
      },
      {
        ticket_date: '2025-07-03',
        hq_region: 'us-east',
        plan_tier: 'pro',
        total_tickets: 3,
        mean_hours_to_resolve: '36',
        avg_csat: '4.5',
      },
    ],
  );
});
