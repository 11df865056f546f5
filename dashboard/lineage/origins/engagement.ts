/** Surveys, marketing touches and users by organisation and month. */
import type { Column, Int32Column } from '../../../engine/columnar/column.ts';
import { int64Column } from '../../../engine/columnar/column-of.ts';
import { orgMonthlyEngagement } from '../../../schemas/gold.ts';
import { orUndated, orUnknown, ratioOf } from '../../../transforms/gold/measures.ts';
import { monthsOf } from '../../../transforms/time.ts';
import { countOf, decimalIn, made, sumOf, whereStated, whereTrue } from '../measure.ts';
import type { Origin, Surroundings } from '../origin.ts';
import { sameAs } from '../picked-rows.ts';
import type { Row } from '../row.ts';
import { within } from './support.ts';

const [surveys, touches, users] = ['silver.nps_surveys', 'silver.marketing_touches', 'silver.dim_users'] as const;
const scores = sumOf(surveys, 'valid_nps_score', undefined, 'zero');
const activeUsers = countOf(users, whereTrue('active'));

const engagement: Origin = {
  sources: [
    {
      table: surveys,
      tested: ['org_id', 'survey_month'],
      picks: ({ org_id, survey_month }, row) => inMonth(org_id!, survey_month as Int32Column, row),
      listed: ['org_id', 'survey_date', 'nps_score', 'comment', 'flags'],
      derived: ({ nps_score }) => ({ valid_nps_score: within(nps_score!, '-100', '100') }),
      order: ['survey_date'],
    },
    {
      table: touches,
      tested: ['org_id', 'timestamp'],
      picks: ({ org_id, timestamp }, row) => inMonth(org_id!, monthsOf(orUndated(timestamp!)), row),
      listed: ['touch_id', 'org_id', 'campaign', 'channel', 'timestamp', 'clicked', 'converted', 'flags'],
      order: ['timestamp', 'touch_id'],
    },
    {
      table: users,
      tested: ['org_id'],
      picks: ({ org_id }, row, surroundings) =>
        isMonthOfUsers(row, surroundings) ? sameAs([orUnknown(org_id!)], [row.column('org_id')]) : null,
      listed: ['user_id', 'org_id', 'role', 'active', 'created_at', 'last_login', 'flags'],
      order: ['user_id'],
    },
  ],
  measures: {
    nps_responses: countOf(surveys, whereStated('valid_nps_score')),
    avg_nps_score: made('sum of valid_nps_score / nps_responses', (inputs, value) =>
      ratioOf(decimalIn(scores.of(inputs, value)), decimalIn(value('nps_responses'))),
    ),
    touches: countOf(touches),
    clicks: countOf(touches, whereTrue('clicked')),
    conversions: countOf(touches, whereTrue('converted')),
    active_users: {
      ...activeUsers,
      of: (inputs, value) => (isMonthOfUsers(inputs.row, inputs) ? activeUsers.of(inputs, value) : int64Column([null])),
    },
  },
};

function inMonth(org: Column, month: Int32Column, row: Row) {
  return sameAs([orUnknown(org), month], [row.column('org_id'), row.column('month')]);
}

/** Users are counted in the month of their latest snapshot only. */
function isMonthOfUsers(row: Row, { consumed }: Pick<Surroundings, 'consumed'>): boolean {
  return consumed('users_snapshot_month') === row.day('month');
}

export const engagementOrigins: Readonly<Record<string, Origin>> = { [orgMonthlyEngagement.name]: engagement };
