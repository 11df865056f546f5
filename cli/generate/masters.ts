/** The masters no event refers to: users, tickets, marketing touches, NPS surveys, invoices. */
import type { MasterRows } from './csv.ts';
import { dayText, monthsBetween } from './days.ts';
import type { Random } from './random.ts';

/** What the masters are made for: the organisations, and the range of days the events cover. */
export interface MasterRange {
  readonly orgIds: readonly string[];
  readonly firstDay: number;
  readonly days: number;
}

const bool = (value: boolean): string => (value ? 'True' : 'False');

/** Ten users an organisation on average. */
export function users({ orgIds, firstDay, days }: MasterRange, random: Random): MasterRows {
  const lastDay = firstDay + days - 1;
  const rows = Array.from({ length: orgIds.length * 10 }, () => {
    const id = `user_${random.id(8)}`;
    const created = firstDay - 60 + random.below(40 + days);
    return [
      id,
      random.pick(orgIds),
      `${id}@example.com`,
      random.weighted([
        ['data_engineer', 25],
        ['devops', 20],
        ['developer', 16],
        ['analyst', 14],
        ['ml_engineer', 13],
        ['admin', 12],
      ]),
      bool(random.chance(0.91)),
      dayText(created),
      random.chance(0.17) ? null : dayText(Math.min(lastDay, created + random.below(60))),
    ];
  });
  return {
    name: 'users',
    columns: ['user_id', 'org_id', 'email', 'role', 'active', 'created_at', 'last_login'],
    key: ['user_id'],
    rows,
    spoilable: ['active', 'perhaps'],
    contested: ['role', 'intruder'],
  };
}

/** Tickets opened from 55 days before the range to its end; one in four is open, a few scores lie outside 1–5. */
export function supportTickets({ orgIds, firstDay, days }: MasterRange, random: Random): MasterRows {
  const rows = Array.from({ length: Math.round(orgIds.length * 12.5) }, () => {
    const created = firstDay - 55 + random.below(55 + days);
    const severity = random.weighted([
      ['low', 41],
      ['medium', 33],
      ['high', 20],
      ['critical', 6],
    ]);
    const resolved = random.chance(0.76);
    const daysToResolve = Math.floor(Math.abs(random.gauss()) * 5.5);
    return [
      `tkt_${random.id(8)}`,
      random.pick(orgIds),
      random.pick(['availability', 'billing', 'integration', 'performance', 'security', 'usability']),
      severity,
      dayText(created),
      resolved ? dayText(created + daysToResolve) : null,
      random.chance(0.25)
        ? null
        : random.weighted([
            ['4.0', 197],
            ['3.0', 242],
            ['5.0', 95],
            ['2.0', 127],
            ['1.0', 45],
            ['6.0', 28],
            ['0.0', 11],
            ['7.0', 1],
          ]),
      bool(random.chance(0.095)),
    ];
  });
  return {
    name: 'support_tickets',
    columns: ['ticket_id', 'org_id', 'category', 'severity', 'created_at', 'resolved_at', 'csat', 'sla_breached'],
    key: ['ticket_id'],
    rows,
    spoilable: ['csat', 'five'],
    contested: ['severity', 'blocker'],
  };
}

/** Touches from 60 days before the range to its end. */
export function marketingTouches({ orgIds, firstDay, days }: MasterRange, random: Random): MasterRows {
  const rows = Array.from({ length: Math.round(orgIds.length * 18.75) }, () => [
    `mkt_${random.id(8)}`,
    random.pick(orgIds),
    random.pick(['genai_launch', 'security_week', 'upgrade_enterprise', 'upgrade_pro', 'webinar_finops', 'welcome']),
    random.pick(['ads', 'email', 'event', 'in_app']),
    dayText(firstDay - 60 + random.below(60 + days)),
    bool(random.chance(0.3)),
    bool(random.chance(0.095)),
  ]);
  return {
    name: 'marketing_touches',
    columns: ['touch_id', 'org_id', 'campaign', 'channel', 'timestamp', 'clicked', 'converted'],
    key: ['touch_id'],
    rows,
    spoilable: ['clicked', 'maybe'],
    contested: ['campaign', 'another_campaign'],
  };
}

/** One or two surveys for three organisations in four, on different days. `awkward` adds a comment that needs quoting. */
export function npsSurveys({ orgIds, firstDay, days }: MasterRange, awkward: boolean, random: Random): MasterRows {
  const rows: (string | null)[][] = [];
  for (const org of orgIds) {
    const surveys = random.chance(0.75) ? 1 + random.below(2) : 0;
    const first = firstDay - 40 + random.below(20 + Math.ceil(days / 2));
    for (let i = 0; i < surveys; i++) {
      const comment = random.pick([
        'Complex billing',
        'Great support',
        'Love genAI features',
        'Missing features',
        'Stable but slow',
        'Too expensive',
        null,
      ]);
      rows.push([
        org,
        dayText(first + i * (1 + random.below(Math.max(1, Math.floor(days / 3))))),
        random.chance(0.2) ? null : `${Math.round(26 + 17 * random.gauss())}.0`,
        comment,
      ]);
    }
  }
  if (rows.length === 0) rows.push([orgIds[0]!, dayText(firstDay), '10.0', null]);
  if (awkward) rows[0]![3] = 'Great "support",\nbut slow';
  return {
    name: 'nps_surveys',
    columns: ['org_id', 'survey_date', 'nps_score', 'comment'],
    key: ['org_id', 'survey_date'],
    rows,
    spoilable: ['nps_score', 'high'],
    contested: ['comment', 'Somebody else answered'],
  };
}

/**
 * One invoice an organisation and month, from the month before the range to its last. Rates wander, also those of US dollar
 * invoices; taxes are 21% of the amount without its sign; some subtotals are negative.
 */
export function billingMonthly({ orgIds, firstDay, days }: MasterRange, random: Random): MasterRows {
  const months = monthsBetween(firstDay - 28, firstDay + days - 1);
  const rows = orgIds.flatMap((org) =>
    months.map((month) => {
      const size = 1500 + Math.round(Math.abs(800 + 550 * random.gauss()) * 100);
      const [currency, rate] = random.weighted([
        [['USD', 1] as const, 67],
        [['ARS', 0.0015] as const, 21],
        [['EUR', 1.1] as const, 12],
      ]);
      const cents = (n: number): string => `${Math.floor(n / 100)}.${String(n % 100).padStart(2, '0')}`;
      return [
        `inv_${random.id(8)}`,
        org,
        dayText(month),
        `${random.chance(0.02) ? '-' : ''}${cents(size)}`,
        random.chance(0.57) ? null : cents(random.below(random.below(8000) + 1)),
        cents(Math.round((size * 21) / 100)),
        currency,
        String(Math.round(rate * (1 + 0.05 * random.gauss()) * 100_000) / 100_000),
      ];
    }),
  );
  return {
    name: 'billing_monthly',
    columns: ['invoice_id', 'org_id', 'month', 'subtotal', 'credits', 'taxes', 'currency', 'exchange_rate_to_usd'],
    key: ['invoice_id'],
    rows,
    spoilable: ['exchange_rate_to_usd', 'n/a'],
    contested: ['currency', 'XXX'],
  };
}
