/** NPS, marketing and active users by organisation and month. */
import type { Table } from 'apache-arrow';
import { countRows, countValid } from '../../engine/columnar/aggregate.ts';
import type { Column, DictionaryColumn, Int32Column, Int64Column } from '../../engine/columnar/column.ts';
import { constantColumn } from '../../engine/columnar/column-of.ts';
import { concatColumns } from '../../engine/columnar/concat.ts';
import { type Grouping, groupBy } from '../../engine/columnar/group.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import { date } from '../../schemas/contract.ts';
import * as contracts from '../../schemas/gold.ts';
import { comparisonMask, inverse, type Mask, trueMask, union } from '../masks.ts';
import { monthOf, monthsOf } from '../time.ts';
import { underContract } from '../under-contract.ts';
import { orUndated, orUnknown, ratioOf, total, wholeDecimal } from './measures.ts';

export interface EngagementInput {
  /** Rows of `silver.nps_surveys`, `silver.marketing_touches` and `silver.dim_users`. */
  readonly nps: Table;
  readonly touches: Table;
  readonly users: Table;
  /** A day of the month that the users snapshot is about, days since 1970-01-01; null without one. */
  readonly usersMonthDay: number | null;
}

/**
 * The mart: a row for every organisation and month with a survey or a touch, and for every organisation with users in the
 * month of their snapshot, the only one with `active_users`. NPS outside −100…100 is left out.
 */
export function orgMonthlyEngagement({ nps, touches, users, usersMonthDay }: EngagementInput): Table {
  const month = usersMonthDay === null ? null : monthOf(usersMonthDay);
  const surveyKeys = keysOf(nps, columnOf(nps, 'survey_month') as Int32Column);
  const touchKeys = keysOf(touches, monthsOf(orUndated(columnOf(touches, 'timestamp'))));
  const userMonths = constantColumn(date, month ?? 0, month === null ? 0 : users.numRows) as Int32Column;
  const userKeys = month === null ? null : keysOf(users, userMonths);
  const parts = [surveyKeys, touchKeys, ...(userKeys === null ? [] : [userKeys])];
  const orgs = concatColumns(parts.map((p) => p.org));
  const months = concatColumns(parts.map((p) => p.month)) as Int32Column;
  const all = groupBy([orgs, months]);
  const surveys = slice(all, 0, nps.numRows);
  const marketing = slice(all, nps.numRows, touches.numRows);
  const people = slice(all, nps.numRows + touches.numRows, userMonths.length);
  const scores = columnOf(nps, 'nps_score');
  const outside = union(comparisonMask(scores, 'below', '-100'), comparisonMask(scores, 'above', '100'));
  const where = inverse(outside, nps.numRows);
  const responses = countValid(scores, surveys, { where });
  const monthOfRow = takeColumn(months, all.first) as Int32Column;
  const active = userKeys === null ? null : trueMask(columnOf(users, 'active'));
  return underContract(contracts.orgMonthlyEngagement, {
    org_id: takeColumn(orgs, all.first),
    month: monthOfRow,
    nps_responses: responses,
    avg_nps_score: ratioOf(total(scores, surveys, where), wholeDecimal(responses)),
    touches: countRows(marketing),
    clicks: countWhere(marketing, trueMask(columnOf(touches, 'clicked'))),
    conversions: countWhere(marketing, trueMask(columnOf(touches, 'converted'))),
    active_users: onlyIn(month, monthOfRow, countWhere(people, active)),
  });
}

function keysOf(table: Table, month: Int32Column): { org: DictionaryColumn; month: Column } {
  return { org: orUnknown(columnOf(table, 'org_id')), month };
}

/** The grouping of `length` rows from row `start`, with the groups of all. */
function slice(all: Grouping, start: number, length: number): Grouping {
  return { ...all, ids: all.ids.subarray(start, start + length) };
}

function countWhere(grouping: Grouping, where: Mask): Int64Column {
  return countRows(grouping, { where: where ?? new Uint8Array(grouping.ids.length) });
}

/** The counts in rows of one month, null in the others. */
function onlyIn(month: number | null, months: Int32Column, counts: Int64Column): Int64Column {
  const validity = new Uint8Array((counts.length + 7) >> 3);
  for (let i = 0; i < counts.length; i++) if (months.values[i] === month) validity[i >> 3]! |= 1 << (i & 7);
  return { ...counts, validity };
}
