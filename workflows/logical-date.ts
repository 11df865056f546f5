/** The date a run is labelled with. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';
import { dayIn, dayPlus } from './time-zone.ts';

const scheduled = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

/**
 * The date asked for; else the day before the scheduled instant; else before the start. `YYYY-MM-DD`. Days are those of the time zone
 * that the schedule says in its memo, so that one that fires once a day there has one run for each of them, whatever its hour and
 * whenever clocks change; without a schedule they are UTC's.
 */
export function logicalDate(asked: string | null): string {
  if (asked !== null) return asked;
  const { typedSearchAttributes, startTime, memo } = workflowInfo();
  const instant = typedSearchAttributes.get(scheduled) ?? startTime;
  const timeZone = typeof memo?.timeZone === 'string' ? memo.timeZone : 'UTC';
  return dayPlus(dayIn(instant.getTime(), timeZone), -1);
}
