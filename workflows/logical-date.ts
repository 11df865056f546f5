/** The date a run is labelled with. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';

const scheduled = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

/** The date asked for; else the UTC day before the scheduled instant; else before the start. `YYYY-MM-DD`. */
export function logicalDate(asked: string | null): string {
  if (asked !== null) return asked;
  const info = workflowInfo();
  const instant = info.typedSearchAttributes.get(scheduled) ?? info.startTime;
  return new Date(instant.getTime() - 86_400_000).toISOString().slice(0, 10);
}
