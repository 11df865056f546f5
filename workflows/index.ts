/** The workflow types of a worker. */
import { ApplicationFailure, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { catalogue, exampleOf, startableTypes } from './catalogue.ts';
import { code } from './progress.ts';

export { audit } from './audit.ts';
export { backfill } from './backfill.ts';
export { backfillPart } from './backfill-part.ts';
export { bronzeBatch } from './bronze-batch.ts';
export { bronzeStream } from './bronze-stream.ts';
export { dailyRun } from './daily-run.ts';
export { gold } from './gold.ts';
export { maintenance } from './maintenance.ts';
export { redrive } from './redrive.ts';
export { restore } from './restore.ts';
export { serving } from './serving.ts';
export { silver } from './silver.ts';

/** Any other type fails at once and says which there are. */
export default async function unknownType(): Promise<never> {
  const { workflowType } = workflowInfo();
  const message = `no workflow type ${workflowType}; the types are:`;
  const listed = (as: (text: string) => string) =>
    startableTypes.map((type) => `- ${as(type)}: ${catalogue[type].summary}; input {} or ${as(exampleOf(type))}`);
  setCurrentDetails([`**Failed:** ${message}\n`, ...listed(code)].join('\n'));
  throw ApplicationFailure.nonRetryable([message, ...listed((text) => text)].join('\n'), 'NoSuchWorkflow');
}
