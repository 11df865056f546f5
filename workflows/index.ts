/** The workflow types of a worker. */
import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';

export { audit } from './audit.ts';
export { backfill } from './backfill.ts';
export { backfillPart } from './backfill-part.ts';
export { bronzeBatch } from './bronze-batch.ts';
export { bronzeStream } from './bronze-stream.ts';
export { dailyRun } from './daily-run.ts';
export { gold } from './gold.ts';
export { serving } from './serving.ts';
export { silver } from './silver.ts';

/** Any other type fails at once and says which there are. */
export default async function unknownType(): Promise<never> {
  throw ApplicationFailure.nonRetryable(
    `no workflow type ${workflowInfo().workflowType}; the types are dailyRun, bronzeBatch, bronzeStream, silver, gold, ` +
      'serving, audit; each takes one optional JSON object, such as {} or {"date": "2025-08-14"}',
    'NoSuchWorkflow',
  );
}
